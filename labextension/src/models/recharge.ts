/** The form of auto-recharge: what was typed becomes a change, or says what is wrong where. */

import type { Pack, Problem, Recharge, RechargeChange } from '../contracts';

export const RECHARGE_FIELDS = ['threshold', 'ceiling_minor'] as const;

export type RechargeField = (typeof RECHARGE_FIELDS)[number];
export type TypedRecharge = Readonly<Record<RechargeField, string>> & { readonly pack: string };
export type WrongRecharge = Readonly<Partial<Record<RechargeField, string>>>;

const MICROS = 1_000_000;
const SIGNS: Readonly<Record<Pack['currency'], string>> = { gbp: '£', usd: '$' };
/** Where a form starts from: a tenth of the pack is left, and three packs a month are enough. */
const [SHARE_LEFT, PACKS_A_MONTH] = [10, 3];

/** What the form holds: the wish in force, or a careful start with the first pack. */
export function typedRecharge(recharge: Recharge, packs: readonly Pack[]): TypedRecharge {
  const pack = recharge.pack ?? packs[0];
  if (pack === undefined) {
    return { pack: '', threshold: '', ceiling_minor: '' };
  }
  const known = recharge.pack !== null;
  const threshold = known ? recharge.threshold : Math.floor(unitsOf(pack) / SHARE_LEFT);
  const ceiling = known ? recharge.ceiling_minor : PACKS_A_MONTH * pack.price_minor;
  return { pack: pack.id, threshold: String(threshold / scaleOf(pack)), ceiling_minor: (ceiling / 100).toString() };
}

/** The change, or what is wrong with the fields; money is read as whole or with two decimals. */
export function rechargeFrom(typed: TypedRecharge, packs: readonly Pack[]): { change: RechargeChange | null; wrong: WrongRecharge } {
  const pack = packs.find(each => each.id === typed.pack);
  if (pack === undefined) {
    return { change: null, wrong: { threshold: 'Choose a pack first.' } };
  }
  const threshold = pack.gives === 'credits' ? whole(typed.threshold) : money(typed.threshold);
  const ceiling = money(typed.ceiling_minor);
  const wrong: Partial<Record<RechargeField, string>> = {};
  if (threshold === null) {
    wrong.threshold = pack.gives === 'credits' ? 'Type a whole number of credits.' : 'Type an amount in dollars.';
  }
  if (ceiling === null) {
    wrong.ceiling_minor = 'Type an amount, such as 30.';
  }
  if (threshold === null || ceiling === null) {
    return { change: null, wrong };
  }
  const units = pack.gives === 'credits' ? threshold : threshold * (MICROS / 100);
  return { change: { on: true, pack: pack.id, threshold: units, ceiling_minor: ceiling }, wrong };
}

/** What the server says of single fields. */
export function wrongOf(problem: Problem): WrongRecharge {
  const wrong: Partial<Record<RechargeField, string>> = {};
  for (const field of problem.fields ?? []) {
    const known = RECHARGE_FIELDS.find(name => name === field.field);
    if (known !== undefined) {
      wrong[known] = `Allowed: ${field.allowed}.`;
    }
  }
  return wrong;
}

/** The labels of the two fields for a pack. */
export function rechargeLabels(pack: Pack | undefined): Readonly<Record<RechargeField, string>> {
  const what = pack?.gives === 'dollars' ? 'dollars' : 'credits';
  return { threshold: `When fewer ${what} are left than`, ceiling_minor: `A month, at most (${SIGNS[pack?.currency ?? 'gbp']})` };
}

function unitsOf(pack: Pack): number {
  return pack.gives === 'credits' ? pack.credits : pack.dollars_micros;
}

function scaleOf(pack: Pack): number {
  return pack.gives === 'credits' ? 1 : MICROS;
}

function whole(text: string): number | null {
  return /^\d{1,12}$/.test(text.trim()) ? Number(text) : null;
}

/** Pence or cents; read digit by digit, so that nothing is rounded. */
function money(text: string): number | null {
  const found = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(text.trim());
  return found === null ? null : Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0'));
}
