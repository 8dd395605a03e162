/** The runs of the user, newest first, live. */

import { Widget } from '@lumino/widgets';
import { asProblem } from '../models/problems';
import type { Session } from '../models/session';
import { button, element, liveRegion, setText } from './dom';
import { problemText } from './problemText';
import { RunRow } from './runRow';

const SHOWN_FIRST = 3;
const SHOWN_MORE = 20;

/** Keeps one row per run and changes it in place, so that focus stays where it is. */
export class RunsSection extends Widget {
  constructor(private readonly session: Session) {
    super({ node: element('section', { class: 'studio-section', 'aria-label': 'Runs' }) });
    this.node.append(element('h2', {}, 'Runs'), this.empty, this.list, this.more, this.said, this.spoken);
    session.changed.connect(this.draw, this);
    this.draw();
  }

  override dispose(): void {
    this.rows.clear();
    super.dispose();
  }

  private draw(): void {
    const shown = this.session.runs.slice(0, this.shown);
    this.empty.hidden = shown.length > 0 || this.session.balance === null;
    this.more.hidden = this.session.runs.length <= this.shown && (shown.length < this.shown || !this.session.hasOlderRuns);
    for (const run of shown) {
      const row = this.rows.get(run.id) ?? new RunRow(this.session.api);
      this.rows.set(run.id, row);
      const news = row.update(run);
      if (news !== '') {
        setText(this.spoken, news);
      }
    }
    this.place(shown.map(run => run.id));
  }

  /** Put the rows in order and drop the others, moving as few nodes as possible. */
  private place(ids: readonly string[]): void {
    for (const [id, row] of this.rows) {
      if (!ids.includes(id)) {
        row.node.remove();
        this.rows.delete(id);
      }
    }
    ids.forEach((id, at) => {
      const row = this.rows.get(id)?.node;
      if (row !== undefined && this.list.children[at] !== row) {
        this.list.insertBefore(row, this.list.children[at] ?? null);
      }
    });
  }

  private async showMore(): Promise<void> {
    setText(this.said, '');
    const wanted = this.shown + SHOWN_MORE;
    try {
      if (this.session.runs.length < wanted && this.session.hasOlderRuns) {
        await this.session.loadOlderRuns();
      }
      this.shown = wanted;
      this.draw();
    } catch (thrown) {
      this.said.replaceChildren(problemText(asProblem(thrown)));
    }
  }

  private readonly rows = new Map<string, RunRow>();
  private readonly empty = element('p', { class: 'studio-quiet' }, 'No metered runs yet.');
  private readonly list = element('ul', { class: 'studio-list' });
  private readonly more = button('Show older runs', () => { void this.showMore(); });
  private readonly said = element('div');
  private readonly spoken = liveRegion();
  private shown = SHOWN_FIRST;
}
