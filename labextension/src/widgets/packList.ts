/** Packs compared: what each gives, its price, what a unit costs and saves, and a button to buy it. */

import type { Pack } from '../contracts';
import { givesText } from '../models/shop';
import { button, element } from './dom';

/** The packs that give credits; those that give dollars are folded below. */
export function packLists(packs: readonly Pack[], buy: (pack: Pack) => void): Node[] {
  const credits = packs.filter(pack => pack.gives === 'credits');
  const dollars = packs.filter(pack => pack.gives === 'dollars');
  const folded = element('details', {}, element('summary', {}, element('h3', {}, 'Dollars for language models'), from(dollars)), packList(dollars, buy));
  return [...(credits.length === 0 ? [] : [packList(credits, buy)]), ...(dollars.length === 0 ? [] : [folded])];
}

/** ' · from £10', or nothing. */
export function from(packs: readonly Pack[]): HTMLElement {
  return element('span', { class: 'studio-quiet' }, packs[0] === undefined ? '' : ` · from ${packs[0].price}`);
}

function packList(packs: readonly Pack[], buy: (pack: Pack) => void): HTMLElement {
  return element('ul', { class: 'studio-list studio-packs' }, ...packs.map(pack => packRow(pack, buy)));
}

function packRow(pack: Pack, buy: (pack: Pack) => void): HTMLElement {
  const main = pack.is_best_value ? ' studio-button-main' : '';
  const label = `Buy ${pack.title}, ${givesText(pack)}, for ${pack.price}`;
  const title = pack.gives === 'credits' ? element('span', {}, pack.title) : null;
  const unit = element('span', { class: 'studio-price' }, `${pack.unit_price} per ${pack.gives === 'credits' ? '100' : 'dollar'}`);
  const saves = pack.saving_percent > 0 ? element('span', { class: 'studio-saves' }, `saves ${pack.saving_percent} %`) : null;
  const best = pack.is_best_value ? element('span', { class: 'studio-best' }, '★ best value') : null;
  return element(
    'li',
    { class: 'studio-item studio-pack' },
    element(
      'div',
      { class: 'studio-pack-facts' },
      element('p', {}, element('strong', {}, givesText(pack))),
      element('p', { class: 'studio-pack-worth studio-quiet' }, title, unit),
      saves === null ? null : element('p', { class: 'studio-pack-worth' }, saves, best)
    ),
    button(`Buy ${pack.price}`, () => { buy(pack); }, { 'aria-label': label, class: `studio-button${main}` })
  );
}
