/** An estimate as a card: least, typical and most, how it adds up, and what is left after. */

import type { Estimate, PriceLine, RunLimits, Standing } from '../contracts';
import { amountText, plainWords, secondsText, sizeText } from '../models/wording';
import { element, uniqueId, type Child } from './dom';

/** The card of one estimate. */
export function estimateCard(estimate: Estimate): HTMLElement {
  const title = uniqueId('estimate');
  const place = estimate.place === 'kernel' ? 'in the kernel' : 'on the server';
  return element(
    'article',
    { class: 'studio-card', 'aria-labelledby': title },
    element('h3', { id: title }, estimate.tool_title, element('span', { class: 'studio-quiet' }, ` · ${place}`)),
    ...(estimate.max_credits === 0 ? [element('p', {}, '0 credits')] : priced(estimate)),
    typeof estimate.stored_run_id === 'string' ? element('p', {}, `The result of ${estimate.stored_run_id} is stored: now 0 credits, --fresh runs again`) : null,
    ...basis(estimate),
    ...standing(estimate.standing),
    estimate.free_alternative ? element('p', {}, element('strong', {}, 'Or: '), estimate.free_alternative) : null
  );
}

function priced(estimate: Estimate): Child[] {
  const least = figure('at least', estimate.min_credits);
  const typical = figure('typically', estimate.typical_credits);
  const most = figure('at most', estimate.max_credits);
  return [
    element('dl', { class: 'studio-figures' }, least, typical, most),
    scale(estimate),
    priceLines(estimate.lines),
    estimate.limits === null ? null : element('p', { class: 'studio-quiet' }, limitsText(estimate.limits))
  ];
}

function figure(name: string, amount: number): HTMLElement {
  return element('div', {}, element('dt', {}, name), element('dd', {}, amountText(amount)));
}

/** The same figures as a picture: filled to typical, a mark at least, the end at most. The words above say it all, so it is hidden from screen readers. */
function scale(estimate: Estimate): HTMLElement {
  const share = (amount: number): string => `${Math.min(100, (100 * amount) / estimate.max_credits)}%`;
  const least = element('div', { class: 'studio-scale-least' });
  const typical = element('div', { class: 'studio-scale-typical' });
  typical.style.width = share(estimate.typical_credits);
  least.style.left = share(estimate.min_credits);
  return element('div', { class: 'studio-scale', 'aria-hidden': 'true' }, typical, least);
}

/** How a price adds up, one line per part. */
export function priceLines(lines: readonly PriceLine[]): HTMLElement | null {
  if (lines.length === 0) {
    return null;
  }
  const rows = lines.map(line =>
    element(
      'tr',
      {},
      element('td', { class: 'studio-number' }, line.credits),
      element('th', { scope: 'row' }, line.label),
      element('td', { class: 'studio-quiet' }, line.detail ?? '')
    )
  );
  return element('table', { class: 'studio-lines', 'aria-label': 'How the price adds up, in credits' }, element('tbody', {}, ...rows));
}

/** 'At most: 5 s CPU, 512 MB, 10 s'. */
export function limitsText(limits: RunLimits): string {
  return `At most: ${secondsText(limits.cpu_ms)} CPU, ${sizeText(limits.memory_bytes)}, ${secondsText(limits.wall_ms)}`;
}

function basis(estimate: Estimate): Child[] {
  const runs = estimate.measured_runs;
  const measured = runs > 0 ? `Typical rests on ${amountText(runs)} measured run${runs === 1 ? '' : 's'} on this server.` : '';
  const facts = [measured, estimate.forecast.basis ?? ''].filter(Boolean);
  return facts.map(fact => element('p', { class: 'studio-quiet' }, fact));
}

function standing(now: Standing | null): Child[] {
  if (now === null) {
    return [element('p', { class: 'studio-quiet' }, 'Not signed in: the balance is not shown.')];
  }
  const after = `${amountText(now.available_credits)} available · after a typical run ${amountText(now.after_typical_credits)}`;
  const today = ` · today ${amountText(now.day_used_credits)} of ${amountText(now.day_cap_credits)}`;
  return [element('p', {}, after + today), now.refused_by === null ? null : refusal(now.refused_by, now.action ?? '')];
}

function refusal(limit: string, action: string): HTMLElement {
  const next = action === '' ? null : element('p', {}, element('strong', {}, 'Next: '), action);
  return element('div', { class: 'studio-refusal' }, element('p', {}, `Would be refused now by: ${plainWords(limit)}.`), next);
}
