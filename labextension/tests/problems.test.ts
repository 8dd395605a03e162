import { describe, expect, it } from 'vitest';
import { UnexpectedMessage } from '../src/models/decode';
import { asProblem, problemOf, StudioProblem } from '../src/models/problems';

describe('a refusal', () => {
  it('keeps the sentences of the server', async () => {
    const body = { status: 402, code: 'insufficient_credits', error: 'Not enough.', action: 'Use --max-credits 3.' };
    const found = await problemOf(new Response(JSON.stringify(body), { status: 402 }));
    expect(found.problem).toEqual(body);
    expect(found.message).toBe('Not enough.');
  });

  it.each([
    [404, 'studio_not_here'],
    [403, 'unexplained'],
    [500, 'unexplained']
  ])('of status %i without problem+json still says what to do', async (status, code) => {
    const found = await problemOf(new Response('<html>no</html>', { status }));
    expect(found.problem.code).toBe(code);
    expect(found.problem.action).not.toBe('');
  });

  it('is told apart from a server that cannot be reached and from one of another version', () => {
    const known = new StudioProblem({ status: 409, code: 'x', error: 'x' });
    expect(asProblem(known)).toBe(known);
    expect(asProblem(new TypeError('failed to fetch')).problem.code).toBe('unreachable');
    expect(asProblem(new UnexpectedMessage('Balance', 'Balance.day')).problem.reason).toContain('Balance.day');
  });
});
