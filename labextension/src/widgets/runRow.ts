/** One run: state, progress, cost; cancel while it goes on, receipt when it is over. */

import type { Run, RunSummary } from '../contracts';
import type { StudioApi } from '../models/api';
import { asProblem, StudioProblem } from '../models/problems';
import { isOver, momentText, plainWords, runCostText } from '../models/wording';
import { button, element, setAttributes, setText, type Child } from './dom';
import { Meter } from './meter';
import { problemText } from './problemText';
import { receiptCard } from './receiptCard';

/** `update` changes the row in place and returns what a screen reader should say. */
export class RunRow {
  readonly node: HTMLLIElement;

  constructor(private readonly api: StudioApi) {
    const head = element('p', { class: 'studio-row' }, element('span', {}, this.title, this.input), this.state);
    const foot = element('p', { class: 'studio-row studio-quiet' }, this.cost, this.when);
    this.details.append(element('summary', {}, 'Receipt'), this.inside);
    this.details.addEventListener('toggle', () => { void this.load(); });
    this.node = element('li', { class: 'studio-item' }, head, this.meter.node, this.stage, foot, this.cancel, this.said, this.details);
  }

  update(run: RunSummary): string {
    const before = this.run;
    this.run = run;
    const over = isOver(run.state);
    setText(this.title, run.tool_title);
    setText(this.input, run.input_summary ? ` · ${run.input_summary}` : '');
    setText(this.state, plainWords(run.state));
    setAttributes(this.state, { 'data-state': run.state });
    setText(this.cost, runCostText(run));
    setText(this.when, momentText(run.created_at));
    setText(this.stage, over ? '' : (run.stage ?? ''));
    this.meter.update(run.progress_percent, `${run.progress_percent} % ${run.stage ?? ''}`);
    this.meter.node.hidden = over;
    this.drawCancel(over, run);
    this.details.hidden = !over;
    if (before !== null && before.revision !== run.revision) {
      void this.load();
    }
    return before !== null && before.state !== run.state ? `${run.tool_title}: ${plainWords(run.state)}` : '';
  }

  /** A button that had the focus hands it on to the receipt before it goes. */
  private drawCancel(over: boolean, run: RunSummary): void {
    setAttributes(this.cancel, { 'aria-label': `Cancel ${run.tool_title}` });
    const focused = document.activeElement === this.cancel;
    this.cancel.hidden = over;
    if (over) {
      this.said.replaceChildren();
    }
    if (over && focused) {
      this.details.hidden = false;
      this.details.querySelector('summary')?.focus();
    }
  }

  private async askToCancel(): Promise<void> {
    if (this.run === null) {
      return;
    }
    this.cancel.disabled = true;
    try {
      await this.api.cancel(this.run.id);
      setText(this.said, isOver(this.run.state) ? '' : 'Asked to stop …');
    } catch (thrown) {
      this.said.replaceChildren(problemText(asProblem(thrown)));
    } finally {
      this.cancel.disabled = false;
    }
  }

  private async load(): Promise<void> {
    if (this.run === null || !this.details.open) {
      return;
    }
    try {
      this.inside.replaceChildren(...inside(await this.api.run(this.run.id)));
    } catch (thrown) {
      this.inside.replaceChildren(problemText(asProblem(thrown)));
    }
  }

  private run: RunSummary | null = null;
  private readonly title = element('strong');
  private readonly input = element('span', { class: 'studio-quiet' });
  private readonly state = element('span', { class: 'studio-state' });
  private readonly meter = new Meter('Progress of the run');
  private readonly stage = element('p', { class: 'studio-quiet' });
  private readonly cost = element('span');
  private readonly when = element('span');
  private readonly cancel = button('Cancel', () => { void this.askToCancel(); });
  private readonly said = element('div', { role: 'status' });
  private readonly details = element('details');
  private readonly inside = element('div');
}

function inside(run: Run): Node[] {
  const parts: Child[] = [
    run.failure === null ? null : problemText(new StudioProblem(run.failure)),
    run.result === null ? null : element('p', {}, run.result.headline),
    run.receipt === null ? element('p', { class: 'studio-quiet' }, 'No receipt yet.') : receiptCard(run.receipt, true)
  ];
  return parts.filter(part => part instanceof Node);
}
