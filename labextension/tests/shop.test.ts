import { afterEach, describe, expect, it, vi } from 'vitest';
import { StudioApi } from '../src/models/api';
import { Feed } from '../src/models/feed';
import { Session } from '../src/models/session';
import { BuySection, type EmptyTab } from '../src/widgets/buySection';
import { NoticesSection } from '../src/widgets/noticesSection';
import { planText } from '../src/widgets/planList';
import { AnsweringServer, balance, card, checkout, pack, paid, planOffer, recharge, standing, WrittenStream } from './samples';

const json = (body: unknown, status = 200) => () => new Response(JSON.stringify(body), { status });
const PACKS = [
  pack(),
  pack({ id: 'standard', title: 'Standard', credits: 1400, price: '£25', price_minor: 2500, unit_price: '£1.79', saving_percent: 10, is_best_value: true }),
  pack({ id: 'dollars-10', title: '10 dollars', gives: 'dollars', credits: 0, dollars_micros: 10_000_000, currency: 'usd', price: '$10', unit_price: '$1.00' })
];
const PLANS = [
  planOffer(),
  planOffer({ plan: { id: 'pro', title: 'Pro', monthly_credits: 12_000, daily_cap_credits: 2_000 }, price_minor: 4500, price: '£45 a month', is_sold: true })
];
const SELLING = { 'GET api/billing/packs': json({ packs: PACKS }), 'GET api/billing/plans': json({ plans: PLANS }), 'GET api/billing/plan': json(standing()), 'GET api/billing/card': json({ card: null }) };
const WITH_CARD = { ...SELLING, 'GET api/billing/card': json({ card: card() }) };

/** A section on a session whose stream the test writes to. */
class Stand {
  stream: WrittenStream | null = null;
  readonly tabs: { went: string | null; closed: boolean }[] = [];
  readonly server: AnsweringServer;
  readonly session: Session;

  constructor(answers: Readonly<Record<string, () => Response>>) {
    this.server = new AnsweringServer(answers);
    const feed = new Feed(signal => {
      this.stream = new WrittenStream(signal);
      return Promise.resolve(this.stream.response);
    });
    let keys = 0;
    this.session = new Session(new StudioApi(this.server.send, () => `key-${keys++}`, '/base/studio/'), feed);
    this.session.start();
  }

  async greeted(change: Parameters<typeof balance>[0] = {}): Promise<this> {
    await vi.waitFor(() => { expect(this.stream).not.toBeNull(); });
    this.stream?.write('hello', { kind: 'hello', balance: balance(change), runs: [] });
    await vi.waitFor(() => { expect(this.session.balance).not.toBeNull(); });
    return this;
  }

  readonly openTab = (): EmptyTab => {
    const tab = { went: null as string | null, closed: false };
    this.tabs.push(tab);
    return { go: address => { tab.went = address; }, close: () => { tab.closed = true; } };
  };

  buying(openTab: () => EmptyTab | null = this.openTab): BuySection {
    const section = new BuySection(this.session, openTab);
    document.body.append(section.node);
    section.load();
    return section;
  }

  routes(): string[] {
    return this.server.asked.map(({ route }) => route);
  }
}

let stand: Stand;
afterEach(() => {
  document.body.replaceChildren();
  stand.session.dispose();
});

const text = (section: { readonly node: HTMLElement }): string => section.node.textContent;
const buttons = (section: { readonly node: HTMLElement }): HTMLButtonElement[] => [...section.node.querySelectorAll<HTMLButtonElement>('button[aria-label^="Buy"], .studio-notice button')];
const named = (section: { readonly node: HTMLElement }, label: string): HTMLButtonElement => {
  const found = [...section.node.querySelectorAll('button')].find(each => each.textContent === label);
  expect(found, `no button ${label}`).toBeDefined();
  return found!;
};

