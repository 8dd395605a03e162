/** A refusal in place: what was refused, why, and the cheapest next step. */

import type { StudioProblem } from '../models/problems';
import { sentence } from '../models/wording';
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
