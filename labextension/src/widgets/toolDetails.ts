/** One opened tool: what it does, what it costs on the user's own figures, and an example to use. */

import type { ToolPage, ToolSummary } from '../contracts';
import { needsInputs, type OpenedTool } from '../models/catalogue';
import { creditsText, rangeText } from '../models/wording';
import { button, element, type Child } from './dom';
import { estimateCard, limitsText } from './estimateCard';
import { problemText } from './problemText';

/** What can be done with an example. */
export interface ExampleActions {
  copy(text: string): void;
  insert(text: string): void;
}

const PLACES: Readonly<Record<ToolSummary['mode'], string>> = {
  client: 'Runs in your kernel, for 0 credits.',
  hybrid: 'Runs in your kernel for 0 credits, or metered on the server.',
  server: 'Runs metered on the server.'
};

/** What is shown under an opened tool; parts that have not arrived are left out. */
export function toolDetails(opened: OpenedTool, tool: ToolSummary, actions: ExampleActions): Node[] {
  if (opened.problem !== null) {
    return [problemText(opened.problem)];
  }
  const page = opened.page;
  if (page === null) {
    return [element('p', { class: 'studio-quiet', role: 'status' }, 'Asking …')];
  }
  const parts: Child[] = [
    element('p', {}, page.description),
    element('p', { class: 'studio-quiet' }, `${PLACES[tool.mode]} Name: `, element('code', {}, tool.short_name), version(page)),
    ...price(opened, tool, page),
    ...example(page, actions)
  ];
  return parts.filter(part => part instanceof Node);
}

function version(page: ToolPage): string {
  return page.version === null ? '' : ` · version ${page.version}`;
}

/** The live estimate; a tool that must see the data first shows its range instead. */
function price(opened: OpenedTool, tool: ToolSummary, page: ToolPage): Child[] {
  if (opened.estimate !== null) {
    return [estimateCard(opened.estimate)];
  }
  if (tool.max_credits === 0 || tool.availability === 'coming_soon') {
    return [];
  }
  const most = `A metered run costs ${rangeText(tool.min_credits, tool.max_credits)}: never more than ${creditsText(tool.max_credits)}.`;
  return [
    element('p', {}, most),
    page.limits === null ? null : element('p', { class: 'studio-quiet' }, limitsText(page.limits)),
    whyNoEstimate(opened, page)
  ];
}

function whyNoEstimate(opened: OpenedTool, page: ToolPage): HTMLElement | null {
  if (opened.estimateProblem !== null) {
    return problemText(opened.estimateProblem);
  }
  if (!needsInputs(page)) {
    return null;
  }
  const ask = element('code', {}, `%studio estimate ${page.tool.short_name} …`);
  return element('p', { class: 'studio-quiet' }, 'The exact estimate needs your data; in a notebook: ', ask);
}

function example(page: ToolPage, actions: ExampleActions): Child[] {
  const text = page.example ?? '';
  if (text === '') {
    return [];
  }
  const insert = button('Insert into notebook', () => { actions.insert(text); });
  return [
    element('pre', { class: 'studio-example', tabindex: 0, 'aria-label': 'Example' }, text),
    element('p', { class: 'studio-actions' }, button('Copy', () => { actions.copy(text); }), insert)
  ];
}