describe('buying in the panel', () => {
  it('compares packs: what they give, the price of a unit, what is saved, the best value', async () => {
    stand = await new Stand(SELLING).greeted();
    const section = stand.buying();
    await vi.waitFor(() => { expect(buttons(section).length).toBe(3); });
    expect(text(section)).toContain('from £10');
    expect(text(section)).toContain('500 creditsStarter£2.00 per 100Buy £10');
    expect(text(section)).toContain('1,400 creditsStandard£1.79 per 100saves 10 %★ best valueBuy £25');
    expect(text(section)).toContain('Dollars for language models · from $10$10$1.00 per dollar');
    expect(buttons(section)[1]?.getAttribute('aria-label')).toBe('Buy Standard, 1,400 credits, for £25');
    expect(stand.routes()).toEqual(['GET api/billing/packs']);
  });

  it('tells the plan and its next credits when it is unfolded, and asks for them no earlier', async () => {
    stand = await new Stand(SELLING).greeted();
    const section = stand.buying();
    await vi.waitFor(() => { expect(buttons(section).length).toBe(3); });
    section.node.querySelector('details')!.open = true;
    await vi.waitFor(() => { expect(text(section)).toContain('The next credits come on'); });
    expect(stand.routes()).toEqual(['GET api/billing/packs', 'GET api/billing/plans', 'GET api/billing/plan', 'GET api/billing/card']);
  });

  it('opens an empty tab at the press, sends it to the page, and keeps a link to it', async () => {
    stand = await new Stand({ ...SELLING, 'POST api/billing/checkout': json(checkout()) }).greeted();
    const section = stand.buying();
    await vi.waitFor(() => { expect(buttons(section).length).toBe(3); });
    buttons(section)[0]?.click();
    expect(stand.tabs.length).toBe(1);
    await vi.waitFor(() => { expect(stand.tabs[0]?.went).toBe('https://pay.example/c/1'); });
    expect(text(section)).toContain('500 credits for £10: the page is open in another tab.');
    const link = section.node.querySelector<HTMLAnchorElement>('.studio-said a')!;
    expect([link.textContent, link.href, link.rel]).toEqual(['Pay £10', 'https://pay.example/c/1', 'noopener noreferrer']);
    expect(stand.server.asked.at(-1)?.init.body).toBe('{"pack":"starter"}');
  });

  it('says that the browser kept the page closed, and gives the link', async () => {
    stand = await new Stand({ ...SELLING, 'POST api/billing/checkout': json(checkout()) }).greeted();
    const section = stand.buying(() => null);
    await vi.waitFor(() => { expect(buttons(section).length).toBe(3); });
    buttons(section)[0]?.click();
    await vi.waitFor(() => { expect(text(section)).toContain('your browser kept the page from opening.'); });
    expect(section.node.querySelector('.studio-said a')?.textContent).toBe('Pay £10');
  });

  it('closes the empty tab and says why when the purchase is refused', async () => {
    const refused = { status: 503, code: 'payments_unreachable', error: 'The payment provider does not answer.' };
    stand = await new Stand({ ...SELLING, 'POST api/billing/checkout': json(refused, 503) }).greeted();
    const section = stand.buying();
    await vi.waitFor(() => { expect(buttons(section).length).toBe(3); });
    buttons(section)[0]?.click();
    await vi.waitFor(() => { expect(text(section)).toContain('The payment provider does not answer.'); });
    expect(stand.tabs).toEqual([{ went: null, closed: true }]);
  });

  it('sends no tab to an address that is not of the web', async () => {
    const page = checkout({ url: 'javascript:alert(1)' });
    stand = await new Stand({ ...SELLING, 'POST api/billing/checkout': json(page) }).greeted();
    const section = stand.buying();
    await vi.waitFor(() => { expect(buttons(section).length).toBe(3); });
    buttons(section)[0]?.click();
    await vi.waitFor(() => { expect(stand.tabs[0]?.closed).toBe(true); });
    expect(stand.tabs[0]?.went).toBeNull();
    expect(section.node.querySelector('.studio-said a')).toBeNull();
  });

  it('tells what arrived for the purchase it waits for, and not for another one', async () => {
    stand = await new Stand({ ...SELLING, 'POST api/billing/checkout': json(checkout()) }).greeted();
    const section = stand.buying();
    await vi.waitFor(() => { expect(buttons(section).length).toBe(3); });
    buttons(section)[0]?.click();
    await vi.waitFor(() => { expect(text(section)).toContain('Pay £10'); });
    stand.stream?.write('notice', { kind: 'notice', severity: 'info', text: '1,400 credits arrived', about: 'order_0' });
    stand.stream?.write('notice', { kind: 'notice', severity: 'info', text: '500 credits arrived', about: 'order_1' });
    await vi.waitFor(() => { expect(text(section)).toContain('✔ 500 credits arrived. Thank you.'); });
    expect(text(section)).not.toContain('Pay £10');
  });

  it.each([
    ['local', 'studio-server grant N --reference WHY'],
    ['hub', 'ask whoever runs this JupyterHub'],
    ['service', 'ask whoever runs this Studio server']
  ] as const)('where nothing is sold it says whom to ask (%s)', async (mode, words) => {
    stand = await new Stand({ 'GET api/billing/packs': json({ packs: [] }) }).greeted({ mode });
    const section = stand.buying();
    await vi.waitFor(() => { expect(text(section)).toContain(words); });
    expect(section.node.querySelector('details')?.hidden).toBe(true);
    expect(text(section)).toContain('Your plan Free gives 300 credits a month, at most 30 a day.');
  });

  it.each([
    [standing(), /The next credits come on Dec 1, 2026\.$/],
    [standing({ state: 'paid', next_price: '£45' }), /It renews on Dec 1, 2026 for £45\.$/],
    [standing({ state: 'paid', next_plan: balance().plan }), /The plan Free begins on Dec 1, 2026\.$/],
    [standing({ state: 'past_due', next_price: '£45' }), /The last payment for it did not work: mend it on the page for card and invoices\.$/]
  ])('says what comes after the present plan', (found, words) => {
    expect(planText(balance(), found)).toMatch(words);
  });
});

