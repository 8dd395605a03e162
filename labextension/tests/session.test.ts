import { afterEach, describe, expect, it } from 'vitest';
import { StudioApi } from '../src/models/api';
import { Feed } from '../src/models/feed';
import { Session, type Change } from '../src/models/session';
import { AnsweringServer, balance, run, WrittenStream } from './samples';

const page = (runs: unknown[], next: string | null) => () => new Response(JSON.stringify({ runs, next_before: next }));

/** A session on a stream that the test writes to. */
class Followed {
  stream: WrittenStream | null = null;
  readonly changes: Change[] = [];
  readonly server: AnsweringServer;
  readonly session: Session;

  constructor(answers: Readonly<Record<string, () => Response>> = {}) {
    this.server = new AnsweringServer(answers);
    const feed = new Feed(signal => {
      this.stream = new WrittenStream(signal);
      return Promise.resolve(this.stream.response);
    });
    this.session = new Session(new StudioApi(this.server.send, () => ''), feed);
    this.session.changed.connect((_session, change) => { this.changes.push(change); });
    this.session.start();
  }

  /** Write events and wait until the last one has arrived. */
  async write(...events: { readonly kind: string }[]): Promise<void> {
    for (const event of events) {
      const seen = new Promise<void>(resolve => { this.session.noticed.connect(() => { resolve(); }); });
      this.stream?.write(event.kind, event);
      this.stream?.write('notice', { kind: 'notice', severity: 'info', text: 'seen' });
      await seen;
    }
  }
}

let followed: Followed;
const hello = { kind: 'hello', balance: balance({ revision: 5 }), runs: [run({ id: 'run_2', created_at: '2026-11-21T07:00:00Z' }), run()] };
const ids = () => followed.session.runs.map(({ id }) => id);

afterEach(() => { followed.session.dispose(); });

describe('the session', () => {
  it('asks nothing by itself: the server pushes', async () => {
    followed = new Followed();
    await followed.write(hello);
    expect(followed.session.connection).toBe('online');
    expect(followed.session.balance?.available_credits).toBe(297);
    expect(followed.server.asked).toEqual([]);
  });

  it('ignores an older revision of balance and run that arrives late', async () => {
    followed = new Followed();
    await followed.write(hello, { kind: 'balance', balance: balance({ revision: 4, available_credits: 1 }) } as never);
    await followed.write({ kind: 'run', run: run({ revision: 0, progress_percent: 1 }) } as never);
    expect(followed.session.balance?.available_credits).toBe(297);
    expect(followed.session.runs.at(-1)?.progress_percent).toBe(35);
  });

  it('starts again from a new hello, also when its revisions are lower: the books may be other ones', async () => {
    followed = new Followed();
    await followed.write(hello, { kind: 'hello', balance: balance({ revision: 0, available_credits: 300 }), runs: [] } as never);
    expect(followed.session.balance?.available_credits).toBe(300);
    expect(ids()).toEqual([]);
  });

  it('keeps runs newest first and adds older pages until there are none', async () => {
    followed = new Followed({
      'GET api/runs?limit=50': page([run({ id: 'run_0', created_at: '2026-11-20T00:00:00Z' })], 'run_0'),
      'GET api/runs?limit=50&before=run_0': page([], null)
    });
    await followed.write(hello);
    expect(ids()).toEqual(['run_2', 'run_1']);
    await followed.session.loadOlderRuns();
    expect(ids()).toEqual(['run_2', 'run_1', 'run_0']);
    expect(followed.session.hasOlderRuns).toBe(true);
    await followed.session.loadOlderRuns();
    expect(followed.session.hasOlderRuns).toBe(false);
  });

  it('keeps a bounded number of runs', async () => {
    followed = new Followed();
    const many = Array.from({ length: 300 }, (_, i) => run({ id: `run_${i}` }));
    await followed.write({ ...hello, runs: many } as never);
    expect(followed.session.runs.length).toBe(200);
    expect(followed.session.hasOlderRuns).toBe(false);
  });
});
