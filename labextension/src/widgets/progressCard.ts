/** A run under way, changed in place while it goes on. */

import type { Progress } from '../models/progress';
import { plainWords } from '../models/wording';
import { element, liveRegion, setText } from './dom';
import { logLines } from './logLines';
import { Meter } from './meter';

/** Title, bar, stage and the last lines of the log. Stages are spoken, percentages and the log are not. */
export class ProgressCard {
  readonly node: HTMLElement;

  constructor() {
    this.title = element('strong');
    this.percent = element('span', { class: 'studio-number' });
    this.stage = liveRegion('studio-quiet');
    const head = element('p', { class: 'studio-row' }, this.title, this.percent);
    this.node = element('article', { class: 'studio-card', 'aria-label': 'Run under way' }, head, this.meter.node, this.stage, this.log);
  }

  update(progress: Progress): void {
    const words = [plainWords(progress.state), progress.stage].filter(Boolean).join(' · ');
    setText(this.title, progress.title);
    setText(this.percent, `${progress.percent} %`);
    setText(this.stage, words);
    this.meter.update(progress.percent, `${progress.percent} % ${words}`);
    const lines = logLines(progress.log);
    this.log.replaceChildren(...(lines === null ? [] : [lines]));
  }

  private readonly title: HTMLElement;
  private readonly percent: HTMLElement;
  private readonly stage: HTMLElement;
  private readonly log = element('div');
  private readonly meter = new Meter('Progress of the run');
}