describe('plans in the panel', () => {
  const opened = async (answers: Readonly<Record<string, () => Response>>): Promise<BuySection> => {
    stand = await new Stand(answers).greeted();
    const section = stand.buying();
    section.node.querySelector('details')!.open = true;
    await vi.waitFor(() => { expect(section.node.querySelector('.studio-plans li')).not.toBeNull(); });
    return section;
  };
  const link = { kind: 'checkout', url: 'https://pay.example/p/1', session_id: 'cs_2', offer: PLANS[1] };

  it('are compared, the own one is marked, and none is sold that is not', async () => {
    const section = await opened(SELLING);
    const rows = [...section.node.querySelectorAll('.studio-plans li')].map(row => row.textContent);
    expect(rows).toEqual(['Free · your plan300 credits a month, at most 30 a day', 'Pro£45 a month12,000 credits a month, at most 2,000 a dayChoose']);
    expect(section.node.textContent).not.toContain('Card, invoices, cancel');
  });

  it('are chosen on a page, and the panel tells when the plan has begun', async () => {
    const section = await opened({ ...SELLING, 'POST api/billing/plan/checkout': json(link) });
    named(section, 'Choose').click();
    await vi.waitFor(() => { expect(stand.tabs[0]?.went).toBe('https://pay.example/p/1'); });
    expect(stand.server.asked.at(-1)?.init.body).toBe('{"plan":"pro"}');
    expect(text(section)).toContain('Plan Pro, £45 a month: the page is open in another tab.');
    stand.stream?.write('balance', { kind: 'balance', balance: balance({ revision: 2, plan: PLANS[1]!.plan }) });
    await vi.waitFor(() => { expect(text(section)).toContain('✔ You are on the plan Pro now. Thank you.'); });
  });

  it('are changed, paid and cancelled on the own page at the provider, where there is one', async () => {
    const section = await opened({
      ...SELLING,
      'GET api/billing/plan': json(standing({ state: 'paid', has_portal: true })),
      'POST api/billing/portal': json({ url: 'https://pay.example/portal' })
    });
    named(section, 'Card, invoices, cancel').click();
    await vi.waitFor(() => { expect(stand.tabs[0]?.went).toBe('https://pay.example/portal'); });
  });
});

