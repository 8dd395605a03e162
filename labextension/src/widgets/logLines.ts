/** What a tool logged last: text of the tool, never markup. */

import { element } from './dom';

/** The lines, oldest first; null when there are none. */
export function logLines(lines: readonly string[]): HTMLElement | null {
  return lines.length === 0 ? null : element('pre', { class: 'studio-log', 'aria-label': 'Log of the run' }, lines.join('\n'));
}
