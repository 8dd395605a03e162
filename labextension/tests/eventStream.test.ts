import { describe, expect, it } from 'vitest';
import { EventStreamParser, EventTooLong } from '../src/models/eventStream';

const STREAM = ': heartbeat\n\nevent: run\r\ndata: {"a":\r\ndata: 1}\r\n\r\nid: 7\ndata:no space\n\nevent: empty\n\ndata: end\r\rdata: cut';
const EVENTS = [
  { kind: 'run', data: '{"a":\n1}' },
  { kind: 'message', data: 'no space' },
  { kind: 'message', data: 'end' }
];

describe('the parser of server-sent events', () => {
  it('reads comments, line endings of all kinds, several data lines, and drops what has no data', () => {
    expect(new EventStreamParser().push(STREAM)).toEqual(EVENTS);
  });

  it('finds the same events wherever the text is cut', () => {
    for (let size = 1; size < STREAM.length; size++) {
      const parser = new EventStreamParser();
      const pieces = STREAM.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      expect(pieces.flatMap(piece => parser.push(piece)), `pieces of ${size}`).toEqual(EVENTS);
    }
  });

  it('refuses an event without end before it fills the memory', () => {
    const parser = new EventStreamParser();
    const line = `data: ${'x'.repeat(1_000_000)}\n`;
    expect(() => { for (let i = 0; i < 5; i++) { parser.push(line); } }).toThrow(EventTooLong);
  });
});
