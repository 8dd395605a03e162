import { describe, expect, it } from 'vitest';
import { rechargeFrom, rechargeLabels, typedRecharge, wrongOf } from '../src/models/recharge';
import { pack, recharge } from './samples';

const DOLLARS = pack({ id: 'dollars-10', gives: 'dollars', credits: 0, dollars_micros: 10_000_000, currency: 'usd', price_minor: 1000 });
const PACKS = [pack(), DOLLARS];
const typed = (change: object) => ({ pack: 'starter', threshold: '50', ceiling_minor: '30', ...change });

describe('the form of auto-recharge', () => {
  it('starts with a tenth of the first pack and three packs a month', () => {
    expect(typedRecharge(recharge(), PACKS)).toEqual({ pack: 'starter', threshold: '50', ceiling_minor: '30' });
    expect(typedRecharge(recharge(), [])).toEqual({ pack: '', threshold: '', ceiling_minor: '' });
  });

  it('shows the wish in force in the unit of its pack', () => {
    const wish = recharge({ pack: DOLLARS, threshold: 2_500_000, ceiling_minor: 4550 });
    expect(typedRecharge(wish, PACKS)).toEqual({ pack: 'dollars-10', threshold: '2.5', ceiling_minor: '45.5' });
  });

  it.each([
    [typed({}), { on: true, pack: 'starter', threshold: 50, ceiling_minor: 3000 }],
    [typed({ threshold: ' 0 ', ceiling_minor: '30.5' }), { on: true, pack: 'starter', threshold: 0, ceiling_minor: 3050 }],
    [typed({ pack: 'dollars-10', threshold: '2.29' }), { on: true, pack: 'dollars-10', threshold: 2_290_000, ceiling_minor: 3000 }]
  ])('%j becomes a change without rounding', (form, change) => {
    expect(rechargeFrom(form, PACKS)).toEqual({ change, wrong: {} });
  });

  it.each([
    [typed({ threshold: '1.5' }), { threshold: 'Type a whole number of credits.' }],
    [typed({ threshold: '', ceiling_minor: '£30' }), { threshold: 'Type a whole number of credits.', ceiling_minor: 'Type an amount, such as 30.' }],
    [typed({ ceiling_minor: '30.005' }), { ceiling_minor: 'Type an amount, such as 30.' }],
    [typed({ pack: 'dollars-10', threshold: '-1' }), { threshold: 'Type an amount in dollars.' }],
    [typed({ pack: 'none' }), { threshold: 'Choose a pack first.' }]
  ])('%j is not sent: it says where and what', (form, wrong) => {
    expect(rechargeFrom(form, PACKS)).toEqual({ change: null, wrong });
  });

  it('puts the words of a refusal at its fields', () => {
    const fields = [{ field: 'ceiling_minor', found: 'less than one pack costs', allowed: 'at least 1000 (£10)' }, { field: 'pack', found: '', allowed: '' }];
    expect(wrongOf({ status: 422, code: 'recharge_refused', error: 'Auto-recharge was not turned on.', fields })).toEqual({ ceiling_minor: 'Allowed: at least 1000 (£10).' });
  });

  it('names the fields in the unit of the pack', () => {
    expect(rechargeLabels(PACKS[0])).toEqual({ threshold: 'When fewer credits are left than', ceiling_minor: 'A month, at most (£)' });
    expect(rechargeLabels(DOLLARS)).toEqual({ threshold: 'When fewer dollars are left than', ceiling_minor: 'A month, at most ($)' });
  });
});
