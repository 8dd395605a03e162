/** The plan there is and what comes next, in words; the plans compared, folded, with the way to change. */

import type { Balance, PlanOffer, PlanStanding } from '../contracts';
import type { PayPage, Shop } from '../models/shop';
import { amountText, creditsText, dayText } from '../models/wording';
import { button, element } from './dom';

/** Lets a page be opened for what the server answers. */
export type ShowPage = (ask: () => Promise<PayPage | null>) => void;

/** Drawn anew only when plans or standing have changed. */
export class PlanList {
  readonly node = element('details', { class: 'studio-plans' });

  constructor(
    private readonly shop: Shop,
    private readonly show: ShowPage
  ) {
    this.node.append(element('summary', {}, element('h3', {}, 'Change plan')), this.list, this.actions);
    this.node.hidden = true;
  }

  update(): void {
    const { plans, standing } = this.shop;
    if (standing === this.drawn) {
      return;
    }
    this.drawn = standing;
    this.node.hidden = standing === null || (!plans.some(offer => offer.is_sold) && !standing.has_portal);
    this.list.replaceChildren(...plans.map(offer => this.row(offer, offer.plan.id === standing?.plan.id)));
    const portal = button('Card, invoices, cancel', () => { this.show(() => this.shop.openPortal()); });
    this.actions.replaceChildren(...(standing?.has_portal === true ? [portal] : []));
  }

  private row(offer: PlanOffer, isOwn: boolean): HTMLElement {
    const { plan, price } = offer;
    const own = isOwn ? element('span', { class: 'studio-quiet' }, ' · your plan') : null;
    const choose = button('Choose', () => { this.show(() => this.shop.choosePlan(offer)); }, { 'aria-label': `Choose the plan ${plan.title}, ${price}` });
    return element(
      'li',
      { class: 'studio-item studio-pack' },
      element(
        'div',
        { class: 'studio-pack-facts' },
        element('p', {}, element('strong', {}, plan.title), own),
        offer.price_minor > 0 ? element('p', {}, price) : null,
        element('p', { class: 'studio-quiet' }, givesText(plan))
      ),
      offer.is_sold && !isOwn ? choose : null
    );
  }

  private readonly list = element('ul', { class: 'studio-list studio-packs' });
  private readonly actions = element('p', { class: 'studio-actions' });
  private drawn: PlanStanding | null = null;
}

/** 'Your plan Free gives 300 credits a month. At most 30 can be spent a day, bought ones included. The next credits come on Dec 1, 2026.' */
export function planText(balance: Balance, standing: PlanStanding | null): string {
  const { title, monthly_credits: monthly, daily_cap_credits: daily } = balance.plan;
  const gives = `Your plan ${title} gives ${creditsText(monthly)} a month. At most ${amountText(daily)} can be spent a day, bought ones included.`;
  return standing === null ? gives : `${gives} ${nextText(standing)}`;
}

/** The same where nothing is sold: 'Your plan Free gives 300 credits a month, at most 30 a day.' */
export function unsoldPlanText({ plan }: Balance): string {
  return `Your plan ${plan.title} gives ${givesText(plan)}.`;
}

function nextText({ state, next_plan: next, next_price: price, period_ends_at: end }: PlanStanding): string {
  if (state === 'past_due') {
    return 'The last payment for it did not work: mend it on the page for card and invoices.';
  }
  if (next !== null) {
    return `The plan ${next.title} begins on ${dayText(end)}.`;
  }
  return price === null ? `The next credits come on ${dayText(end)}.` : `It renews on ${dayText(end)} for ${price}.`;
}

function givesText(plan: Balance['plan']): string {
  return `${creditsText(plan.monthly_credits)} a month, at most ${amountText(plan.daily_cap_credits)} a day`;
}
