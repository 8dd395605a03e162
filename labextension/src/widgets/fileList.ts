/** The files of a run, each with its size, until when it is kept, and a way to download it. */

import type { Artefact, Run } from '../contracts';
import { dayText, sizeText } from '../models/wording';
import { element } from './dom';

/** The files a run made; null when it made none. */
export function fileList(run: Run, addressOf: (run: string, name: string) => string, now: Date): HTMLElement | null {
  const files = run.result?.artefacts ?? [];
  if (files.length === 0) {
    return null;
  }
  return element('ul', { class: 'studio-list studio-files', 'aria-label': 'Files of the run' }, ...files.map(file => fileRow(file, addressOf(run.id, file.name), now)));
}

function fileRow(file: Artefact, address: string, now: Date): HTMLElement {
  const ends = file.expires_at ?? null;
  const isGone = ends !== null && new Date(ends).getTime() <= now.getTime();
  const until = ends === null ? '' : isGone ? ` · deleted on ${dayText(ends)}` : ` · until ${dayText(ends)}`;
  const facts = element('span', { class: 'studio-quiet' }, `${sizeText(file.size_bytes)}${until}`);
  const name = element('span', { class: 'studio-file-name', title: file.digest }, file.name);
  return element('li', { class: 'studio-file' }, element('div', {}, name, facts), isGone ? null : download(file, address));
}

/** A link, so that the browser's own download takes files of any size. */
function download(file: Artefact, address: string): HTMLElement {
  const attributes = {
    class: 'studio-button',
    href: address,
    download: file.name.split('/').at(-1) ?? file.name,
    title: file.digest,
    'aria-label': `Download ${file.name}, ${sizeText(file.size_bytes)}`
  };
  return element('a', attributes, 'Download');
}
