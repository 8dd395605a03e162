/** How far a purchase is, in words, with the next thing to press. */

import type { Checkout } from '../contracts';
import type { Shop, Step } from '../models/shop';
import { button, element } from './dom';
import { givesText } from './packList';
import { problemText } from './problemText';

const WEB: readonly string[] = ['https:', 'http:'];

/** Whether an address may be opened: of the web, never a script. */
export function isOfTheWeb(address: string): boolean {
  return URL.canParse(address) && WEB.includes(new URL(address).protocol);
}

/** What is said of a step; `isBlocked` where the browser opened no tab. */
export function stepNodes(step: Step, shop: Shop, isBlocked: boolean): Node[] {
  switch (step.kind) {
    case 'none':
      return [];
    case 'paying':
      return wayToPay(step.checkout, isBlocked);
    case 'confirming':
      return question(step, shop);
    case 'charging':
      return [element('p', {}, `Charging ${step.card.name} …`)];
    case 'done':
      return [element('p', {}, `✔ ${step.text}`)];
    case 'refused':
      return [problemText(step.problem), ...payInstead(step.problem.problem.url ?? '')];
  }
}

function wayToPay(checkout: Checkout, isBlocked: boolean): Node[] {
  if (!isOfTheWeb(checkout.url)) {
    return [element('p', {}, 'This purchase is being looked at by the payment provider. Its page cannot be opened now.')];
  }
  const what = `${givesText(checkout.pack)} for ${checkout.pack.price}`;
  const where = isBlocked ? 'Your browser kept the page to pay on from opening.' : 'The page to pay on is open in another tab.';
  return [
    element('p', {}, `${what}: ${where}`),
    element('p', {}, linkTo(checkout.url, `Pay ${checkout.pack.price}`)),
    element('p', { class: 'studio-quiet' }, 'Nothing is charged before you pay there. What you paid arrives here by itself.')
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

function payInstead(url: string): Node[] {
  return isOfTheWeb(url) ? [element('p', {}, linkTo(url, 'Pay on a page instead'))] : [];
}

function linkTo(url: string, text: string): HTMLElement {
  return element('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, text);
}
