/** One method per endpoint the browser uses; every answer is checked against its contract. */

import type {
  Balance,
  CardPage,
  Catalogue,
  Checkout,
  Estimate,
  Notice,
  Pack,
  PackList,
  PaymentStatus,
  PlanLink,
  PlanList,
  PlanStanding,
  PortalLink,
  Recharge,
  RechargeChange,
  Run,
  RunList,
  SpendControls,
  SpendControlsChange,
  ToolPage
} from '../contracts';
import { decode } from './decode';
import { problemOf } from './problems';

/** Sends a request to the Studio server; `path` is relative to its root. */
export type Send = (path: string, init: RequestInit) => Promise<Response>;

/** The Studio server as the browser sees it. Every method rejects with a StudioProblem when refused. */
export class StudioApi {
  constructor(
    private readonly send: Send,
    readonly newKey: () => string,
    private readonly root = ''
  ) {}

  async balance(): Promise<Balance> {
    return decode('Balance', await this.ask('api/credits/balance'));
  }

  async tools(words: string): Promise<Catalogue> {
    return decode('Catalogue', await this.ask(`api/tools?q=${encodeURIComponent(words)}`));
  }

  async tool(id: string): Promise<ToolPage> {
    return decode('ToolPage', await this.ask(`api/tools/${encodeURIComponent(id)}`));
  }

  /** What a run would cost; nothing is set aside. */
  async estimate(tool: string, inputs: Readonly<Record<string, unknown>>): Promise<Estimate> {
    return decode('Estimate', await this.ask('api/billing/estimate', 'POST', { tool, inputs }));
  }

  async runs(limit: number, before: string | null): Promise<RunList> {
    const page = before === null ? '' : `&before=${encodeURIComponent(before)}`;
    return decode('RunList', await this.ask(`api/runs?limit=${limit}${page}`));
  }

  async run(id: string): Promise<Run> {
    return decode('Run', await this.ask(`api/runs/${encodeURIComponent(id)}`));
  }

  async cancel(id: string): Promise<void> {
    await this.ask(`api/runs/${encodeURIComponent(id)}/cancel`, 'POST', {});
  }

  async spendControls(): Promise<SpendControls> {
    return decode('SpendControls', await this.ask('api/account/settings/credits'));
  }

  async changeSpendControls(change: SpendControlsChange): Promise<SpendControls> {
    return decode('SpendControls', await this.ask('api/account/settings/credits', 'PUT', change));
  }

  async plans(): Promise<PlanList> {
    return decode('PlanList', await this.ask('api/billing/plans'));
  }

  /** The plan there is, who pays it, and what comes next. */
  async planStanding(): Promise<PlanStanding> {
    return decode('PlanStanding', await this.ask('api/billing/plan'));
  }

  /** The page to begin, change or cancel a plan on; nothing changes before it is confirmed there. */
  async planPage(plan: string): Promise<PlanLink> {
    return decode('PlanLink', await this.ask('api/billing/plan/checkout', 'POST', { plan }));
  }

  /** The user's own page at the payment provider. */
  async portal(): Promise<PortalLink> {
    return decode('PortalLink', await this.ask('api/billing/portal', 'POST', {}));
  }

  async packs(): Promise<PackList> {
    return decode('PackList', await this.ask('api/billing/packs'));
  }

  /** Begin to buy a pack; nothing is charged before its page is paid on. The card is kept only where its owner said so. */
  async checkout(pack: string, keepsCard: boolean): Promise<Checkout> {
    return decode('Checkout', await this.ask('api/billing/checkout', 'POST', keepsCard ? { pack, save_card: true } : { pack }));
  }

  /** Charge the saved card for a pack, now; under one key it is charged once. */
  async topUp(pack: Pack, key: string): Promise<PaymentStatus> {
    const wanted = { pack: pack.id, price_minor: pack.price_minor };
    return decode('PaymentStatus', await this.ask('api/billing/top-up', 'POST', wanted, key));
  }

  async card(): Promise<CardPage> {
    return decode('CardPage', await this.ask('api/billing/card'));
  }

  async removeCard(): Promise<CardPage> {
    return decode('CardPage', await this.ask('api/billing/card', 'DELETE'));
  }

  async recharge(): Promise<Recharge> {
    return decode('Recharge', await this.ask('api/billing/recharge'));
  }

  async changeRecharge(change: RechargeChange): Promise<Recharge> {
    return decode('Recharge', await this.ask('api/billing/recharge', 'PUT', change));
  }

  async markRead(notice: string): Promise<Notice> {
    return decode('Notice', await this.ask(`api/notices/${encodeURIComponent(notice)}/read`, 'POST', {}));
  }

  /** Where the browser downloads a file that a run made. */
  fileAddress(run: string, name: string): string {
    const path = name.split('/').map(encodeURIComponent).join('/');
    return `${this.root}api/runs/${encodeURIComponent(run)}/artefacts/${path}`;
  }

  /** The page with packs, purchases and receipts. */
  get creditsPage(): string {
    return `${this.root}account/credits`;
  }

  /** The stream of events; it stays open until `signal` aborts it. */
  async openEvents(signal: AbortSignal): Promise<Response> {
    const response = await this.send('api/events', { headers: { Accept: 'text/event-stream' }, signal });
    if (!response.ok) {
      throw await problemOf(response);
    }
    return response;
  }

  private async ask(path: string, method = 'GET', body?: unknown, key = this.newKey()): Promise<unknown> {
    const headers: Record<string, string> = { Accept: 'application/json' };
    const init: RequestInit = { method, headers };
    if (body !== undefined) {
      headers['Content-Type'] = 'application/json';
      headers['Idempotency-Key'] = key;
      init.body = JSON.stringify(body);
    }
    const response = await this.send(path, init);
    if (!response.ok) {
      throw await problemOf(response);
    }
    return (await response.json()) as unknown;
  }
}
