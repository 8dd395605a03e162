/** The one stream of events of this browser tab: opened, read, and opened again when it ends. */

import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';
import type { Event as StudioEvent } from '../contracts';
import { waitBefore } from './backoff';
import { decode } from './decode';
import { EventStreamParser, type ServerSentEvent } from './eventStream';
import { asProblem, type StudioProblem } from './problems';

const KINDS: readonly string[] = ['hello', 'balance', 'run', 'notice'] satisfies StudioEvent['kind'][];

/** The server writes a comment every 15 seconds; three missed ones mean that nobody is there. */
export const SILENCE_MS = 45_000;

/** A connection that held this long was a good one: the waits start from the shortest again. */
const STEADY_MS = 10_000;

/** Opens the stream; rejects with a problem when that is refused or impossible. */
export type OpenEvents = (signal: AbortSignal) => Promise<Response>;

/** Emits every event, and the problem whenever the stream cannot be opened. Holds one connection at most. */
export class Feed implements IDisposable {
  constructor(
    private readonly open: OpenEvents,
    private readonly spread: () => number = Math.random
  ) {}

  get received(): ISignal<this, StudioEvent> {
    return this._received;
  }

  /** The stream could not be opened; it is tried again later. */
  get failed(): ISignal<this, StudioProblem> {
    return this._failed;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  /** Follow the stream until disposed. */
  start(): void {
    if (!this._following) {
      this._following = true;
      void this.follow();
    }
  }

  /** Open the stream anew now, without waiting. */
  reconnect(): void {
    this._attempt = 0;
    this._connection?.abort();
    this._wake?.();
  }

  dispose(): void {
    if (!this._disposed) {
      this._disposed = true;
      this.reconnect();
      Signal.clearData(this);
    }
  }

  private async follow(): Promise<void> {
    while (!this.isDisposed) {
      const opened = Date.now();
      await this.connect();
      if (Date.now() - opened >= STEADY_MS) {
        this._attempt = 0;
      }
      await this.pause(waitBefore(this._attempt++, this.spread()));
    }
  }

  /** One connection from opening to its end. Only a failing opening is told: a stream may end at any time. */
  private async connect(): Promise<void> {
    const connection = new AbortController();
    this._connection = connection;
    let response: Response;
    try {
      response = await this.open(connection.signal);
    } catch (thrown) {
      this.fail(thrown);
      return;
    }
    try {
      await this.read(response, connection);
    } catch (thrown) {
      if (!connection.signal.aborted && !(thrown instanceof TypeError)) {
        this.fail(thrown);
      }
    } finally {
      connection.abort();
    }
  }

  private fail(thrown: unknown): void {
    if (!this._disposed) {
      this._failed.emit(asProblem(thrown));
    }
  }

  private async read(response: Response, connection: AbortController): Promise<void> {
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new EventStreamParser();
    for (;;) {
      const silence = setTimeout(() => { connection.abort(); }, SILENCE_MS);
      const piece = await reader?.read().finally(() => { clearTimeout(silence); });
      if (piece === undefined || piece.done || this._disposed) {
        return;
      }
      parser.push(piece.value).forEach(event => { this.emit(event); });
    }
  }

  private emit(event: ServerSentEvent): void {
    if (KINDS.includes(event.kind)) {
      this._received.emit(decode('Event', JSON.parse(event.data)));
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    if (this.isDisposed) {
      return;
    }
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, milliseconds);
      this._wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this._wake = null;
  }

  private readonly _received = new Signal<this, StudioEvent>(this);
  private readonly _failed = new Signal<this, StudioProblem>(this);
  private _connection: AbortController | null = null;
  private _wake: (() => void) | null = null;
  private _attempt = 0;
  private _following = false;
  private _disposed = false;
}
