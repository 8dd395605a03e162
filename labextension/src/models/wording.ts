/** How quantities are written: the same words and figures as in the notebook and on the account pages. */

import { TERMINAL_STATES, type RunSummary, type Window } from '../contracts';

/** '1,400'. */
export function amountText(amount: number): string {
  return amount.toLocaleString('en-US');
}

/** '1 credit', '1,400 credits'. */
export function creditsText(amount: number): string {
  return `${amountText(amount)} credit${amount === 1 ? '' : 's'}`;
}

/** '3–8 credits', '5 credits', '0 credits'. */
export function rangeText(least: number, most: number): string {
  return least >= most ? creditsText(most) : `${amountText(least)}–${amountText(most)} credits`;
}

/** '0.4 s', '12 s', '3 min 20 s'. */
export function secondsText(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 120) {
    return `${short(seconds)} s`;
  }
  const whole = Math.round(seconds);
  return `${amountText(Math.floor(whole / 60))} min ${whole % 60} s`;
}

/** '812 bytes', '20.4 MB', '512 MB', '1.5 GB' (of 1,000, as limits and prices count). */
export function sizeText(bytes: number): string {
  if (bytes < 1000) {
    return `${bytes} byte${bytes === 1 ? '' : 's'}`;
  }
  const units = [['kB', 1e3], ['MB', 1e6], ['GB', 1e9]] as const;
  const [unit, size] = units.find(([, size]) => bytes < 1000 * size) ?? units[2];
  return `${short(bytes / size)} ${unit}`;
}

/** 'timed out' for 'timed_out'. */
export function plainWords(code: string): string {
  return code.replaceAll('_', ' ');
}

/** With a capital at the start and a full stop at the end, however it was written. */
export function sentence(text: string): string {
  const ended = /[.!?…]$/.test(text) ? text : `${text}.`;
  return ended.charAt(0).toUpperCase() + ended.slice(1);
}

/** Local date and time for people; the exact text where it is not a time. */
export function momentText(instant: string): string {
  const moment = new Date(instant);
  return Number.isNaN(moment.getTime()) ? instant : moment.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/** The time alone for a moment of today, else the day as well. */
export function shortMomentText(instant: string, now: Date): string {
  const moment = new Date(instant);
  if (Number.isNaN(moment.getTime())) {
    return instant;
  }
  const time = moment.toLocaleTimeString(undefined, { timeStyle: 'short' });
  const isToday = moment.toDateString() === now.toDateString();
  return isToday ? time : `${moment.toLocaleDateString(undefined, { month: 'short', day: 'numeric' })}, ${time}`;
}

/** What runs used of a day or month: spent and set aside. */
export function usedCredits(window: Window): number {
  return window.spent_credits + window.held_credits;
}

/** 0 to 100; a limit of 0 is always reached. */
export function usedPercent(window: Window): number {
  return window.cap_credits === 0 ? 100 : Math.min(100, Math.floor((100 * usedCredits(window)) / window.cap_credits));
}

/** 'Today 3 of 30 credits'. */
export function windowText(window: Window): string {
  const name = window.kind === 'day' ? 'Today' : 'This month';
  return `${name} ${amountText(usedCredits(window))} of ${creditsText(window.cap_credits)}`;
}

/** Whether a run can change no more. */
export function isOver(state: RunSummary['state']): boolean {
  return (TERMINAL_STATES as readonly string[]).includes(state);
}

/** '3 credits' when it is over, 'at most 8 credits' before. */
export function runCostText(run: RunSummary): string {
  if (typeof run.answered_from === 'string') {
    return '0 credits, stored result';
  }
  return run.charged_credits === null ? `at most ${creditsText(run.max_credits)}` : creditsText(run.charged_credits);
}

/** '$27', '$26.94': what is less than a cent is left out. */
export function dollarsText(micros: number): string {
  const cents = Math.floor(micros / 10_000);
  const rest = cents % 100;
  return `$${amountText(Math.floor(cents / 100))}${rest === 0 ? '' : `.${String(rest).padStart(2, '0')}`}`;
}

/** The day alone, for people; the exact text where it is not a time. */
export function dayText(instant: string): string {
  const moment = new Date(instant);
  return Number.isNaN(moment.getTime()) ? instant : moment.toLocaleDateString(undefined, { dateStyle: 'medium' });
}

/** 'queued, position 3'; the plain state when it does not wait or its place is not known. */
export function runStateText(run: RunSummary): string {
  const waits = run.state === 'queued' && typeof run.queue_position === 'number';
  return waits ? `queued, position ${amountText(run.queue_position)}` : plainWords(run.state);
}

function short(value: number): string {
  return value >= 10 || Number.isInteger(value) ? amountText(Math.round(value)) : value.toFixed(1);
}
