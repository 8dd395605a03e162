/** With what a pack is paid: on a page, keeping the card if its owner says so, or with the card that is kept. */

import type { SavedCard } from '../contracts';
import type { Shop } from '../models/shop';
import { button, element, uniqueId } from './dom';

/** Drawn anew only when another card is kept, so that a choice stays. */
export class PayWith {
  readonly node = element('div', { class: 'studio-pay-with' });

  constructor(private readonly shop: Shop) {}

  /** Whether the saved card is to be charged. */
  get usesCard(): boolean {
    return this.shop.card !== null && this.withCard.checked;
  }

  /** Whether the card that pays on the page is to be kept. */
  get keepsCard(): boolean {
    return this.keep.checked;
  }

  update(): void {
    const card = this.shop.standing === null ? undefined : this.shop.card;
    const key = card === undefined ? '' : JSON.stringify(card);
    if (key !== this.drawn) {
      this.drawn = key;
      this.node.replaceChildren(...(card === undefined ? [] : card === null ? this.consent() : this.choice(card)));
    }
  }

  private consent(): Node[] {
    this.keep.checked = false;
    const why = element('span', { id: uniqueId('why'), class: 'studio-quiet' }, 'Its number stays with the payment provider; you can remove it here at any time.');
    this.keep.setAttribute('aria-describedby', why.id);
    return [element('label', { class: 'studio-tick' }, this.keep, element('span', {}, 'Keep the card I pay with, to buy with one press later')), why];
  }

  private choice(card: SavedCard): Node[] {
    this.keep.checked = false;
    this.withCard.checked = !card.has_expired;
    this.withCard.disabled = card.has_expired;
    this.onPage.checked = card.has_expired;
    const expiry = `${String(card.exp_month).padStart(2, '0')}/${String(card.exp_year % 100).padStart(2, '0')}`;
    const words = card.has_expired ? `${card.name}, expired ${expiry}` : `${card.name}, until ${expiry}`;
    return [
      element(
        'fieldset',
        { class: 'studio-choice' },
        element('legend', {}, 'Pay with'),
        element('label', { class: 'studio-tick' }, this.withCard, element('span', {}, words)),
        element('label', { class: 'studio-tick' }, this.onPage, element('span', {}, 'another card, on the page to pay on')),
        button('Remove card', () => { void this.shop.removeCard(); }, { 'aria-label': `Remove ${card.name}` })
      )
    ];
  }

  private readonly group = uniqueId('pay-with');
  private readonly keep = element('input', { type: 'checkbox' });
  private readonly withCard = element('input', { type: 'radio', name: this.group });
  private readonly onPage = element('input', { type: 'radio', name: this.group });
  private drawn = '';
}