describe('the saved card', () => {
  const opened = async (answers: Readonly<Record<string, () => Response>>): Promise<BuySection> => {
    stand = await new Stand(answers).greeted();
    const section = stand.buying();
    await vi.waitFor(() => { expect(buttons(section).length).toBe(3); });
    section.node.querySelector('details')!.open = true;
    await vi.waitFor(() => { expect(section.node.querySelector('.studio-pay-with input')).not.toBeNull(); });
    return section;
  };

  it('is kept only when its owner ticks the box, which starts empty', async () => {
    const section = await opened({ ...SELLING, 'POST api/billing/checkout': json(checkout()) });
    const keep = section.node.querySelector<HTMLInputElement>('input[type=checkbox]')!;
    expect(keep.checked).toBe(false);
    buttons(section)[0]?.click();
    await vi.waitFor(() => { expect(stand.tabs.length).toBe(1); });
    expect(stand.server.asked.at(-1)?.init.body).toBe('{"pack":"starter"}');
    await vi.waitFor(() => { expect(stand.tabs[0]?.went).not.toBeNull(); });
    keep.checked = true;
    buttons(section)[0]?.click();
    await vi.waitFor(() => { expect(stand.server.asked.at(-1)?.init.body).toBe('{"pack":"starter","save_card":true}'); });
  });

  it('is charged after a yes to the amount, and opens no tab', async () => {
    const section = await opened({ ...WITH_CARD, 'POST api/billing/top-up': json(paid()) });
    buttons(section)[0]?.click();
    expect(text(section)).toContain('Charge £10 to Visa ending 4242 now, for 500 credits?');
    expect(document.activeElement?.textContent).toBe('Charge £10');
    expect(stand.routes()).not.toContain('POST api/billing/top-up');
    named(section, 'Charge £10').click();
    await vi.waitFor(() => { expect(text(section)).toContain('✔ Starter is paid. Thank you.'); });
    expect(stand.server.asked.at(-1)?.init.body).toBe('{"pack":"starter","price_minor":1000}');
    expect(stand.tabs).toEqual([]);
  });

  it('is not charged after a no', async () => {
    const section = await opened(WITH_CARD);
    buttons(section)[0]?.click();
    named(section, 'Not now').click();
    expect(text(section)).not.toContain('Charge £10');
    expect(stand.routes()).not.toContain('POST api/billing/top-up');
  });

  it('is asked again under the same key while nobody knows whether it was charged', async () => {
    let answers = 0;
    const unsettled = { status: 503, code: 'charge_unsettled', error: 'The payment provider does not answer.' };
    const section = await opened({ ...WITH_CARD, 'POST api/billing/top-up': () => (answers++ === 0 ? json(unsettled, 503)() : json(paid())()) });
    buttons(section)[0]?.click();
    named(section, 'Charge £10').click();
    await vi.waitFor(() => { expect(text(section)).toContain('The payment provider does not answer.'); });
    named(section, 'Charge £10').click();
    await vi.waitFor(() => { expect(text(section)).toContain('✔ Starter is paid.'); });
    const keys = stand.server.asked.filter(({ route }) => route.endsWith('top-up')).map(({ init }) => new Headers(init.headers).get('Idempotency-Key'));
    expect(keys.length).toBe(2);
    expect(keys[0]).toBe(keys[1]);
    buttons(section)[0]?.click();
    named(section, 'Charge £10').click();
    await vi.waitFor(() => { expect(stand.routes().filter(route => route.endsWith('top-up')).length).toBe(3); });
    expect(new Headers(stand.server.asked.at(-1)?.init.headers).get('Idempotency-Key')).not.toBe(keys[0]);
  });

  it('that was declined leaves a page to pay on', async () => {
    const declined = { status: 402, code: 'card_declined', error: 'Your card was declined.', url: 'https://pay.example/c/9' };
    const section = await opened({ ...WITH_CARD, 'POST api/billing/top-up': json(declined, 402) });
    buttons(section)[0]?.click();
    named(section, 'Charge £10').click();
    await vi.waitFor(() => { expect(text(section)).toContain('Your card was declined.'); });
    expect(section.node.querySelector<HTMLAnchorElement>('.studio-said a')?.href).toBe('https://pay.example/c/9');
  });

  it('that has expired cannot be chosen, and can be removed', async () => {
    const section = await opened({
      ...SELLING,
      'GET api/billing/card': json({ card: card({ has_expired: true, exp_year: 2025 }) }),
      'DELETE api/billing/card': json({ card: null })
    });
    expect(text(section)).toContain('Visa ending 4242, expired 12/25');
    expect(section.node.querySelector<HTMLInputElement>('input[type=radio]')?.disabled).toBe(true);
    named(section, 'Remove card').click();
    await vi.waitFor(() => { expect(text(section)).toContain('Keep the card I pay with'); });
  });

  it('lets auto-recharge be turned on with a pack, a threshold and a limit', async () => {
    const on = recharge({ state: 'on', reason: 'asked', pack: PACKS[0]!, threshold: 100, ceiling_minor: 4550, says: 'Below 100 credits it buys Starter' });
    const section = await opened({ ...WITH_CARD, 'GET api/billing/recharge': json(recharge()), 'PUT api/billing/recharge': json(on) });
    section.node.querySelector<HTMLDetailsElement>('.studio-recharge')!.open = true;
    await vi.waitFor(() => { expect(text(section)).toContain('Auto-recharge is off.'); });
    const [threshold, ceiling] = section.node.querySelectorAll<HTMLInputElement>('.studio-recharge input');
    expect([threshold?.value, ceiling?.value]).toEqual(['50', '30']);
    threshold!.value = 'few';
    named(section, 'Turn on').click();
    expect(threshold?.getAttribute('aria-invalid')).toBe('true');
    expect(document.activeElement).toBe(threshold);
    threshold!.value = '100';
    ceiling!.value = '45.50';
    named(section, 'Turn on').click();
    await vi.waitFor(() => { expect(text(section)).toContain('Auto-recharge is on.'); });
    expect(stand.server.asked.at(-1)?.init.body).toBe('{"on":true,"pack":"starter","threshold":100,"ceiling_minor":4550}');
    expect(named(section, 'Turn off').hidden).toBe(false);
  });

  it('offers no auto-recharge without a card', async () => {
    const section = await opened({ ...SELLING, 'GET api/billing/recharge': json(recharge({ card: null })) });
    section.node.querySelector<HTMLDetailsElement>('.studio-recharge')!.open = true;
    await vi.waitFor(() => { expect(text(section)).toContain('It needs a card that is kept'); });
    expect(section.node.querySelector<HTMLElement>('.studio-recharge form')?.hidden).toBe(true);
  });
});

