import { Widget } from '@lumino/widgets';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StudioApi } from '../src/models/api';
import { Feed } from '../src/models/feed';
import { Session } from '../src/models/session';
import { StudioPanel } from '../src/widgets/panel';
import { RunRow } from '../src/widgets/runRow';
import { StatusItem } from '../src/widgets/statusItem';
import { AnsweringServer, balance, receipt, run, WrittenStream } from './samples';

const NO_EXAMPLES = { copy: () => undefined, insert: () => undefined };
const whole = { ...run({ state: 'succeeded', charged_credits: 3 }), tool_version: '1', typical_credits: 4, started_at: null, failure: null, result: null, receipt: receipt() };

async function followed(): Promise<{ session: Session; stream: WrittenStream }> {
  const streams: WrittenStream[] = [];
  const feed = new Feed(signal => {
    streams.push(new WrittenStream(signal));
    return Promise.resolve(streams[0]!.response);
  });
  const session = new Session(new StudioApi(new AnsweringServer({}).send, () => ''), feed);
  session.start();
  await vi.waitFor(() => { expect(streams.length).toBe(1); });
  return { session, stream: streams[0]! };
}

afterEach(() => { document.body.replaceChildren(); });

describe('the status item', () => {
  it('follows the balance, opens the panel, and lets go of the session when disposed', async () => {
    const { session, stream } = await followed();
    let opened = 0;
    const item = new StatusItem(session, document.createElement('span'), () => { opened++; });
    stream.write('hello', { kind: 'hello', balance: balance(), runs: [] });
    const button = item.node.querySelector('button')!;
    await vi.waitFor(() => { expect(button.dataset.level).toBe('ok'); });
    expect(button.textContent).toContain('297 credits');
    button.click();
    expect(opened).toBe(1);
    item.dispose();
    stream.write('balance', { kind: 'balance', balance: balance({ revision: 2, level: 'blocked' }) });
    await vi.waitFor(() => { expect(session.balance?.level).toBe('blocked'); });
    expect(button.dataset.level).toBe('ok');
    session.dispose();
  });
});

describe('the panel', () => {
  it('asks for no tools before it is shown', async () => {
    const { session, stream } = await followed();
    const panel = new StudioPanel(session, NO_EXAMPLES, () => null);
    stream.write('hello', { kind: 'hello', balance: balance(), runs: [run()] });
    await vi.waitFor(() => { expect(panel.node.querySelectorAll('.studio-item').length).toBe(1); });
    Widget.attach(panel, document.body);
    expect(panel.node.textContent).toContain('297 credits available');
    expect(panel.node.querySelectorAll('.studio-opener').length).toBe(0);
    panel.dispose();
    session.dispose();
  });
});

describe('a run in the list', () => {
  const rowOn = (answers: Record<string, () => Response>) => {
    const server = new AnsweringServer(answers);
    const row = new RunRow(new StudioApi(server.send, () => 'key', '/studio/'));
    document.body.append(row.node);
    return { server, row };
  };

  it('hands the focus of its cancel button on when it is over', async () => {
    const { server, row } = rowOn({ 'POST api/runs/run_1/cancel': () => new Response('{}') });
    row.update(run());
    const cancel = row.node.querySelector<HTMLButtonElement>('button')!;
    cancel.focus();
    cancel.click();
    cancel.click();
    await vi.waitFor(() => { expect(row.node.textContent).toContain('Asked to stop'); });
    expect(server.asked.length).toBe(1);
    const said = row.update(run({ state: 'cancelled', revision: 2, charged_credits: 0 }));
    expect(said).toBe('Data Quality Monitor: cancelled');
    expect(document.activeElement?.tagName).toBe('SUMMARY');
  });

  it('says nothing when only the percentage moved', () => {
    const { row } = rowOn({});
    row.update(run());
    expect(row.update(run({ progress_percent: 60, revision: 2 }))).toBe('');
    expect(row.node.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow')).toBe('60');
  });

  it('tells the place in the queue and can be cancelled there', () => {
    const { row } = rowOn({});
    row.update(run({ state: 'queued', progress_percent: 0, queue_position: 3 }));
    expect(row.node.textContent).toContain('queued, position 3 · 0 % · at most 8 credits');
    expect(row.node.querySelector('button')?.closest('[hidden]')).toBeNull();
    row.update(run({ state: 'queued', progress_percent: 0, queue_position: 1, revision: 2 }));
    expect(row.node.textContent).toContain('queued, position 1');
  });

  it('shows what the tool logged as text', async () => {
    const logged = { ...whole, log_lines: ['<b>one</b>', 'two'] };
    const { row } = rowOn({ 'GET api/runs/run_1': () => new Response(JSON.stringify(logged)) });
    row.update(run({ state: 'succeeded', charged_credits: 3, revision: 2 }));
    const details = row.node.querySelector('details')!;
    details.open = true;
    details.dispatchEvent(new Event('toggle'));
    await vi.waitFor(() => { expect(row.node.querySelector('.studio-log')?.textContent).toBe('<b>one</b>\ntwo'); });
    expect(row.node.querySelector('b')).toBeNull();
  });

  it('shows what was logged last while it is at work, as text', () => {
    const { row } = rowOn({});
    row.update(run({ log_line: '<b>reading</b> 3 of 7' }));
    expect(row.node.querySelector('.studio-log-line')?.textContent).toBe('<b>reading</b> 3 of 7');
    row.update(run({ revision: 2 }));
    expect(row.node.querySelector('.studio-log-line')?.textContent).toBe('');
  });

  it('offers each file for download, and says which was deleted', async () => {
    const files = [
      { name: 'pages/report 1.html', media_type: 'text/html', size_bytes: 20_400, digest: 'sha256:aa', expires_at: '2999-01-01T00:00:00Z' },
      { name: 'old.json', media_type: 'application/json', size_bytes: 812, digest: 'sha256:bb', expires_at: '2026-01-01T00:00:00Z' }
    ];
    const result = { headline: 'All is well', artefacts: files, provenance: { tool_id: 'x', tool_version: '1' } };
    const { row } = rowOn({ 'GET api/runs/run_1': () => new Response(JSON.stringify({ ...whole, result })) });
    row.update(run({ state: 'succeeded', charged_credits: 3, revision: 2 }));
    const details = row.node.querySelector('details')!;
    details.open = true;
    details.dispatchEvent(new Event('toggle'));
    await vi.waitFor(() => { expect(row.node.querySelectorAll('.studio-file').length).toBe(2); });
    const links = [...row.node.querySelectorAll<HTMLAnchorElement>('.studio-file a')];
    expect(links.map(link => [link.getAttribute('href'), link.download, link.title, link.getAttribute('aria-label')])).toEqual([
      ['/studio/api/runs/run_1/artefacts/pages/report%201.html', 'report 1.html', 'sha256:aa', 'Download pages/report 1.html, 20 kB']
    ]);
    expect(row.node.querySelectorAll('.studio-file')[1]?.textContent).toMatch(/^old\.json812 bytes · deleted on Jan 1, 2026$/);
  });

  it('asks for its receipt when it is unfolded, not before', async () => {
    const { server, row } = rowOn({ 'GET api/runs/run_1': () => new Response(JSON.stringify(whole)) });
    row.update(run({ state: 'succeeded', charged_credits: 3, revision: 2 }));
    expect(server.asked.length).toBe(0);
    const details = row.node.querySelector('details')!;
    details.open = true;
    details.dispatchEvent(new Event('toggle'));
    await vi.waitFor(() => { expect(row.node.querySelector('.studio-receipt-line')).not.toBeNull(); });
  });
});
