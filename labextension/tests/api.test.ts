import { describe, expect, it } from 'vitest';
import { StudioApi } from '../src/models/api';
import { AnsweringServer, balance, controls } from './samples';

const json = (body: unknown, status = 200) => () => new Response(JSON.stringify(body), { status });

describe('requests', () => {
  it('carry an idempotency key when they change something, and none when they do not', async () => {
    const server = new AnsweringServer({
      'GET api/credits/balance': json(balance()),
      'PUT api/account/settings/credits': json(controls({ daily_limit_credits: 20 }))
    });
    const api = new StudioApi(server.send, () => 'key-1');
    await api.balance();
    expect(await api.changeSpendControls({ daily_limit_credits: 20 })).toMatchObject({ daily_limit_credits: 20 });
    const keys = server.asked.map(({ init }) => new Headers(init.headers).get('Idempotency-Key'));
    expect(keys).toEqual([null, 'key-1']);
    expect(server.asked[1]!.init.body).toBe('{"daily_limit_credits":20}');
  });

  it('escape what people type', async () => {
    const server = new AnsweringServer({ 'GET api/tools?q=a%26b%20%2F': json({ tools: [], price_version: 'x' }) });
    const api = new StudioApi(server.send, () => '');
    expect((await api.tools('a&b /')).tools).toEqual([]);
    await expect(api.run('../../x')).rejects.toThrow();
    expect(server.asked[1]!.route).toBe('GET api/runs/..%2F..%2Fx');
  });

  it('are refused with the problem of the server, and an answer of another shape is not believed', async () => {
    const server = new AnsweringServer({
      'POST api/runs/run_1/cancel': json({ status: 409, code: 'over', error: 'It is over.' }, 409),
      'GET api/credits/balance': json({ credits: 3 })
    });
    const api = new StudioApi(server.send, () => '');
    await expect(api.cancel('run_1')).rejects.toThrow('It is over.');
    await expect(api.balance()).rejects.toThrow('Balance.user');
  });
});
