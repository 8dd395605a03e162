/** `◆ 297 credits` in the status bar; a click opens the panel. */

import { Widget } from '@lumino/widgets';
import type { Session } from '../models/session';
import { standingOf } from '../models/standing';
import { element, hiddenText, liveRegion, setAttributes, setText } from './dom';

/** Draws the standing of the account; amber and red are also said in words. */
export class StatusItem extends Widget {
  constructor(
    private readonly session: Session,
    icon: HTMLElement,
    openPanel: () => void
  ) {
    super();
    this.addClass('studio-StatusItem');
    icon.classList.add('studio-status-icon');
    icon.setAttribute('aria-hidden', 'true');
    this.opener.append(icon, this.text, this.explanation);
    this.opener.addEventListener('click', openPanel);
    this.node.append(this.opener, this.spoken);
    session.changed.connect(this.draw, this);
    this.draw();
  }

  private draw(): void {
    const { level, text, explanation } = standingOf(this.session.balance, this.session.connection);
    setText(this.text, text);
    setText(this.explanation, `. ${explanation.replaceAll('\n', '. ')}. Opens the Studio panel.`);
    setAttributes(this.opener, { 'data-level': level, title: explanation });
    if (level !== this.level) {
      const worth = level === 'low' || level === 'blocked' || level === 'offline' || this.level === 'offline';
      setText(this.spoken, worth ? `Studio: ${text}` : '');
      this.level = level;
    }
  }

  private readonly opener = element('button', { type: 'button', class: 'studio-status' });
  private readonly text = element('span');
  private readonly explanation = hiddenText('');
  /** Only changes of level are spoken: a balance changes too often. */
  private readonly spoken = liveRegion();
  private level = 'unknown';
}
