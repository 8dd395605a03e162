/** Draws Studio's MIME bundles in outputs; works on a saved notebook without kernel and server. */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { decode } from '../models/decode';
import { readProgress } from '../models/progress';
import { element } from './dom';
import { estimateCard } from './estimateCard';
import { ProgressCard } from './progressCard';
import { receiptCard } from './receiptCard';

export const ESTIMATE_MIME = 'application/vnd.studio.estimate+json';
export const RECEIPT_MIME = 'application/vnd.studio.receipt+json';
export const PROGRESS_MIME = 'application/vnd.studio.progress+json';

/** Draws one value into a node; throws when the value is not what the MIME type says. */
export type Draw = (value: unknown, node: HTMLElement) => void;

/** What draws a MIME type; a new one for every output. */
export const DRAWERS: Readonly<Record<string, () => Draw>> = {
  [ESTIMATE_MIME]: () => (value, node) => {
    node.replaceChildren(estimateCard(decode('Estimate', value)));
  },
  [RECEIPT_MIME]: () => (value, node) => {
    node.replaceChildren(receiptCard(decode('Receipt', value)));
  },
  [PROGRESS_MIME]: drawProgress
};

/** Keeps one card, so that a bar moves instead of being built again. */
function drawProgress(): Draw {
  const card = new ProgressCard();
  return (value, node) => {
    const progress = readProgress(value);
    if (progress === null) {
      throw new TypeError('not a progress');
    }
    card.update(progress);
    if (card.node.parentNode !== node) {
      node.replaceChildren(card.node);
    }
  };
}

/** The output of one cell. */
export class StudioOutput extends Widget implements IRenderMime.IRenderer {
  constructor(
    private readonly mimeType: string,
    private readonly draw: Draw
  ) {
    super();
    this.addClass('studio-Output');
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    try {
      this.draw(model.data[this.mimeType], this.node);
    } catch {
      this.node.replaceChildren(element('pre', {}, plainText(model)));
    }
    return Promise.resolve();
  }
}

/** The text that travels beside the data, for data of another version. */
function plainText(model: IRenderMime.IMimeModel): string {
  const text = model.data['text/plain'];
  const lines = Array.isArray(text) ? text.map(String).join('') : text;
  return typeof lines === 'string' ? lines : 'This output needs another version of Studio to be drawn.';
}
