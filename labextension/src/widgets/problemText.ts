/** A refusal in place: what was refused, why, and the cheapest next step. */

import { isOfTheWeb } from '../models/addresses';
import type { StudioProblem } from '../models/problems';
import { sentence } from '../models/wording';
import { element, linkTo, type Child } from './dom';

/** Spoken at once, because something did not happen. */
export function problemText(found: StudioProblem): HTMLElement {
  const { error, reason } = found.problem;
  const next = nextOf(found);
  return element(
    'div',
    { class: 'studio-refusal', role: 'alert' },
    element('p', {}, error),
    reason ? element('p', {}, sentence(reason)) : null,
    next === null ? null : element('p', {}, element('strong', {}, 'Next: '), next)
  );
}

/** Where the refusal names a page, a link to it instead of its address. */
function nextOf({ problem }: StudioProblem): Child {
  if (typeof problem.url === 'string' && isOfTheWeb(problem.url)) {
    return linkTo(problem.url, 'pay on a page instead');
  }
  return problem.action === undefined || problem.action === '' ? null : problem.action;
}
