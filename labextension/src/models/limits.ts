/** The form of spend limits: what was typed becomes a change, or says what is wrong where. */

import type { Problem, SpendControls, SpendControlsChange } from '../contracts';
import { sentence } from './wording';

/** The limits that can be typed, in the order they are shown. */
export const LIMIT_FIELDS = ['daily_limit_credits', 'monthly_limit_credits', 'per_run_limit_credits'] as const;

export type LimitField = (typeof LIMIT_FIELDS)[number];
export type Typed = Readonly<Record<LimitField, string>>;
export type Wrong = Readonly<Partial<Record<LimitField, string>>>;

/** What the form holds for the limits in force. */
export function typedOf(controls: SpendControls): Typed {
  return {
    daily_limit_credits: String(controls.daily_limit_credits),
    monthly_limit_credits: String(controls.monthly_limit_credits),
    per_run_limit_credits: controls.per_run_limit_credits === null ? '' : String(controls.per_run_limit_credits)
  };
}

/** Only what differs from the limits in force; an emptied field goes back to the plan's limit. */
export function changeFrom(typed: Typed, inForce: SpendControls): { change: SpendControlsChange; wrong: Wrong } {
  const before = typedOf(inForce);
  const change: Partial<Record<LimitField, number | null>> = {};
  const wrong: Partial<Record<LimitField, string>> = {};
  for (const field of LIMIT_FIELDS) {
    const text = typed[field].trim();
    if (text === before[field]) {
      continue;
    }
    if (text !== '' && !/^\d{1,15}$/.test(text)) {
      wrong[field] = 'Type a whole number of credits, or leave it empty.';
    } else {
      change[field] = text === '' ? null : Number(text);
    }
  }
  return { change, wrong };
}

/** The sentences of a refusal by field, and the rest under no field. */
export function wrongFields(problem: Problem): { wrong: Wrong; rest: string } {
  const wrong: Partial<Record<LimitField, string>> = {};
  for (const field of problem.fields ?? []) {
    const known = LIMIT_FIELDS.find(name => name === field.field.split('.').at(-1));
    if (known !== undefined) {
      wrong[known] = [`Allowed: ${field.allowed}.`, field.action].filter(Boolean).join(' ');
    }
  }
  const said = [problem.error, problem.reason ?? '', problem.action ?? ''].filter(Boolean);
  return { wrong, rest: said.map(sentence).join(' ') };
}
