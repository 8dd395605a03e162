/** One run: state, progress, cost; cancel while it goes on, receipt when it is over. */

import type { Run, RunSummary } from '../contracts';
import type { StudioApi } from '../models/api';
import { asProblem, StudioProblem } from '../models/problems';
import { isOver, plainWords, runCostText, runStateText, shortMomentText } from '../models/wording';
import { button, element, setAttributes, setText, type Child } from './dom';
import { fileList } from './fileList';
import { logLines } from './logLines';
import { Meter } from './meter';
import { problemText } from './problemText';
import { receiptCard } from './receiptCard';

/** `update` changes the row in place and returns what a screen reader should say. */
export class RunRow {
  readonly node: HTMLLIElement;

  constructor(private readonly api: StudioApi) {
    const head = element('p', {}, this.title, this.input);
    const going = element('p', { class: 'studio-row' }, this.stage, this.cancel);
    this.going.append(this.meter.node, going, this.logLine);
    const summary = element('summary', {}, this.state, this.cost);
    this.details.append(summary, this.inside);
    this.details.addEventListener('toggle', () => { void this.load(); });
    this.node = element('li', { class: 'studio-item' }, head, this.going, this.said, this.details);
  }

  update(run: RunSummary): string {
    const before = this.run;
    this.run = run;
    const over = isOver(run.state);
    setText(this.title, run.tool_title);
    setText(this.input, run.input_summary ? ` · ${run.input_summary}` : '');
    setText(this.state, plainWords(run.state));
    setAttributes(this.state, { 'data-state': run.state });
    setText(this.cost, ` · ${runCostText(run)} · ${shortMomentText(run.created_at, new Date())}`);
    this.drawProgress(run);
    this.drawCancel(over, run);
    this.details.hidden = !over;
    if (before !== null && before.revision !== run.revision) {
      void this.load();
    }
    return before !== null && before.state !== run.state ? `${run.tool_title}: ${plainWords(run.state)}` : '';
  }

  private drawProgress(run: RunSummary): void {
    const words = [runStateText(run), run.stage, `${run.progress_percent} %`, runCostText(run)].filter(Boolean).join(' · ');
    setText(this.stage, words);
    this.meter.update(run.progress_percent, words);
    setText(this.logLine, run.log_line ?? '');
  }

  /** A button that had the focus hands it on to the receipt before it goes. */
  private drawCancel(over: boolean, run: RunSummary): void {
    setAttributes(this.cancel, { 'aria-label': `Cancel ${run.tool_title}` });
    const focused = document.activeElement === this.cancel;
    this.going.hidden = over;
    if (over) {
      this.said.replaceChildren();
    }
    if (over && focused) {
      this.details.hidden = false;
      this.details.querySelector('summary')?.focus();
    }
  }

  private async askToCancel(): Promise<void> {
    if (this.run === null || this.cancelling) {
      return;
    }
    this.cancelling = true;
    try {
      await this.api.cancel(this.run.id);
      setText(this.said, isOver(this.run.state) ? '' : 'Asked to stop …');
    } catch (thrown) {
      this.said.replaceChildren(problemText(asProblem(thrown)));
    } finally {
      this.cancelling = false;
    }
  }

  private async load(): Promise<void> {
    if (this.run === null || !this.details.open) {
      return;
    }
    try {
      this.inside.replaceChildren(...inside(await this.api.run(this.run.id), this.api));
    } catch (thrown) {
      this.inside.replaceChildren(problemText(asProblem(thrown)));
    }
  }

  private run: RunSummary | null = null;
  /** Not `disabled`: a disabled button would lose the keyboard's focus. */
  private cancelling = false;
  private readonly title = element('strong');
  private readonly input = element('span', { class: 'studio-quiet' });
  private readonly state = element('span', { class: 'studio-state' });
  private readonly meter = new Meter('Progress of the run');
  private readonly going = element('div');
  private readonly stage = element('span', { class: 'studio-quiet' });
  /** Not spoken: a tool may log many lines a second. */
  private readonly logLine = element('p', { class: 'studio-log-line' });
  private readonly cost = element('span');
  private readonly cancel = button('Cancel', () => { void this.askToCancel(); });
  private readonly said = element('div', { role: 'status' });
  private readonly details = element('details');
  private readonly inside = element('div');
}

function inside(run: Run, api: StudioApi): Node[] {
  const parts: Child[] = [
    run.failure === null ? null : problemText(new StudioProblem(run.failure)),
    run.result === null ? null : element('p', {}, run.result.headline),
    fileList(run, (id, name) => api.fileAddress(id, name), new Date()),
    logLines(run.log_lines ?? []),
    run.receipt === null ? element('p', { class: 'studio-quiet' }, 'No receipt yet.') : receiptCard(run.receipt, true)
  ];
  return parts.filter(part => part instanceof Node);
}
