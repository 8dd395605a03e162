/** The spend limits in force and a form to lower or restore them; a refusal is shown where it belongs. */

import { Widget } from '@lumino/widgets';
import type { Balance, SpendControls } from '../contracts';
import { changeFrom, LIMIT_FIELDS, typedOf, wrongFields, type LimitField, type Typed, type Wrong } from '../models/limits';
import { asProblem } from '../models/problems';
import type { Session } from '../models/session';
import { amountText, creditsText } from '../models/wording';
import { button, element, liveRegion, setText } from './dom';
import { Field } from './field';
import { problemText } from './problemText';

const LABELS: Readonly<Record<LimitField, string>> = {
  daily_limit_credits: 'A day, at most',
  monthly_limit_credits: 'A month, at most',
  per_run_limit_credits: 'A run, at most'
};

/** Folded until opened; the form appears when the limits in force are there, so that nothing typed is overwritten. */
export class LimitsSection extends Widget {
  constructor(private readonly session: Session) {
    super({ node: element('section', { class: 'studio-section', 'aria-label': 'Spend limits' }) });
    const save = element('button', { type: 'submit', class: 'studio-button studio-button-main' }, 'Save limits');
    const undo = button('Undo', () => { this.fill(); });
    this.form.append(...LIMIT_FIELDS.map(field => this.rows[field].node), element('p', { class: 'studio-actions' }, save, undo));
    this.form.addEventListener('submit', event => {
      event.preventDefault();
      void this.save();
    });
    this.folder.append(element('summary', {}, element('h2', {}, 'Spend limits'), this.inForce), this.form, this.said);
    this.form.hidden = true;
    this.folder.addEventListener('toggle', () => { void this.load(); });
    this.node.append(this.folder);
    session.changed.connect(this.drawInForce, this);
    this.drawInForce();
  }

  private drawInForce(): void {
    const balance = this.session.balance;
    setText(this.inForce, balance === null ? '' : ` · ${inForceText(balance)}`);
  }

  private async load(): Promise<void> {
    if (!this.folder.open) {
      return;
    }
    this.form.hidden = true;
    setText(this.said, 'Asking …');
    try {
      this.controls = await this.session.api.spendControls();
      this.fill();
      this.form.hidden = false;
    } catch (thrown) {
      this.said.replaceChildren(problemText(asProblem(thrown)));
    }
  }

  private async save(): Promise<void> {
    if (this.controls === null) {
      return;
    }
    const { change, wrong } = changeFrom(this.typed(), this.controls);
    this.mark(wrong);
    if (Object.keys(wrong).length > 0) {
      return;
    }
    if (Object.keys(change).length === 0) {
      setText(this.said, 'Nothing to change.');
      return;
    }
    try {
      this.controls = await this.session.api.changeSpendControls(change);
      this.fill();
      setText(this.said, 'Limits saved.');
    } catch (thrown) {
      this.refuse(thrown);
    }
  }

  private refuse(thrown: unknown): void {
    const problem = asProblem(thrown);
    this.mark(wrongFields(problem.problem).wrong);
    this.said.replaceChildren(problemText(problem));
  }

  private fill(): void {
    this.mark({});
    setText(this.said, '');
    if (this.controls !== null) {
      const typed = typedOf(this.controls);
      const hints = hintsFor(this.controls);
      LIMIT_FIELDS.forEach(field => { this.rows[field].fill(typed[field], hints[field]); });
    }
  }

  private typed(): Typed {
    const read = (field: LimitField): string => this.rows[field].input.value;
    return {
      daily_limit_credits: read('daily_limit_credits'),
      monthly_limit_credits: read('monthly_limit_credits'),
      per_run_limit_credits: read('per_run_limit_credits')
    };
  }

  /** Say what is wrong beside its field, and bring the first such field into focus. */
  private mark(wrong: Wrong): void {
    LIMIT_FIELDS.forEach(field => { this.rows[field].mark(wrong[field] ?? ''); });
    const first = LIMIT_FIELDS.find(field => wrong[field] !== undefined);
    if (first !== undefined) {
      this.rows[first].input.focus();
    }
  }

  private readonly rows: Readonly<Record<LimitField, Field>> = {
    daily_limit_credits: new Field('numeric', LABELS.daily_limit_credits),
    monthly_limit_credits: new Field('numeric', LABELS.monthly_limit_credits),
    per_run_limit_credits: new Field('numeric', LABELS.per_run_limit_credits)
  };
  private readonly folder = element('details');
  private readonly inForce = element('span', { class: 'studio-quiet' });
  private readonly form = element('form', { class: 'studio-form', novalidate: true });
  private readonly said = liveRegion('studio-said');
  private controls: SpendControls | null = null;
}

function hintsFor(controls: SpendControls): Readonly<Record<LimitField, string>> {
  return {
    daily_limit_credits: `of ${creditsText(controls.daily_cap_credits)} in your plan`,
    monthly_limit_credits: `of ${amountText(controls.monthly_cap_credits)} in your plan and purchases`,
    per_run_limit_credits: 'empty: as much as the tool may cost'
  };
}

function inForceText(balance: Balance): string {
  const perRun = balance.per_run_limit_credits;
  const windows = `${amountText(balance.day.cap_credits)} a day, ${amountText(balance.month.cap_credits)} a month`;
  return perRun === null ? windows : `${windows}, ${amountText(perRun)} a run`;
}
