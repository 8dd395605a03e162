/** What this browser tab knows of the user's credits and runs, kept up to date by the feed. */

import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';
import type { Balance, Event as StudioEvent, NoticeEvent, RunSummary } from '../contracts';
import type { StudioApi } from './api';
import type { Feed } from './feed';
import type { StudioProblem } from './problems';

export type Connection = 'connecting' | 'online' | 'offline';

/** What changed. */
export type Change = 'connection' | 'balance' | 'runs';

const MAX_RUNS = 200;
const PAGE = 50;
const NO_OLDER = '';

/** The state every widget draws from. Never asks by itself: the server pushes. */
export class Session implements IDisposable {
  constructor(
    readonly api: StudioApi,
    private readonly feed: Feed
  ) {
    feed.received.connect(this.onEvent, this);
    feed.failed.connect(this.onFailed, this);
  }

  get changed(): ISignal<this, Change> {
    return this._changed;
  }

  /** Something a person should know. */
  get noticed(): ISignal<this, NoticeEvent> {
    return this._noticed;
  }

  get connection(): Connection {
    return this._connection;
  }

  /** Why the connection is offline. */
  get problem(): StudioProblem | null {
    return this._problem;
  }

  get balance(): Balance | null {
    return this._balance;
  }

  /** Newest first. */
  get runs(): readonly RunSummary[] {
    return this._runs;
  }

  get isDisposed(): boolean {
    return this.feed.isDisposed;
  }

  start(): void {
    this.feed.start();
  }

  /** Start again from what the server says now. */
  refresh(): void {
    this.feed.reconnect();
  }

  /** Whether `loadOlderRuns` may find more. */
  get hasOlderRuns(): boolean {
    return this._older !== NO_OLDER && this._runs.length < MAX_RUNS;
  }

  /** Fetch the next page of runs; how many are kept is bounded. */
  async loadOlderRuns(): Promise<void> {
    const page = await this.api.runs(PAGE, this._older);
    this._older = page.next_before ?? NO_OLDER;
    this.mergeRuns(page.runs);
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.feed.dispose();
      Signal.clearData(this);
    }
  }

  private onEvent(_feed: Feed, event: StudioEvent): void {
    switch (event.kind) {
      case 'hello':
        this._runs = [];
        this._older = null;
        this._balance = event.balance;
        this.setConnection('online', null);
        this._changed.emit('balance');
        this.mergeRuns(event.runs);
        break;
      case 'balance':
        this.takeBalance(event.balance);
        break;
      case 'run':
        this.mergeRuns([event.run]);
        break;
      case 'notice':
        this._noticed.emit(event);
    }
  }

  private onFailed(_feed: Feed, problem: StudioProblem): void {
    this.setConnection('offline', problem);
  }

  private setConnection(connection: Connection, problem: StudioProblem | null): void {
    this._connection = connection;
    this._problem = problem;
    this._changed.emit('connection');
  }

  /** Events may overtake each other on the way; an older revision says nothing new. */
  private takeBalance(balance: Balance): void {
    if (this._balance === null || balance.revision >= this._balance.revision) {
      this._balance = balance;
      this._changed.emit('balance');
    }
  }

  private mergeRuns(news: readonly RunSummary[]): void {
    const known = new Map(this._runs.map(run => [run.id, run]));
    for (const run of news) {
      if (run.revision >= (known.get(run.id)?.revision ?? 0)) {
        known.set(run.id, run);
      }
    }
    this._runs = [...known.values()].sort(newestFirst).slice(0, MAX_RUNS);
    this._changed.emit('runs');
  }

  private readonly _changed = new Signal<this, Change>(this);
  private readonly _noticed = new Signal<this, NoticeEvent>(this);
  private _connection: Connection = 'connecting';
  private _problem: StudioProblem | null = null;
  private _balance: Balance | null = null;
  private _runs: readonly RunSummary[] = [];
  /** Where the next page of runs starts: null before the first page. */
  private _older: string | null = null;
}

function newestFirst(one: RunSummary, other: RunSummary): number {
  return other.created_at.localeCompare(one.created_at) || other.id.localeCompare(one.id);
}
