/** Server-sent events out of text that arrives in pieces (the parsing rules of the HTML standard). */

/** One dispatched event. */
export interface ServerSentEvent {
  readonly kind: string;
  readonly data: string;
}

/** An event is longer than anything the server sends. */
export class EventTooLong extends Error {}

const MAX_PENDING_CHARACTERS = 4_000_000;

/** Keeps what is not complete yet; one parser per stream. */
export class EventStreamParser {
  /** The events completed by this piece of text. */
  push(text: string): ServerSentEvent[] {
    this._pending += text;
    if (this._pending.length + this._size > MAX_PENDING_CHARACTERS) {
      throw new EventTooLong();
    }
    const found: ServerSentEvent[] = [];
    for (let line = this.nextLine(); line !== null; line = this.nextLine()) {
      const event = this.take(line);
      if (event !== null) {
        found.push(event);
      }
    }
    return found;
  }

  /** A line without its ending; a lone carriage return at the very end may be half of an ending. */
  private nextLine(): string | null {
    const ending = /\r\n|\n|\r(?!$)/.exec(this._pending);
    if (ending === null) {
      return null;
    }
    const line = this._pending.slice(0, ending.index);
    this._pending = this._pending.slice(ending.index + ending[0].length);
    return line;
  }

  private take(line: string): ServerSentEvent | null {
    if (line === '') {
      return this.dispatch();
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') {
      this._kind = value;
    } else if (field === 'data') {
      this._data.push(value);
      this._size += value.length;
    }
    return null;
  }

  private dispatch(): ServerSentEvent | null {
    const event = this._data.length === 0 ? null : { kind: this._kind || 'message', data: this._data.join('\n') };
    this._kind = '';
    this._data = [];
    this._size = 0;
    return event;
  }

  private _pending = '';
  private _kind = '';
  private _data: string[] = [];
  private _size = 0;
}
