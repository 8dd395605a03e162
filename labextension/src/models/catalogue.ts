/** The tools being looked at: found by words, one of them opened with its page and estimate. */

import { Signal, type ISignal } from '@lumino/signaling';
import type { Estimate, ToolPage, ToolSummary } from '../contracts';
import type { StudioApi } from './api';
import { asProblem, type StudioProblem } from './problems';

/** A tool that was opened; the parts arrive one after the other. */
export interface OpenedTool {
  readonly id: string;
  readonly page: ToolPage | null;
  readonly estimate: Estimate | null;
  /** Why there is no estimate although one was asked for. */
  readonly estimateProblem: StudioProblem | null;
  readonly problem: StudioProblem | null;
}

/** Answers that were overtaken by a newer question are dropped. */
export class ToolCatalogue {
  constructor(private readonly api: StudioApi) {}

  get changed(): ISignal<this, 'tools' | 'opened'> {
    return this._changed;
  }

  /** Null until the first answer. */
  get tools(): readonly ToolSummary[] | null {
    return this._tools;
  }

  get problem(): StudioProblem | null {
    return this._problem;
  }

  get opened(): OpenedTool | null {
    return this._opened;
  }

  /** Find tools by words; none finds all. */
  async search(words: string): Promise<void> {
    const question = ++this._question;
    try {
      const catalogue = await this.api.tools(words.trim());
      if (question !== this._question) {
        return;
      }
      this._tools = usableFirst(catalogue.tools);
      this._problem = null;
    } catch (thrown) {
      if (question !== this._question) {
        return;
      }
      this._problem = asProblem(thrown);
    }
    this._changed.emit('tools');
  }

  /** Open one tool, or none. */
  async open(id: string | null): Promise<void> {
    if (id === null) {
      this.setOpened(null);
      return;
    }
    const asked: OpenedTool = { id, page: null, estimate: null, estimateProblem: null, problem: null };
    this.setOpened(asked);
    await this.loadPage(asked);
    await this.loadEstimate(asked);
  }

  dispose(): void {
    this._question++;
    this._opened = null;
    Signal.clearData(this);
  }

  private async loadPage(asked: OpenedTool): Promise<void> {
    try {
      this.add(asked, { page: await this.api.tool(asked.id) });
    } catch (thrown) {
      this.add(asked, { problem: asProblem(thrown) });
    }
  }

  private async loadEstimate(asked: OpenedTool): Promise<void> {
    const page = this._opened?.id === asked.id ? this._opened.page : null;
    if (page === null || page.tool.max_credits === 0 || page.tool.availability === 'coming_soon' || needsInputs(page)) {
      return;
    }
    try {
      this.add(asked, { estimate: await this.api.estimate(asked.id, {}) });
    } catch (thrown) {
      this.add(asked, { estimateProblem: asProblem(thrown) });
    }
  }

  private add(asked: OpenedTool, part: Partial<OpenedTool>): void {
    if (this._opened?.id === asked.id) {
      this.setOpened({ ...this._opened, ...part });
    }
  }

  private setOpened(opened: OpenedTool | null): void {
    this._opened = opened;
    this._changed.emit('opened');
  }

  private readonly _changed = new Signal<this, 'tools' | 'opened'>(this);
  private _tools: readonly ToolSummary[] | null = null;
  private _problem: StudioProblem | null = null;
  private _opened: OpenedTool | null = null;
  private _question = 0;
}

/** Whether a tool has to see inputs before it can be priced exactly; a question without them would be refused. */
export function needsInputs(page: ToolPage): boolean {
  const schema = page.input_schema;
  const required = schema?.required;
  return (
    (Array.isArray(required) && required.length > 0) ||
    Array.isArray(schema?.anyOf)
  );
}

/** In the order of the catalogue, with what cannot be used yet at the end. */
function usableFirst(tools: readonly ToolSummary[]): readonly ToolSummary[] {
  const isUsable = (tool: ToolSummary): boolean => tool.availability === 'available';
  return [...tools.filter(isUsable), ...tools.filter(tool => !isUsable(tool))];
}
