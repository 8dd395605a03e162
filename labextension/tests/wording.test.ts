import { describe, expect, it } from 'vitest';
import { creditsText, dayText, dollarsText, isOver, rangeText, runCostText, secondsText, sentence, shortMomentText, sizeText, usedPercent, windowText } from '../src/models/wording';
import { run, windowOf } from './samples';

describe('quantities are written as in the notebook', () => {
  it.each([[0, '0 credits'], [1, '1 credit'], [1400, '1,400 credits']])('%i credits', (amount, text) => {
    expect(creditsText(amount)).toBe(text);
  });

  it.each([[3, 8, '3–8 credits'], [5, 5, '5 credits'], [0, 0, '0 credits']])('%i to %i credits', (least, most, text) => {
    expect(rangeText(least, most)).toBe(text);
  });

  it.each([[27_000_000, '$27'], [26_940_000, '$26.94'], [1_005_000, '$1'], [1_234_050_000, '$1,234.05']])('%i millionths of a dollar', (micros, text) => {
    expect(dollarsText(micros)).toBe(text);
  });

  it('a day is written for people, and what is no time as it came', () => {
    expect(dayText('2026-12-01T12:00:00Z')).toBe('Dec 1, 2026');
    expect(dayText('soon')).toBe('soon');
  });

  it.each([[400, '0.4 s'], [1240, '1.2 s'], [12_300, '12 s'], [200_000, '3 min 20 s']])('%i ms', (ms, text) => {
    expect(secondsText(ms)).toBe(text);
  });

  it.each([[1, '1 byte'], [812, '812 bytes'], [38_500, '39 kB'], [512_000_000, '512 MB'], [1.5e9, '1.5 GB'], [5e12, '5,000 GB']])('%d bytes', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  it('counts what is held as used, and a limit of 0 as used up', () => {
    expect(windowText(windowOf('day', 30, 3, 5))).toBe('Today 8 of 30 credits');
    expect(usedPercent(windowOf('day', 30, 3, 5))).toBe(26);
    expect(usedPercent(windowOf('day', 0, 0))).toBe(100);
    expect(usedPercent(windowOf('month', 10, 20))).toBe(100);
  });

  it('says the ceiling of a run until the charge is known, also when that is 0', () => {
    expect(runCostText(run())).toBe('at most 8 credits');
    expect(runCostText(run({ charged_credits: 0 }))).toBe('0 credits');
    expect(runCostText(run({ charged_credits: 0, answered_from: 'run_0' }))).toBe('0 credits, stored result');
    expect(isOver('timed_out')).toBe(true);
    expect(isOver('queued')).toBe(false);
  });

  it.each([['measured work', 'Measured work.'], ['Done.', 'Done.'], ['è vero', 'È vero.']])('%s is written as a sentence', (text, written) => {
    expect(sentence(text)).toBe(written);
  });

  it('leaves out the day of a moment of today, and never fails on text that is no time', () => {
    const now = new Date('2026-11-21T10:00:00');
    expect(shortMomentText('2026-11-21T09:05:00', now)).not.toContain('21');
    expect(shortMomentText('2026-11-20T09:05:00', now)).toContain('20');
    expect(shortMomentText('soon', now)).toBe('soon');
  });
});
