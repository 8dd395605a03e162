/** The plan, packs compared, and the ways to pay; where nothing is sold, whom to ask. */

import { Widget } from '@lumino/widgets';
import type { Balance, NoticeEvent, Pack } from '../contracts';
import { isOfTheWeb } from '../models/addresses';
import type { StudioProblem } from '../models/problems';
import type { Session } from '../models/session';
import { Shop, type PayPage, type Step } from '../models/shop';
import { element, liveRegion, setText } from './dom';
import { from, packLists } from './packList';
import { PayWith } from './payWith';
import { PlanList, planText, unsoldPlanText } from './planList';
import { problemText } from './problemText';
import { stepNodes } from './purchaseSteps';
import { RechargeForm } from './rechargeForm';

/** A browser tab that is open and empty until it is sent somewhere. */
export interface EmptyTab {
  go(address: string): void;
  close(): void;
}

/** Opens a tab while a press is fresh, so that no pop-up blocker minds; null when one did all the same. */
export type OpenTab = () => EmptyTab | null;

/** Asks what is sold when the panel is first shown; the plan's period when it is unfolded. */
export class BuySection extends Widget {
  constructor(
    private readonly session: Session,
    private readonly openTab: OpenTab
  ) {
    super({ node: element('section', { class: 'studio-section', 'aria-label': 'Buy credits' }) });
    const page = element('a', { href: session.api.creditsPage, target: '_blank', rel: 'noopener' }, 'Purchases and receipts');
    const head = element('summary', {}, element('h2', {}, 'Buy credits'), this.from);
    this.shop = new Shop(session.api);
    this.payWith = new PayWith(this.shop);
    this.recharge = new RechargeForm(session.api);
    this.planList = new PlanList(this.shop, ask => { void this.openPage(ask); });
    this.folder.append(head, this.plan, this.said, this.planList.node, this.payWith.node, this.packs, this.recharge.node, element('p', { class: 'studio-plan' }, page));
    this.folder.addEventListener('toggle', () => { this.unfolded(); });
    this.node.append(this.folder, this.notSold);
    this.node.hidden = true;
    this.shop.changed.connect(this.draw, this);
    session.changed.connect(this.onSession, this);
    session.noticed.connect(this.onNoticed, this);
  }

  /** Learn what is sold, unless that is known. */
  load(): void {
    if (this.session.connection === 'online') {
      void this.shop.loadPacks();
    }
  }

  override dispose(): void {
    this.shop.dispose();
    super.dispose();
  }

  private unfolded(): void {
    if (this.folder.open) {
      void this.shop.loadStanding();
      void this.recharge.load();
    }
  }

  private onSession(_session: Session, change: string): void {
    if (change === 'connection' && this.isVisible) {
      this.load();
    }
    if (change === 'balance') {
      this.follow();
      this.draw();
    }
  }

  private onNoticed(_session: Session, notice: NoticeEvent): void {
    this.shop.take(notice);
    this.unfolded();
  }

  /** Another plan or another month: what was known of the period is no longer true. */
  private follow(): void {
    const { balance } = this.session;
    if (balance !== null) {
      this.shop.follow(balance);
    }
    const known = `${balance?.plan.id ?? ''} ${balance?.month.starts_at ?? ''}`;
    if (known !== this.known) {
      this.known = known;
      this.unfolded();
    }
  }

  private draw(): void {
    const { balance } = this.session;
    const { packs, problem } = this.shop;
    this.node.hidden = balance === null || (packs === null && problem === null);
    if (balance === null) {
      return;
    }
    const isSold = packs === null || packs.length > 0;
    this.folder.hidden = !isSold;
    this.notSold.hidden = isSold;
    if (isSold) {
      this.drawShop(balance, packs ?? []);
    } else {
      this.notSold.replaceChildren(element('p', {}, unsoldPlanText(balance)), element('p', { class: 'studio-quiet' }, ...whomToAsk(balance)));
    }
  }

  private drawShop(balance: Balance, packs: readonly Pack[]): void {
    setText(this.plan, planText(balance, this.shop.standing));
    if (packs !== this.drawn) {
      this.drawn = packs;
      this.from.replaceChildren(from(packs));
      this.recharge.offer(packs);
      this.packs.replaceChildren(...packLists(packs, pack => { this.buy(pack); }));
    }
    this.planList.update();
    this.payWith.update();
    this.drawStep();
  }

  private drawStep(): void {
    const { step, problem } = this.shop;
    if (step === this.shownStep && problem === this.shownProblem) {
      return;
    }
    [this.shownStep, this.shownProblem] = [step, problem];
    this.said.replaceChildren(...(problem === null ? [] : [problemText(problem)]), ...stepNodes(step, this.shop, this.isBlocked));
    if (step.kind !== 'none') {
      this.said.scrollIntoView({ block: 'nearest' });
    }
    if (step.kind === 'confirming') {
      this.said.querySelector('button')?.focus();
    }
  }

  /** With the saved card it is asked first, else on a page. */
  private buy(pack: Pack): void {
    if (this.payWith.usesCard) {
      this.shop.propose(pack);
    } else {
      void this.openPage(() => this.shop.buy(pack, this.payWith.keepsCard));
    }
  }

  /** The tab is opened before the server is asked: a browser lets a page open one only while a press is fresh. */
  private async openPage(ask: () => Promise<PayPage | null>): Promise<void> {
    const tab = this.openTab();
    this.isBlocked = tab === null;
    const page = await ask();
    if (page !== null && isOfTheWeb(page.url)) {
      tab?.go(page.url);
    } else {
      tab?.close();
    }
  }

  private readonly shop: Shop;
  private readonly planList: PlanList;
  private readonly payWith: PayWith;
  private readonly recharge: RechargeForm;
  private readonly folder = element('details');
  private readonly from = element('span');
  private readonly plan = element('p', { class: 'studio-plan' });
  private readonly packs = element('div');
  private readonly said = liveRegion('studio-said');
  private readonly notSold = element('div');
  private drawn: readonly Pack[] | null = null;
  private shownStep: Step | null = null;
  private shownProblem: StudioProblem | null = null;
  private isBlocked = false;
  private known = '';
}

function whomToAsk(balance: Balance): (Node | string)[] {
  const command = element('code', {}, 'studio-server grant N --reference WHY');
  switch (balance.mode) {
    case 'local':
      return ['Nothing is sold here. This server is your own: ', command, ' gives credits.'];
    case 'hub':
      return ['Nothing is sold here. For more credits ask whoever runs this JupyterHub.'];
    default:
      return ['Nothing is sold here. For more credits ask whoever runs this Studio server.'];
  }
}
