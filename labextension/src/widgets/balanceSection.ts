/** Available, held and spent, and how much of the day and the month is used. */

import { Widget } from '@lumino/widgets';
import type { Balance, Window } from '../contracts';
import type { Session } from '../models/session';
import { levelOf } from '../models/standing';
import { amountText, creditsText, shortMomentText, usedCredits, usedPercent, windowText } from '../models/wording';
import { button, element, liveRegion, setText } from './dom';
import { Meter } from './meter';
import { problemText } from './problemText';

/** The first thing in the panel; changes in place. */
export class BalanceSection extends Widget {
  constructor(private readonly session: Session) {
    super({ node: element('section', { class: 'studio-section', 'aria-label': 'Balance' }) });
    this.node.append(this.offline, this.body);
    this.body.append(
      element('p', { class: 'studio-balance' }, this.available, ' available'),
      this.who,
      this.facts,
      ...this.day.nodes,
      ...this.month.nodes,
      this.remark,
      this.note
    );
    this.body.hidden = true;
    session.changed.connect(this.draw, this);
    this.draw();
  }

  private draw(): void {
    this.drawConnection();
    const balance = this.session.balance;
    this.body.hidden = balance === null;
    if (balance !== null) {
      this.drawBalance(balance);
    }
  }

  private drawConnection(): void {
    const { connection, problem } = this.session;
    if (connection === 'offline' && problem !== null) {
      const again = button('Try now', () => { this.session.refresh(); });
      this.offline.replaceChildren(problemText(problem), again);
    } else {
      setText(this.offline, connection === 'connecting' ? 'Asking for your credits …' : '');
    }
    this.body.dataset.stale = String(connection === 'offline');
  }

  private drawBalance(balance: Balance): void {
    setText(this.available, creditsText(balance.available_credits));
    setText(this.who, `${balance.user} · ${balance.plan.title}`);
    const held = `${amountText(balance.held_credits)} held by runs`;
    const spent = `${amountText(balance.month.spent_credits)} spent this month`;
    setText(this.facts, [held, spent, ...spendable(balance)].join(' · '));
    this.day.update(balance.day, balance);
    this.month.update(balance.month, balance);
    setText(this.remark, remarkOf(balance));
    this.remark.dataset.level = levelOf(balance);
    setText(this.note, balance.note ?? '');
  }

  private readonly offline = element('div', { class: 'studio-offline' });
  private readonly body = element('div');
  private readonly available = element('strong');
  private readonly who = element('p', { class: 'studio-quiet' });
  private readonly facts = element('p');
  private readonly day = new WindowMeter('Used today');
  private readonly month = new WindowMeter('Used this month');
  private readonly remark = liveRegion('studio-remark');
  private readonly note = element('p', { class: 'studio-quiet' });
}

/** One day or month: words, bar and when it starts again. */
class WindowMeter {
  readonly nodes: readonly HTMLElement[];

  constructor(label: string) {
    this.meter = new Meter(label);
    this.nodes = [element('p', { class: 'studio-row' }, this.words, this.resets), this.meter.node];
  }

  update(window: Window, balance: Balance): void {
    const percent = usedPercent(window);
    const full = usedCredits(window) >= window.cap_credits;
    const level = full ? 'blocked' : levelOf(balance) !== 'ok' && percent >= (balance.alert_percent ?? 100) ? 'low' : 'ok';
    setText(this.words, windowText(window));
    setText(this.resets, `until ${shortMomentText(window.resets_at, new Date())}`);
    this.meter.update(percent, `${windowText(window)}, ${percent} %`, level);
  }

  private readonly meter: Meter;
  private readonly words = element('span');
  private readonly resets = element('span', { class: 'studio-quiet' });
}

function spendable(balance: Balance): string[] {
  const { spendable_credits: now, available_credits: available } = balance;
  return now < available ? [`${amountText(now)} can be spent now`] : [];
}

function remarkOf(balance: Balance): string {
  if (balance.level === 'blocked') {
    return 'The next metered run would be refused. Tools that run in the kernel stay free.';
  }
  if (balance.alert_percent !== null) {
    return `Alert: ${balance.alert_percent} % of a limit is used.`;
  }
  return balance.level === 'low' ? 'Few credits are left.' : '';
}
