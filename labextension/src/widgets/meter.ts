/** A bar with a value in words; used for limits and for progress. */

import { element, setAttributes } from './dom';

/** One bar; `update` changes it in place. */
export class Meter {
  readonly node: HTMLDivElement;

  constructor(label: string) {
    this.fill = element('div', { class: 'studio-meter-fill' });
    const attributes = { class: 'studio-meter', role: 'progressbar', 'aria-label': label, 'aria-valuemin': 0, 'aria-valuemax': 100 };
    this.node = element('div', attributes, this.fill);
  }

  /** `percent` from 0 to 100; `words` are what a screen reader says. */
  update(percent: number, words: string, level: 'ok' | 'low' | 'blocked' = 'ok'): void {
    setAttributes(this.node, { 'aria-valuenow': percent, 'aria-valuetext': words, 'data-level': level });
    this.fill.style.width = `${percent}%`;
  }

  private readonly fill: HTMLDivElement;
}
