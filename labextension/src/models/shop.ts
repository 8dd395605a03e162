/** What can be bought here, the plan and card there are, and the purchase that is being made. */

import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';
import type { Balance, NoticeEvent, Pack, PaymentStatus, PlanOffer, PlanStanding, SavedCard } from '../contracts';
import type { StudioApi } from './api';
import { asProblem, type StudioProblem } from './problems';
import { creditsText, dollarsText } from './wording';

/** A page at the payment provider, and what it is for. */
export interface PayPage {
  readonly url: string;
  /** What it is for: '500 credits for £10'. */
  readonly what: string;
  /** The words of the link to it. */
  readonly link: string;
  /** The purchase it pays, or the plan it leads to. */
  readonly order: string | null;
  readonly plan: string | null;
}

/** How far a purchase is. */
export type Step =
  | { readonly kind: 'none' }
  /** A page to pay on was opened. */
  | { readonly kind: 'paying'; readonly page: PayPage }
  /** The saved card is charged only when this is said yes to; the key makes a second press the same purchase. */
  | { readonly kind: 'confirming'; readonly pack: Pack; readonly card: SavedCard; readonly key: string; readonly problem: StudioProblem | null }
  | { readonly kind: 'charging'; readonly pack: Pack; readonly card: SavedCard }
  | { readonly kind: 'done'; readonly text: string }
  | { readonly kind: 'refused'; readonly problem: StudioProblem };

const NONE: Step = { kind: 'none' };

/** Asks when it is told to; what was paid arrives by push. */
export class Shop implements IDisposable {
  constructor(private readonly api: StudioApi) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Null until the first answer; empty where nothing is sold. */
  get packs(): readonly Pack[] | null {
    return this._packs;
  }

  /** Every plan, the smallest first. */
  get plans(): readonly PlanOffer[] {
    return this._plans;
  }

  /** How the plan stands; null until it was asked for. */
  get standing(): PlanStanding | null {
    return this._standing;
  }

  /** The card that is kept, if there is one. */
  get card(): SavedCard | null {
    return this._card;
  }

  get step(): Step {
    return this._step;
  }

  /** Why something could not be learned. */
  get problem(): StudioProblem | null {
    return this._problem;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  /** Learn what is sold, unless that is known. */
  async loadPacks(): Promise<void> {
    if (this._packs === null) {
      await this.learn(async () => {
        this._packs = (await this.api.packs()).packs;
      });
    }
  }

  /** Learn the plans, how the own one stands, and the saved card. */
  async loadStanding(): Promise<void> {
    await this.learn(async () => {
      const [plans, standing, page] = await Promise.all([this.api.plans(), this.api.planStanding(), this.api.card()]);
      this._plans = plans.plans;
      this._standing = standing;
      this._card = page.card;
    });
  }

  /** Begin to buy a pack on a page: that page, or null when it was refused or another press is under way. */
  async buy(pack: Pack, keepsCard: boolean): Promise<PayPage | null> {
    return this.open(async () => {
      const { url, order_id: order } = await this.api.checkout(pack.id, keepsCard);
      return { url, what: `${givesText(pack)} for ${pack.price}`, link: `Pay ${pack.price}`, order, plan: null };
    });
  }

  /** Begin, change or cancel a plan on a page. */
  async choosePlan({ plan, price }: PlanOffer): Promise<PayPage | null> {
    return this.open(async () => {
      const { url } = await this.api.planPage(plan.id);
      return { url, what: `Plan ${plan.title}, ${price}`, link: 'Go to the page', order: null, plan: plan.id };
    });
  }

  /** The page for card, invoices and cancelling. */
  async openPortal(): Promise<PayPage | null> {
    return this.open(async () => {
      const { url } = await this.api.portal();
      return { url, what: 'Card, invoices and plan', link: 'Go to the page', order: null, plan: null };
    });
  }

  private async open(ask: () => Promise<PayPage>): Promise<PayPage | null> {
    if (this._busy) {
      return null;
    }
    this._busy = true;
    this.go(NONE);
    try {
      const page = await ask();
      this.go({ kind: 'paying', page });
      return page;
    } catch (thrown) {
      this.go({ kind: 'refused', problem: asProblem(thrown) });
      return null;
    } finally {
      this._busy = false;
    }
  }

  /** Ask whether the saved card may be charged for a pack; nothing happens before the answer. */
  propose(pack: Pack): void {
    if (this._card !== null && !this._busy) {
      this.go({ kind: 'confirming', pack, card: this._card, key: this.api.newKey(), problem: null });
    }
  }

  /** No. */
  decline(): void {
    if (this._step.kind === 'confirming') {
      this.go(NONE);
    }
  }

  /** Yes: charge the card once, however often this is pressed while the outcome is not known. */
  async charge(): Promise<void> {
    const asked = this._step;
    if (asked.kind !== 'confirming') {
      return;
    }
    const { pack, card, key } = asked;
    this._busy = true;
    this.go({ kind: 'charging', pack, card });
    try {
      this.go({ kind: 'done', text: outcomeText(await this.api.topUp(pack, key)) });
    } catch (thrown) {
      const problem = asProblem(thrown);
      const isOpen = problem.problem.status >= 500;
      this.go(isOpen ? { ...asked, problem } : { kind: 'refused', problem });
      if (problem.problem.code === 'price_changed') {
        this._packs = null;
        void this.loadPacks();
      }
    } finally {
      this._busy = false;
    }
  }

  /** Forget the saved card, here and at the payment provider. */
  async removeCard(): Promise<void> {
    await this.learn(async () => {
      this._card = (await this.api.removeCard()).card;
      this._step = NONE;
    });
  }

  /** Take a notice of the server: the purchase that is waited for may have arrived. */
  take(notice: NoticeEvent): void {
    if (this._step.kind === 'paying' && this._step.page.order !== null && notice.about === this._step.page.order) {
      this.go({ kind: 'done', text: `${notice.text}. Thank you.` });
    }
  }

  /** Take a balance of the server: the plan that is waited for may have begun. */
  follow(balance: Balance): void {
    if (this._step.kind === 'paying' && this._step.page.plan === balance.plan.id) {
      this.go({ kind: 'done', text: `You are on the plan ${balance.plan.title} now. Thank you.` });
    }
  }

  dispose(): void {
    this._disposed = true;
    Signal.clearData(this);
  }

  private async learn(question: () => Promise<void>): Promise<void> {
    try {
      this._problem = null;
      await question();
    } catch (thrown) {
      this._problem = asProblem(thrown);
    }
    this.emit();
  }

  private go(step: Step): void {
    this._step = step;
    this.emit();
  }

  private emit(): void {
    if (!this._disposed) {
      this._changed.emit();
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private _packs: readonly Pack[] | null = null;
  private _plans: readonly PlanOffer[] = [];
  private _standing: PlanStanding | null = null;
  private _card: SavedCard | null = null;
  private _step: Step = NONE;
  private _problem: StudioProblem | null = null;
  private _busy = false;
  private _disposed = false;
}

/** '500 credits', '$27'. */
export function givesText(pack: Pack): string {
  return pack.gives === 'credits' ? creditsText(pack.credits) : dollarsText(pack.dollars_micros);
}

function outcomeText({ purchase }: PaymentStatus): string {
  return purchase.state === 'paid' ? `${purchase.title} is paid. Thank you.` : 'Your bank takes its time. What is paid arrives here by itself.';
}
