import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { describe, expect, it } from 'vitest';
import renderers from '../src/renderers';
import { DRAWERS, ESTIMATE_MIME, PROGRESS_MIME, RECEIPT_MIME, StudioOutput } from '../src/widgets/renderer';
import { estimate, receipt } from './samples';

const ATTACK = '<img src=x onerror="alert(1)">';

async function drawn(mime: string, value: unknown, text?: string): Promise<HTMLElement> {
  const output = new StudioOutput(mime, DRAWERS[mime]!());
  await output.renderModel({ data: { [mime]: value, 'text/plain': text } } as unknown as IRenderMime.IMimeModel);
  return output.node;
}

describe('outputs', () => {
  it('are drawn before any other type, also in a notebook that is not trusted', () => {
    const factories = renderers.map(({ rank, rendererFactory }) => [rendererFactory.mimeTypes[0], rank, rendererFactory.safe]);
    expect(factories).toEqual([ESTIMATE_MIME, RECEIPT_MIME, PROGRESS_MIME].map(mime => [mime, 0, true]));
    expect(new Set(renderers.map(({ id }) => id)).size).toBe(3);
  });

  it('show the line of a receipt as the notebook says it', async () => {
    const line = (await drawn(RECEIPT_MIME, receipt())).querySelector('.studio-receipt-line');
    expect(line?.textContent).toBe('✔Data Quality Monitor · 3 credits (quoted at most 8) · 297 left');
    const failed = (await drawn(RECEIPT_MIME, receipt({ outcome: 'timed_out', charged_credits: 0 }))).querySelector('.studio-receipt-line');
    expect(failed?.textContent).toContain('timed out · 0 credits');
    const stored = (await drawn(RECEIPT_MIME, receipt({ answered_from: 'run_0', charged_credits: 0 }))).querySelector('.studio-receipt-line');
    expect(stored?.textContent).toContain('0 credits (stored result of run_0; --fresh runs again)');
  });

  it('show least, typical and most of an estimate, and the refusal it would meet', async () => {
    const figures = [...(await drawn(ESTIMATE_MIME, estimate())).querySelectorAll('.studio-figures dd')];
    expect(figures.map(figure => figure.textContent)).toEqual(['3', '4', '8']);
    expect((await drawn(ESTIMATE_MIME, estimate({ stored_run_id: 'run_0' }))).textContent).toContain('The result of run_0 is stored: now 0 credits');
    const standing = { available_credits: 2, after_typical_credits: -2, day_used_credits: 3, day_cap_credits: 30, refused_by: 'balance', action: 'Top up.' };
    expect((await drawn(ESTIMATE_MIME, estimate({ standing }))).textContent).toContain('Would be refused now by: balance.Next: Top up.');
  });

  it('never parse text as markup', async () => {
    const nodes = [
      await drawn(ESTIMATE_MIME, estimate({ tool_title: ATTACK, free_alternative: ATTACK, lines: [{ label: ATTACK, credits: ATTACK, detail: ATTACK }] })),
      await drawn(RECEIPT_MIME, receipt({ tool_title: ATTACK, outcome: ATTACK, reason: ATTACK, created_at: ATTACK })),
      await drawn(PROGRESS_MIME, { title: ATTACK, stage: ATTACK, percent: 1 }),
      await drawn(RECEIPT_MIME, { id: ATTACK }, ATTACK)
    ];
    for (const node of nodes) {
      expect(node.querySelector('img')).toBeNull();
      expect(node.textContent).toContain(ATTACK);
    }
  });

  it('fall back to the text beside the data when the data is of another version', async () => {
    expect((await drawn(ESTIMATE_MIME, { tool: 'x' }, 'at most 8 credits')).textContent).toBe('at most 8 credits');
    expect((await drawn(PROGRESS_MIME, [], undefined)).textContent).toContain('another version');
  });

  it('show the last lines of a log below the bar, as text', async () => {
    const log = ['<img src=x onerror=alert(1)>', 7, 'last'];
    const output = await drawn(PROGRESS_MIME, { title: 'Quality', percent: 5, stage: 'reading', log });
    expect(output.querySelector('.studio-log')?.textContent).toBe('<img src=x onerror=alert(1)>\nlast');
    expect(output.querySelector('img')).toBeNull();
  });

  it('move a bar in place', async () => {
    const output = new StudioOutput(PROGRESS_MIME, DRAWERS[PROGRESS_MIME]!());
    const show = (percent: number) =>
      output.renderModel({ data: { [PROGRESS_MIME]: { title: 'Quality', percent, stage: 'reading', state: 'running' } } } as unknown as IRenderMime.IMimeModel);
    await show(10);
    const bar = output.node.querySelector('[role=progressbar]');
    await show(250);
    expect(output.node.querySelector('[role=progressbar]')).toBe(bar);
    expect(bar?.getAttribute('aria-valuenow')).toBe('100');
  });
});
