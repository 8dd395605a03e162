/** How the account stands, in one word and one line: what the status bar says. */

import type { Balance } from '../contracts';
import type { Connection } from './session';
import { amountText, creditsText, windowText } from './wording';

export type Level = 'unknown' | 'offline' | 'ok' | 'low' | 'blocked';

/** What the status bar shows: colour, words, and the explanation for pointer and screen reader. */
export interface Standing {
  readonly level: Level;
  readonly text: string;
  readonly explanation: string;
}

/** The standing of an account. Colour is never the only sign: low and blocked are also said in words. */
export function standingOf(balance: Balance | null, connection: Connection): Standing {
  if (connection === 'offline') {
    return { level: 'offline', text: 'Studio: offline', explanation: 'The Studio server cannot be reached; it is tried again by itself' };
  }
  if (balance === null) {
    return { level: 'unknown', text: 'Studio', explanation: 'Asking for your credits' };
  }
  const level = levelOf(balance);
  return { level, text: creditsText(balance.available_credits) + sign(balance, level), explanation: explain(balance) };
}

/** Amber from the first alert threshold, red when the next run would be refused. */
export function levelOf(balance: Balance): 'ok' | 'low' | 'blocked' {
  if (balance.level === 'ok' && balance.alert_percent !== null) {
    return 'low';
  }
  return balance.level;
}

function sign(balance: Balance, level: Level): string {
  if (level === 'blocked') {
    return ' · blocked';
  }
  if (level === 'low') {
    return balance.alert_percent === null ? ' · low' : ` · ${balance.alert_percent} % used`;
  }
  return '';
}

function explain(balance: Balance): string {
  const lines = [windowText(balance.day), windowText(balance.month)];
  if (balance.held_credits > 0) {
    lines.push(`${amountText(balance.held_credits)} held by runs`);
  }
  if (balance.level === 'blocked') {
    lines.push('The next metered run would be refused');
  }
  return lines.join('\n');
}
