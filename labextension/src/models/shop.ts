/** What can be bought here, the plan there is, and the purchase that waits for its payment. */

import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';
import type { Account, Checkout, NoticeEvent, Pack } from '../contracts';
import type { StudioApi } from './api';
import { asProblem, type StudioProblem } from './problems';

/** Asks when it is told to; what was paid arrives by push. */
export class Shop implements IDisposable {
  constructor(private readonly api: StudioApi) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Null until the first answer; empty where nothing is sold. */
  get packs(): readonly Pack[] | null {
    return this._packs;
  }

  /** The plan and its period; null until it was asked for. */
  get account(): Account | null {
    return this._account;
  }

  /** The page that was opened last and is not paid yet. */
  get waiting(): Checkout | null {
    return this._waiting;
  }

  /** What became of the purchase that was waited for. */
  get arrived(): string {
    return this._arrived;
  }

  get problem(): StudioProblem | null {
    return this._problem;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  /** Learn what is sold, unless that is known. */
  async loadPacks(): Promise<void> {
    if (this._packs === null) {
      await this.ask(async () => {
        this._packs = (await this.api.packs()).packs;
      });
    }
  }

  /** Learn the plan and its period. */
  async loadAccount(): Promise<void> {
    await this.ask(async () => {
      this._account = await this.api.account();
    });
  }

  /** Begin to buy a pack: its page to pay on, or null when that was refused. One at a time. */
  async begin(pack: string): Promise<Checkout | null> {
    if (this._busy) {
      return null;
    }
    this._busy = true;
    this._waiting = null;
    this._arrived = '';
    await this.ask(async () => {
      this._waiting = await this.api.checkout(pack);
    });
    this._busy = false;
    return this._waiting;
  }

  /** Take a notice of the server: the purchase that is waited for may have arrived. */
  take(notice: NoticeEvent): void {
    if (this._waiting !== null && notice.about === this._waiting.order_id) {
      this._waiting = null;
      this._arrived = notice.text;
      this.emit();
    }
  }

  dispose(): void {
    this._disposed = true;
    Signal.clearData(this);
  }

  private async ask(question: () => Promise<void>): Promise<void> {
    try {
      this._problem = null;
      await question();
    } catch (thrown) {
      this._problem = asProblem(thrown);
    }
    this.emit();
  }

  private emit(): void {
    if (!this._disposed) {
      this._changed.emit();
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private _packs: readonly Pack[] | null = null;
  private _account: Account | null = null;
  private _waiting: Checkout | null = null;
  private _arrived = '';
  private _problem: StudioProblem | null = null;
  private _busy = false;
  private _disposed = false;
}
