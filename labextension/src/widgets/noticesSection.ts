/** What a person should know, at the top of the panel, until it is dismissed. */

import { Widget } from '@lumino/widgets';
import type { NoticeEvent } from '../contracts';
import { asProblem } from '../models/problems';
import type { Session } from '../models/session';
import { sentence } from '../models/wording';
import { button, element } from './dom';
import { problemText } from './problemText';

type Severity = NoticeEvent['severity'];

const MOST_NEWS = 3;
const MARKS: Readonly<Record<Severity, string>> = { info: '✔', warning: '⚠' };

/** The latest notice the server keeps, and what it has just told of purchases. New ones are spoken by JupyterLab's own notification. */
export class NoticesSection extends Widget {
  constructor(private readonly session: Session) {
    super({ node: element('section', { class: 'studio-section studio-notices', 'aria-label': 'Notices', tabindex: -1 }) });
    this.node.append(this.lines, this.said);
    session.changed.connect(this.onSession, this);
    session.noticed.connect(this.onNoticed, this);
    this.draw();
  }

  private onSession(_session: Session, change: string): void {
    if (change === 'balance') {
      this.draw();
    }
  }

  private onNoticed(_session: Session, notice: NoticeEvent): void {
    if (notice.about !== undefined && notice.about !== '') {
      this.news = [notice, ...this.news].slice(0, MOST_NEWS);
      this.draw();
    }
  }

  /** Draws anew only when something else is to be told, so that focus stays where it is. */
  private draw(): void {
    const balance = this.session.balance;
    const kept = balance?.notice_id ?? null;
    const key = [kept ?? '', ...this.news.map(each => `${each.about ?? ''} ${each.text}`)].join('\n');
    if (key === this.drawn) {
      return;
    }
    this.drawn = key;
    const told = this.news.map(each => noticeLine(each.severity, each.text, () => { this.drop(each); }));
    if (balance !== null && kept !== null) {
      told.push(noticeLine(balance.notice_severity ?? 'info', balance.notice ?? '', () => { void this.dismiss(kept); }));
    }
    const hadFocus = this.node.contains(document.activeElement);
    this.lines.replaceChildren(...told);
    this.said.replaceChildren();
    this.node.hidden = told.length === 0;
    if (hadFocus) {
      this.handFocusOn();
    }
  }

  /** To the next notice, or past the empty section to what comes after it. */
  private handFocusOn(): void {
    const next = this.lines.querySelector('button') ?? this.node.parentElement;
    next?.focus();
  }

  private drop(notice: NoticeEvent): void {
    this.news = this.news.filter(each => each !== notice);
    this.draw();
  }

  /** The server counts it as read and pushes the balance without it. */
  private async dismiss(id: string): Promise<void> {
    try {
      await this.session.api.markRead(id);
    } catch (thrown) {
      this.said.replaceChildren(problemText(asProblem(thrown)));
    }
  }

  private readonly lines = element('div');
  private readonly said = element('div');
  private news: readonly NoticeEvent[] = [];
  private drawn: string | null = null;
}

function noticeLine(severity: Severity, text: string, dismiss: () => void): HTMLElement {
  const words = sentence(text);
  return element(
    'div',
    { class: 'studio-notice', 'data-severity': severity },
    element('span', { class: 'studio-notice-mark', 'aria-hidden': 'true' }, MARKS[severity]),
    element('p', {}, severity === 'warning' ? element('span', { class: 'studio-hidden' }, 'Warning: ') : null, words),
    button('✕', dismiss, { class: 'studio-button studio-dismiss', title: 'Dismiss', 'aria-label': `Dismiss: ${words}` })
  );
}
