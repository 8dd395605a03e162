/** A refusal in place: what was refused, why, and the cheapest next step. */

import type { StudioProblem } from '../models/problems';
import { element } from './dom';

/** Spoken at once, because something did not happen. */
export function problemText(found: StudioProblem): HTMLElement {
  const { error, reason, action } = found.problem;
  return element(
    'div',
    { class: 'studio-refusal', role: 'alert' },
    element('p', {}, error),
    reason ? element('p', {}, sentence(reason)) : null,
    action ? element('p', {}, element('strong', {}, 'Next: '), action) : null
  );
}

/** With a capital at the start and a full stop at the end, however it was written. */
function sentence(text: string): string {
  const ended = /[.!?…]$/.test(text) ? text : `${text}.`;
  return ended.charAt(0).toUpperCase() + ended.slice(1);
}
