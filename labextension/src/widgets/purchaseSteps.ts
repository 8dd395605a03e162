/** How far a purchase is, in words, with the next thing to press. */

import { isOfTheWeb } from '../models/addresses';
import { givesText, type PayPage, type Shop, type Step } from '../models/shop';
import { button, element, linkTo } from './dom';
import { problemText } from './problemText';

/** What is said of a step; `isBlocked` where the browser opened no tab. */
export function stepNodes(step: Step, shop: Shop, isBlocked: boolean): Node[] {
  switch (step.kind) {
    case 'none':
      return [];
    case 'paying':
      return wayToPay(step.page, isBlocked);
    case 'confirming':
      return question(step, shop);
    case 'charging':
      return [element('p', {}, `Charging ${step.card.name} …`)];
    case 'done':
      return [element('p', {}, `✔ ${step.text}`)];
    case 'refused':
      return [problemText(step.problem)];
  }
}

function wayToPay({ url, what, link }: PayPage, isBlocked: boolean): Node[] {
  if (!isOfTheWeb(url)) {
    return [element('p', {}, `${what}: the page of the payment provider cannot be opened now. Try again in a minute.`)];
  }
  const where = isBlocked ? 'your browser kept the page from opening.' : 'the page is open in another tab.';
  return [
    element('p', {}, `${what}: ${where}`),
    element('p', {}, linkTo(url, link)),
    element('p', { class: 'studio-quiet' }, 'Nothing is charged before you confirm there. What comes of it shows here by itself.')
  ];
}

function question(step: Step & { readonly kind: 'confirming' }, shop: Shop): Node[] {
  const { pack, card, problem } = step;
  const yes = button(`Charge ${pack.price}`, () => { void shop.charge(); }, { class: 'studio-button studio-button-main' });
  return [
    ...(problem === null ? [] : [problemText(problem)]),
    element('p', {}, `Charge ${pack.price} to ${card.name} now, for ${givesText(pack)}?`),
    element('p', { class: 'studio-actions' }, yes, button('Not now', () => { shop.decline(); }))
  ];
}
