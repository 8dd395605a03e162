import { describe, expect, it } from 'vitest';
import type { ToolSummary } from '../src/contracts';
import { StudioApi } from '../src/models/api';
import { ToolCatalogue } from '../src/models/catalogue';
import { AnsweringServer, estimate } from './samples';

function tool(change: Partial<ToolSummary> = {}): ToolSummary {
  return {
    id: 'data-studio-quality',
    short_name: 'quality',
    studio: 'data',
    title: 'Data Quality Monitor',
    summary: '',
    mode: 'server',
    risk: 'low',
    availability: 'available',
    min_credits: 3,
    max_credits: 20,
    ...change
  };
}

const page = (of: ToolSummary) => ({ tool: of, version: '1', description: 'd', limits: null, input_schema: null, example: '%studio run quality' });
const ok = (body: unknown) => () => new Response(JSON.stringify(body));

describe('the catalogue', () => {
  it('drops the answer to words that were typed over', async () => {
    let answerFirst: (response: Response) => void = () => undefined;
    const server = new AnsweringServer({
      'GET api/tools?q=q': () => new Promise(resolve => { answerFirst = resolve; }),
      'GET api/tools?q=quality': ok({ tools: [tool()], price_version: 'x' })
    });
    const catalogue = new ToolCatalogue(new StudioApi(server.send, () => ''));
    const first = catalogue.search('q');
    await catalogue.search(' quality ');
    answerFirst(new Response(JSON.stringify({ tools: [], price_version: 'x' })));
    await first;
    expect(catalogue.tools?.map(({ id }) => id)).toEqual(['data-studio-quality']);
  });

  it('puts what cannot be used yet last and keeps the order otherwise', async () => {
    const tools = [tool({ id: 'dev-studio-b', availability: 'coming_soon' }), tool({ id: 'dev-studio-c' }), tool({ id: 'dev-studio-a' })];
    const server = new AnsweringServer({ 'GET api/tools?q=': ok({ tools, price_version: 'x' }) });
    const catalogue = new ToolCatalogue(new StudioApi(server.send, () => ''));
    await catalogue.search('');
    expect(catalogue.tools?.map(({ id }) => id)).toEqual(['dev-studio-c', 'dev-studio-a', 'dev-studio-b']);
  });

  it('shows page and estimate of the opened tool, and why there is no estimate', async () => {
    const refused = { status: 503, code: 'store_busy', error: 'Too much at once.' };
    const answers = {
      'GET api/tools?q=': ok({ tools: [tool()], price_version: 'x' }),
      'GET api/tools/data-studio-quality': ok(page(tool()))
    };
    const priced = new AnsweringServer({ ...answers, 'POST api/billing/estimate': ok(estimate()) });
    const unpriced = new AnsweringServer({ ...answers, 'POST api/billing/estimate': () => new Response(JSON.stringify(refused), { status: 503 }) });
    for (const server of [priced, unpriced]) {
      const catalogue = new ToolCatalogue(new StudioApi(server.send, () => ''));
      await catalogue.search('');
      await catalogue.open('data-studio-quality');
      expect(catalogue.opened?.page?.example).toBe('%studio run quality');
      expect([catalogue.opened?.estimate?.max_credits, catalogue.opened?.estimateProblem?.problem.status]).toEqual(
        server === priced ? [8, undefined] : [undefined, 503]
      );
    }
  });

  it.each([
    { required: ['data'] },
    { anyOf: [{ required: ['source'] }, { required: ['url'] }] }
  ])('asks no price of a tool that must see its inputs first, because the answer would be a refusal', async schema => {
    const server = new AnsweringServer({
      'GET api/tools?q=': ok({ tools: [tool()], price_version: 'x' }),
      'GET api/tools/data-studio-quality': ok({ ...page(tool()), input_schema: schema })
    });
    const catalogue = new ToolCatalogue(new StudioApi(server.send, () => ''));
    await catalogue.search('');
    await catalogue.open('data-studio-quality');
    expect(server.asked.map(({ route }) => route)).toEqual(['GET api/tools?q=', 'GET api/tools/data-studio-quality']);
    expect(catalogue.opened?.estimateProblem).toBeNull();
  });

  it('asks no price of a tool that is free', async () => {
    const free = tool({ mode: 'client', min_credits: 0, max_credits: 0 });
    const server = new AnsweringServer({ 'GET api/tools?q=': ok({ tools: [free], price_version: 'x' }), 'GET api/tools/data-studio-quality': ok(page(free)) });
    const catalogue = new ToolCatalogue(new StudioApi(server.send, () => ''));
    await catalogue.search('');
    await catalogue.open(free.id);
    expect(server.asked.map(({ route }) => route)).toEqual(['GET api/tools?q=', 'GET api/tools/data-studio-quality']);
  });
});