describe('notices in the panel', () => {
  const told = { notice: '500 bought credits end on 2026-12-03', notice_id: 'notice_1', notice_severity: 'warning' } as const;

  it('shows the latest one until it is dismissed on the server', async () => {
    stand = await new Stand({ 'POST api/notices/notice_1/read': json({ id: 'notice_1', kind: 'credits_end_in_7_days', severity: 'warning', text: 'x', created_at: 'x', read_at: null }) }).greeted(told);
    const section = new NoticesSection(stand.session);
    document.body.append(section.node);
    expect(text(section)).toContain('500 bought credits end on 2026-12-03.');
    expect(section.node.hidden).toBe(false);
    buttons(section)[0]?.click();
    await vi.waitFor(() => { expect(stand.routes()).toEqual(['POST api/notices/notice_1/read']); });
    stand.stream?.write('balance', { kind: 'balance', balance: balance({ revision: 1 }) });
    await vi.waitFor(() => { expect(section.node.hidden).toBe(true); });
  });

  it('keeps it and says why when it could not be dismissed', async () => {
    stand = await new Stand({}).greeted(told);
    const section = new NoticesSection(stand.session);
    buttons(section)[0]?.click();
    await vi.waitFor(() => { expect(text(section)).toContain('does not run Studio'); });
    expect(text(section)).toContain('500 bought credits');
  });

  it('shows what was told of purchases, at most three, and no alert of a limit', async () => {
    stand = await new Stand({}).greeted();
    const section = new NoticesSection(stand.session);
    document.body.append(section.node);
    stand.stream?.write('notice', { kind: 'notice', severity: 'warning', text: '50 % of today’s limit is used' });
    for (const number of [1, 2, 3, 4]) {
      stand.stream?.write('notice', { kind: 'notice', severity: 'info', text: `${number}00 credits arrived`, about: `order_${number}` });
    }
    await vi.waitFor(() => { expect(text(section)).toContain('400 credits arrived.'); });
    expect(buttons(section).map(each => each.getAttribute('aria-label'))).toEqual([
      'Dismiss: 400 credits arrived.',
      'Dismiss: 300 credits arrived.',
      'Dismiss: 200 credits arrived.'
    ]);
    buttons(section)[0]?.focus();
    buttons(section)[0]?.click();
    expect(document.activeElement?.getAttribute('aria-label')).toBe('Dismiss: 300 credits arrived.');
    expect(stand.routes()).toEqual([]);
  });
});
