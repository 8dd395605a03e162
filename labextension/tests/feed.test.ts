import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Event as StudioEvent } from '../src/contracts';
import { LONGEST_WAIT_MS, waitBefore } from '../src/models/backoff';
import { Feed, SILENCE_MS } from '../src/models/feed';
import { balance, WrittenStream } from './samples';

const hello = { kind: 'hello', balance: balance(), runs: [] };

/** A feed whose openings the test sees; `refuse` makes the next ones fail. */
class Watched {
  readonly streams: WrittenStream[] = [];
  readonly events: StudioEvent[] = [];
  readonly problems: string[] = [];
  openings = 0;
  refuse = false;
  open = 0;

  readonly feed = new Feed(
    signal => {
      this.openings++;
      if (this.refuse) {
        return Promise.reject(new TypeError('no network'));
      }
      this.open++;
      signal.addEventListener('abort', () => { this.open--; });
      const stream = new WrittenStream(signal);
      this.streams.push(stream);
      return Promise.resolve(stream.response);
    },
    () => 1
  );

  constructor() {
    this.feed.received.connect((_feed, event) => { this.events.push(event); });
    this.feed.failed.connect((_feed, problem) => { this.problems.push(problem.problem.code); });
  }
}

describe('the stream of events', () => {
  let watched: Watched;

  beforeEach(() => {
    vi.useFakeTimers();
    watched = new Watched();
  });

  afterEach(() => {
    watched.feed.dispose();
    vi.useRealTimers();
  });

  const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

  it('is one connection however often it is started, and passes events on', async () => {
    watched.feed.start();
    watched.feed.start();
    await settle();
    watched.streams[0]!.write('hello', hello);
    watched.streams[0]!.write('of a newer version', { kind: 'of a newer version' });
    await settle();
    expect(watched.openings).toBe(1);
    expect(watched.events.map(event => event.kind)).toEqual(['hello']);
    expect(watched.problems).toEqual([]);
  });

  it('opens again after an ordinary end without telling anybody', async () => {
    watched.feed.start();
    await settle();
    watched.streams[0]!.end();
    await settle(1_000);
    expect(watched.openings).toBe(2);
    expect(watched.problems).toEqual([]);
  });

  it('waits longer and longer while it is refused, and never longer than the bound', async () => {
    watched.refuse = true;
    watched.feed.start();
    await settle();
    const openedAt: number[] = [];
    const started = Date.now();
    for (let i = 0; i < 9; i++) {
      const before = watched.openings;
      while (watched.openings === before) {
        await settle(1_000);
      }
      openedAt.push(Date.now() - started);
    }
    const waits = openedAt.map((at, i) => at - (openedAt[i - 1] ?? 0));
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map(seconds => 1_000 * seconds));
    expect(new Set(watched.problems)).toEqual(new Set(['unreachable']));
  });

  it('spreads the waits between half and all of the step', () => {
    expect([waitBefore(0, 0), waitBefore(0, 1)]).toEqual([500, 1_000]);
    expect(waitBefore(1_000, 1)).toBe(LONGEST_WAIT_MS);
  });

  it('tries at once when asked to', async () => {
    watched.refuse = true;
    watched.feed.start();
    await settle(10_000);
    watched.refuse = false;
    const before = watched.openings;
    watched.feed.reconnect();
    await settle();
    expect(watched.openings).toBe(before + 1);
  });

  it('takes silence beyond three heartbeats for a lost connection', async () => {
    watched.feed.start();
    await settle(SILENCE_MS - 1);
    expect([watched.openings, watched.open]).toEqual([1, 1]);
    await settle(2_000);
    expect([watched.openings, watched.open]).toEqual([2, 1]);
  });

  it('tells of an event that is not what its contract says, and starts anew', async () => {
    watched.feed.start();
    await settle();
    watched.streams[0]!.write('balance', { kind: 'balance', balance: { credits: 1 } });
    await settle();
    expect(watched.problems).toEqual(['unexpected_message']);
    await settle(1_000);
    expect([watched.openings, watched.open]).toEqual([2, 1]);
  });

  it('closes its connection and opens none after it is disposed', async () => {
    watched.feed.start();
    await settle();
    watched.feed.dispose();
    await settle(120_000);
    expect([watched.openings, watched.open]).toEqual([1, 0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('opens none when it is disposed between two tries', async () => {
    watched.refuse = true;
    watched.feed.start();
    await settle();
    watched.feed.dispose();
    await settle(120_000);
    expect(watched.openings).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
