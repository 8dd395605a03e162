import { describe, expect, it } from 'vitest';
import { changeFrom, typedOf, wrongFields } from '../src/models/limits';
import { controls } from './samples';

const inForce = controls({ per_run_limit_credits: 10 });

describe('the form of spend limits', () => {
  it('sends only what differs', () => {
    expect(changeFrom(typedOf(inForce), inForce)).toEqual({ change: {}, wrong: {} });
    expect(changeFrom({ ...typedOf(inForce), daily_limit_credits: ' 20 ' }, inForce).change).toEqual({ daily_limit_credits: 20 });
  });

  it('sends null for an emptied field and 0 for a limit of nothing', () => {
    const typed = { daily_limit_credits: '0', monthly_limit_credits: '', per_run_limit_credits: '' };
    expect(changeFrom(typed, inForce).change).toEqual({ daily_limit_credits: 0, monthly_limit_credits: null, per_run_limit_credits: null });
  });

  it.each(['ten', '-1', '1.5', '1e3', '9'.repeat(16)])('sends nothing for %s and says where it is wrong', text => {
    const { change, wrong } = changeFrom({ ...typedOf(inForce), per_run_limit_credits: text }, inForce);
    expect(change).toEqual({});
    expect(Object.keys(wrong)).toEqual(['per_run_limit_credits']);
  });

  it('puts a refusal beside the field it is about, and keeps its sentences', () => {
    const problem = {
      status: 422,
      code: 'limit_above_plan',
      error: 'Too high.',
      reason: 'the plan allows 30 a day',
      action: 'type 30 or less',
      fields: [
        { field: 'body.daily_limit_credits', found: '500', allowed: '0 to 30' },
        { field: 'other', found: '', allowed: '' }
      ]
    };
    expect(wrongFields(problem)).toEqual({ wrong: { daily_limit_credits: 'Allowed: 0 to 30.' }, rest: 'Too high. The plan allows 30 a day. Type 30 or less.' });
  });
});
