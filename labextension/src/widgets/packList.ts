/** Packs compared: what each gives, its price, what a unit costs and saves, and a button to buy it. */

import type { Pack } from '../contracts';
import { creditsText, dollarsText } from '../models/wording';
import { button, element } from './dom';

/** The packs that give credits, then those that give dollars under a heading of their own. */
export function packLists(packs: readonly Pack[], buy: (pack: Pack) => void): Node[] {
  const [credits, dollars] = (['credits', 'dollars'] as const).map(gives => packs.filter(pack => pack.gives === gives));
  return [...packList('', credits ?? [], buy), ...packList('Dollars for language models', dollars ?? [], buy)];
}

function packList(heading: string, packs: readonly Pack[], buy: (pack: Pack) => void): Node[] {
  if (packs.length === 0) {
    return [];
  }
  const title = heading === '' ? [] : [element('h3', { class: 'studio-packs-title' }, heading)];
  return [...title, element('ul', { class: 'studio-list studio-packs' }, ...packs.map(pack => packRow(pack, buy)))];
}

function packRow(pack: Pack, buy: (pack: Pack) => void): HTMLElement {
  const main = pack.is_best_value ? ' studio-button-main' : '';
  const label = `Buy ${pack.title}, ${givesText(pack)}, for ${pack.price}`;
  const best = pack.is_best_value ? element('span', { class: 'studio-best' }, ' ★ best value') : null;
  const unit = pack.gives === 'credits' ? 'per 100 credits' : 'per dollar';
  const saves = pack.saving_percent > 0 ? element('span', { class: 'studio-saves' }, ` · saves ${pack.saving_percent} %`) : null;
  return element(
    'li',
    { class: 'studio-item studio-pack' },
    element(
      'div',
      { class: 'studio-pack-facts' },
      element('p', {}, element('strong', {}, givesText(pack)), pack.gives === 'credits' ? ` · ${pack.title}` : null, best),
      element('p', { class: 'studio-quiet' }, `${pack.unit_price} ${unit}`, saves)
    ),
    button(`Buy ${pack.price}`, () => { buy(pack); }, { 'aria-label': label, class: `studio-button${main}` })
  );
}

/** '500 credits', '$27'. */
export function givesText(pack: Pack): string {
  return pack.gives === 'credits' ? creditsText(pack.credits) : dollarsText(pack.dollars_micros);
}
