/** How long to wait before the next try: doubling, bounded, and spread so that many browsers do not come at once. */

export const FIRST_WAIT_MS = 1_000;
export const LONGEST_WAIT_MS = 60_000;

/** `spread` is a random number from 0 to 1; the wait is between half and all of the step. */
export function waitBefore(attempt: number, spread: number): number {
  const step = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempt, 16));
  return Math.round(step / 2 + (step / 2) * spread);
}
