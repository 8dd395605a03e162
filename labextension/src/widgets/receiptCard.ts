/** A receipt as a card: one line that says it, and the whole calculation behind it. */

import type { Measured, Receipt } from '../contracts';
import { amountText, creditsText, momentText, plainWords, secondsText, sentence, sizeText } from '../models/wording';
import { element, type Child } from './dom';
import { priceLines } from './estimateCard';

/** The card of one receipt; `open` shows the calculation at once. */
export function receiptCard(receipt: Receipt, open = false): HTMLElement {
  const succeeded = receipt.outcome === 'succeeded';
  return element(
    'article',
    { class: 'studio-card', 'aria-label': `Receipt for ${receipt.tool_title}` },
    element(
      'p',
      { class: 'studio-receipt-line', 'data-outcome': succeeded ? 'good' : 'bad' },
      element('span', { class: 'studio-mark', 'aria-hidden': 'true' }, succeeded ? '✔' : '✘'),
      element('strong', {}, receipt.tool_title),
      succeeded ? null : ` · ${plainWords(receipt.outcome)}`,
      ` · ${creditsText(receipt.charged_credits)} (${termsText(receipt)})`,
      ` · ${amountText(receipt.available_credits_after)} left`
    ),
    element('details', { open }, element('summary', {}, 'Receipt'), ...calculation(receipt))
  );
}

function calculation(receipt: Receipt): Child[] {
  const facts: [string, string][] = [
    ['Charged', creditsText(receipt.charged_credits)],
    ['Estimated', estimatedText(receipt)],
    ['Returned', creditsText(receipt.returned_credits)],
    ['Measured', receipt.measured === null ? 'nothing ran' : measuredText(receipt.measured)],
    ['When', momentText(receipt.created_at)],
    ['Run', receipt.run_id],
    ['Receipt', receipt.id],
    ['Version', `tool ${receipt.tool_version}, prices ${receipt.price_version}`]
  ];
  return [
    receipt.reason ? element('p', {}, sentence(receipt.reason)) : null,
    priceLines(receipt.lines),
    element('dl', { class: 'studio-facts' }, ...facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]))
  ];
}

function termsText(receipt: Receipt): string {
  const source = receipt.answered_from;
  return typeof source === 'string' ? `stored result of ${source}; --fresh runs again` : `quoted at most ${amountText(receipt.max_credits)}`;
}

function estimatedText(receipt: Receipt): string {
  const [least, typical, most] = [receipt.min_credits, receipt.typical_credits, receipt.max_credits].map(amountText);
  return `at least ${least ?? ''}, typically ${typical ?? ''}, at most ${most ?? ''}`;
}

function measuredText(measured: Measured): string {
  return `${secondsText(measured.cpu_ms)} CPU, ${sizeText(measured.peak_bytes)} at peak, ${secondsText(measured.wall_ms)} in all`;
}
