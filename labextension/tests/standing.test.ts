import { describe, expect, it } from 'vitest';
import { standingOf } from '../src/models/standing';
import { balance, windowOf } from './samples';

describe('the status bar', () => {
  it('says only the credits while all is well', () => {
    expect(standingOf(balance(), 'online')).toEqual({
      level: 'ok',
      text: '297 credits',
      explanation: 'Today 3 of 30 credits\nThis month 3 of 300 credits'
    });
  });

  it('turns amber at the first alert threshold and says how much is used', () => {
    const standing = standingOf(balance({ alert_percent: 50 }), 'online');
    expect([standing.level, standing.text]).toEqual(['low', '297 credits · 50 % used']);
    expect(standingOf(balance({ level: 'low' }), 'online').text).toBe('297 credits · low');
  });

  it('turns red and says so when the next run would be refused, whatever alerts say', () => {
    const standing = standingOf(balance({ level: 'blocked', alert_percent: 100 }), 'online');
    expect([standing.level, standing.text]).toEqual(['blocked', '297 credits · blocked']);
    expect(standing.explanation).toContain('refused');
  });

  it('tells what runs hold', () => {
    const held = balance({ held_credits: 5, day: windowOf('day', 30, 3, 5) });
    expect(standingOf(held, 'online').explanation).toContain('Today 8 of 30 credits');
    expect(standingOf(held, 'online').explanation).toContain('5 held by runs');
  });

  it('shows no balance that may be old while the server is unreachable', () => {
    expect(standingOf(balance(), 'offline')).toMatchObject({ level: 'offline', text: 'Studio: offline' });
    expect(standingOf(null, 'connecting')).toMatchObject({ level: 'unknown', text: 'Studio' });
  });
});
