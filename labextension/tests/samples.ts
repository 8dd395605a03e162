/** Messages as the server sends them. */

import type { Balance, Checkout, Estimate, Pack, PaymentStatus, PlanOffer, PlanStanding, Receipt, Recharge, RunSummary, SavedCard, SpendControls, Window } from '../src/contracts';

export function windowOf(kind: 'day' | 'month', cap: number, spent: number, held = 0): Window {
  return {
    kind,
    starts_at: '2026-11-21T00:00:00Z',
    resets_at: '2026-11-22T00:00:00Z',
    cap_credits: cap,
    spent_credits: spent,
    held_credits: held
  };
}

export function balance(change: Partial<Balance> = {}): Balance {
  return {
    user: 'ada',
    plan: { id: 'free', title: 'Free', monthly_credits: 300, daily_cap_credits: 30 },
    available_credits: 297,
    held_credits: 0,
    spendable_credits: 27,
    day: windowOf('day', 30, 3),
    month: windowOf('month', 300, 3),
    per_run_limit_credits: null,
    lots: [],
    alert_percent: null,
    level: 'ok',
    mode: 'local',
    revision: 1,
    ...change
  };
}

export function run(change: Partial<RunSummary> = {}): RunSummary {
  return {
    id: 'run_1',
    tool_id: 'data-studio-quality',
    tool_title: 'Data Quality Monitor',
    state: 'running',
    progress_percent: 35,
    revision: 1,
    max_credits: 8,
    charged_credits: null,
    receipt_id: null,
    created_at: '2026-11-21T06:00:00Z',
    ended_at: null,
    ...change
  };
}

export function estimate(change: Partial<Estimate> = {}): Estimate {
  return {
    tool_id: 'data-studio-quality',
    tool_title: 'Data Quality Monitor',
    tool_version: '1.0.0',
    place: 'server',
    price_version: '2026-11',
    min_credits: 3,
    typical_credits: 4,
    max_credits: 8,
    lines: [{ label: 'base', credits: '2' }],
    limits: { cpu_ms: 5000, wall_ms: 10000, memory_bytes: 512 * 1024 * 1024, output_bytes: 1 },
    forecast: { cpu_ms: 1, wall_ms: 1, peak_bytes: 1 },
    measured_runs: 0,
    standing: { available_credits: 300, after_typical_credits: 296, day_used_credits: 3, day_cap_credits: 30, refused_by: null },
    quote: null,
    quote_expires_at: null,
    ...change
  };
}

export function receipt(change: Partial<Receipt> = {}): Receipt {
  return {
    id: 'rcpt_1',
    run_id: 'run_1',
    tool_id: 'data-studio-quality',
    tool_title: 'Data Quality Monitor',
    tool_version: '1.0.0',
    price_version: '2026-11',
    outcome: 'succeeded',
    min_credits: 3,
    typical_credits: 4,
    max_credits: 8,
    charged_credits: 3,
    returned_credits: 5,
    lines: [{ label: 'CPU', credits: '0.6', detail: 'about 1.2 s' }],
    measured: { cpu_ms: 1240, wall_ms: 1610, peak_bytes: 181 * 1024 * 1024, byte_ms: 1 },
    available_credits_after: 297,
    created_at: '2026-11-21T06:00:00Z',
    ...change
  };
}

export function controls(change: Partial<SpendControls> = {}): SpendControls {
  return {
    daily_limit_credits: 30,
    monthly_limit_credits: 300,
    per_run_limit_credits: null,
    daily_cap_credits: 30,
    monthly_cap_credits: 300,
    alert_percents: [50],
    ...change
  };
}

export function pack(change: Partial<Pack> = {}): Pack {
  return {
    id: 'starter',
    title: 'Starter',
    gives: 'credits',
    credits: 500,
    dollars_micros: 0,
    price_minor: 1000,
    currency: 'gbp',
    price: '£10',
    saving_percent: 0,
    unit_price: '£2.00',
    is_best_value: false,
    lasts_days: 365,
    ...change
  };
}

export function checkout(change: Partial<Checkout> = {}): Checkout {
  return { order_id: 'order_1', session_id: 'cs_1', url: 'https://pay.example/c/1', pack: pack(), ...change };
}

export function card(change: Partial<SavedCard> = {}): SavedCard {
  return { brand: 'visa', last4: '4242', exp_month: 12, exp_year: 2030, name: 'Visa ending 4242', has_expired: false, ...change };
}

export function recharge(change: Partial<Recharge> = {}): Recharge {
  return {
    state: 'off',
    reason: 'never_asked',
    waits_for: 'nothing',
    pack: null,
    threshold: 0,
    ceiling_minor: 0,
    ceiling: '',
    charged_minor: 0,
    charged: '',
    month_ends_at: null,
    card: card(),
    says: 'Auto-recharge is off',
    ...change
  };
}

export function paid(state: PaymentStatus['purchase']['state'] = 'paid'): PaymentStatus {
  const purchase = {
    order_id: 'order_2',
    pack_id: 'starter',
    title: 'Starter',
    state,
    gives: 'credits',
    credits: 500,
    dollars_micros: 0,
    price: '£10',
    price_minor: 1000,
    currency: 'gbp',
    refunded_minor: 0,
    disputed: false,
    receipt_url: null,
    created_at: '2026-11-21T06:00:00Z'
  } as const;
  return { purchase, available_credits: 797, available_dollars_micros: 0 };
}

export function planOffer(change: Partial<PlanOffer> = {}): PlanOffer {
  return { plan: { id: 'free', title: 'Free', monthly_credits: 300, daily_cap_credits: 30 }, price_minor: 0, currency: 'gbp', price: 'free', is_sold: false, ...change };
}

export function standing(change: Partial<PlanStanding> = {}): PlanStanding {
  return {
    plan: planOffer().plan,
    state: 'free',
    period_ends_at: '2026-12-01T00:00:00Z',
    next_plan: null,
    next_price: null,
    is_disputed: false,
    waiting_url: null,
    has_portal: false,
    ...change
  };
}

/** A server that answers from a table of `METHOD path`; keeps what it was asked. */
export class AnsweringServer {
  readonly asked: { readonly route: string; readonly init: RequestInit }[] = [];

  constructor(private readonly answers: Readonly<Record<string, () => Response | Promise<Response>>>) {}

  readonly send = (path: string, init: RequestInit): Promise<Response> => {
    const route = `${init.method ?? 'GET'} ${path}`;
    this.asked.push({ route, init });
    const answer = this.answers[route];
    return Promise.resolve(answer === undefined ? new Response('', { status: 404 }) : answer());
  };
}

/** A stream of events that the test writes to. */
export class WrittenStream {
  readonly response: Response;

  constructor(signal: AbortSignal) {
    const body = new ReadableStream<Uint8Array>({
      start: controller => {
        this.controller = controller;
        signal.addEventListener('abort', () => { controller.error(new DOMException('aborted', 'AbortError')); });
      }
    });
    this.response = new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
  }

  write(kind: string, data: unknown): void {
    this.controller?.enqueue(new TextEncoder().encode(`event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`));
  }

  end(): void {
    this.controller?.close();
  }

  private controller: ReadableStreamDefaultController<Uint8Array> | null = null;
}
