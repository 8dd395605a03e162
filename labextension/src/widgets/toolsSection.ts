/** The catalogue: find a tool by words, open it, copy its example. */

import { Widget } from '@lumino/widgets';
import type { ToolSummary } from '../contracts';
import { ToolCatalogue } from '../models/catalogue';
import type { Session } from '../models/session';
import { rangeText } from '../models/wording';
import { element, liveRegion, setAttributes, setText, uniqueId } from './dom';
import { problemText } from './problemText';
import { toolDetails, type ExampleActions } from './toolDetails';

const TYPING_PAUSE_MS = 200;

/** Asks for the catalogue when it is first shown, then only when somebody types. */
export class ToolsSection extends Widget {
  constructor(
    private readonly session: Session,
    private readonly actions: ExampleActions
  ) {
    super({ node: element('section', { class: 'studio-section', 'aria-label': 'Tools' }) });
    const label = element('label', { for: this.search.id, class: 'studio-hidden' }, 'Find tools');
    this.node.append(element('h2', {}, 'Tools'), label, this.search, this.count, this.list);
    this.search.addEventListener('input', () => { this.searchSoon(); });
    this.catalogue = new ToolCatalogue(session.api);
    this.catalogue.changed.connect(this.onChanged, this);
    session.changed.connect(this.onSession, this);
  }

  /** The example of the opened tool, empty when there is none. */
  get example(): string {
    return this.catalogue.opened?.page?.example ?? '';
  }

  /** Find tools as typed; the first time this fills the list. */
  find(): void {
    void this.catalogue.search(this.search.value);
  }

  /** Load the catalogue unless it is there; after a failure, again. */
  load(): void {
    const isThere = this.catalogue.tools !== null && this.catalogue.problem === null;
    if (!isThere && this.session.connection === 'online') {
      this.find();
    }
  }

  override dispose(): void {
    clearTimeout(this.pause);
    this.catalogue.dispose();
    super.dispose();
  }

  private searchSoon(): void {
    clearTimeout(this.pause);
    this.pause = window.setTimeout(() => { this.find(); }, TYPING_PAUSE_MS);
  }

  private onSession(_session: Session, change: string): void {
    if (change === 'connection' && this.isVisible) {
      this.load();
    }
  }

  private onChanged(_catalogue: ToolCatalogue, change: 'tools' | 'opened'): void {
    if (change === 'tools') {
      this.drawTools();
    } else {
      this.drawOpened();
    }
  }

  private drawTools(): void {
    const { tools, problem } = this.catalogue;
    if (problem !== null) {
      this.count.replaceChildren(problemText(problem));
      return;
    }
    const found = tools ?? [];
    setText(this.count, found.length === 0 ? 'No tool matches these words.' : `${found.length} tool${found.length === 1 ? '' : 's'}`);
    this.entries = new Map(found.map(tool => [tool.id, new ToolEntry(tool, () => { this.toggle(tool.id); })]));
    this.list.replaceChildren(...[...this.entries.values()].map(entry => entry.node));
    this.drawOpened();
  }

  private toggle(id: string): void {
    void this.catalogue.open(this.catalogue.opened?.id === id ? null : id);
  }

  private drawOpened(): void {
    const opened = this.catalogue.opened;
    for (const [id, entry] of this.entries) {
      entry.show(opened?.id === id ? toolDetails(opened, entry.tool, this.actions) : null);
    }
  }

  private readonly catalogue: ToolCatalogue;
  private readonly search = element('input', {
    id: uniqueId('search'),
    type: 'search',
    class: 'studio-search',
    placeholder: 'Find tools by words',
    autocomplete: 'off'
  });
  private readonly count = liveRegion('studio-quiet');
  private readonly list = element('ul', { class: 'studio-list' });
  private entries = new Map<string, ToolEntry>();
  private pause = 0;
}

/** One tool of the list, folded or open. */
class ToolEntry {
  readonly node: HTMLLIElement;

  constructor(
    readonly tool: ToolSummary,
    toggle: () => void
  ) {
    const inside = uniqueId('tool');
    this.inside.id = inside;
    const price = element('span', { class: 'studio-price' }, priceText(tool));
    const about = element('span', {}, price, element('span', { class: 'studio-quiet' }, ` · ${tool.summary}`));
    const attributes = { type: 'button', class: 'studio-opener', 'aria-controls': inside };
    this.opener = element('button', attributes, element('strong', {}, tool.title), about);
    this.opener.addEventListener('click', toggle);
    this.node = element('li', { class: 'studio-item' }, this.opener, this.inside);
    this.show(null);
  }

  show(details: readonly Node[] | null): void {
    setAttributes(this.opener, { 'aria-expanded': String(details !== null) });
    this.inside.hidden = details === null;
    this.inside.replaceChildren(...(details ?? []));
  }

  private readonly opener: HTMLButtonElement;
  private readonly inside = element('div', { class: 'studio-inside' });
}

function priceText(tool: ToolSummary): string {
  if (tool.availability === 'coming_soon') {
    return 'coming soon';
  }
  const metered = rangeText(tool.min_credits, tool.max_credits);
  if (tool.max_credits === 0) {
    return 'free';
  }
  return tool.mode === 'hybrid' ? `free or ${metered}` : metered;
}
