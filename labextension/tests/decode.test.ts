import { describe, expect, it } from 'vitest';
import { SHAPES, type ContractName, type Shape } from '../src/contracts';
import { decode, UnexpectedMessage } from '../src/models/decode';
import { balance, estimate, receipt } from './samples';

describe('what arrives is checked against its contract', () => {
  it('passes messages of the contracts, also with members of a newer version', () => {
    expect(decode('Balance', { ...balance(), added_later: true })).toMatchObject({ available_credits: 297 });
    expect(decode('Estimate', estimate({ limits: null, standing: null }))).toMatchObject({ max_credits: 8 });
    expect(decode('Receipt', receipt({ measured: null }))).toMatchObject({ charged_credits: 3 });
  });

  it.each([
    ['Balance.available_credits', balance({ available_credits: 1.5 })],
    ['Balance.available_credits', balance({ available_credits: 2 ** 53 })],
    ['Balance.level', { ...balance(), level: 'fine' }],
    ['Balance.day.cap_credits', { ...balance(), day: { ...balance().day, cap_credits: '30' } }],
    ['Balance.lots[1].source', { ...balance(), lots: [{ source: 'a', left_credits: 1, ends_at: null }, { left_credits: 1, ends_at: null }] }],
    ['Balance', null],
    ['Balance', []]
  ])('names %s when it is wrong', (where, message) => {
    expect(() => decode('Balance', message)).toThrow(UnexpectedMessage);
    expect(() => decode('Balance', message)).toThrow(where);
  });

  it('tells events apart by their kind', () => {
    expect(decode('Event', { kind: 'notice', severity: 'info', text: 'hello' }).kind).toBe('notice');
    expect(() => decode('Event', { kind: 'news', text: 'hello' })).toThrow(UnexpectedMessage);
    expect(() => decode('Event', { severity: 'info', text: 'hello' })).toThrow(UnexpectedMessage);
  });

  it('knows a shape for every reference', () => {
    const named = (shape: Shape): ContractName[] => [...JSON.stringify(shape).matchAll(/"ref":"(\w+)"/g)].map(found => found[1] as ContractName);
    expect(Object.values(SHAPES).flatMap(named).filter(name => !(name in SHAPES))).toEqual([]);
  });
});
