/** Auto-recharge: how it stands, and a form to turn it on with a pack, a threshold and a limit, or off. */

import type { Pack, Recharge, RechargeChange } from '../contracts';
import type { StudioApi } from '../models/api';
import { asProblem } from '../models/problems';
import { RECHARGE_FIELDS, rechargeFrom, rechargeLabels, typedRecharge, wrongOf, type RechargeField, type WrongRecharge } from '../models/recharge';
import { givesText } from '../models/shop';
import { sentence } from '../models/wording';
import { button, element, liveRegion, setText, uniqueId } from './dom';
import { Field } from './field';
import { problemText } from './problemText';

/** Folded until opened; asks how it stands then. */
export class RechargeForm {
  readonly node = element('details', { class: 'studio-recharge' });

  constructor(private readonly api: StudioApi) {
    const actions = element('p', { class: 'studio-actions' }, this.save, this.off);
    const choice = element('div', { class: 'studio-field' }, element('label', { for: this.pack.id }, 'Buy'), this.pack);
    this.form.append(choice, this.fields.threshold.node, this.fields.ceiling_minor.node, actions);
    this.form.addEventListener('submit', event => {
      event.preventDefault();
      void this.turnOn();
    });
    this.pack.addEventListener('change', () => { this.relabel(); });
    this.node.append(element('summary', {}, element('h3', {}, 'Auto-recharge'), this.state), this.standing, this.form, this.said);
    this.node.addEventListener('toggle', () => { void this.load(); });
    this.form.hidden = true;
  }

  /** The packs to choose from. */
  offer(packs: readonly Pack[]): void {
    this.packs = packs;
    this.pack.replaceChildren(...packs.map(each => element('option', { value: each.id }, `${givesText(each)} for ${each.price}`)));
  }

  /** Look again, where it is open: a card was kept or removed. */
  async load(): Promise<void> {
    if (!this.node.open) {
      return;
    }
    try {
      this.show(await this.api.recharge());
    } catch (thrown) {
      this.said.replaceChildren(problemText(asProblem(thrown)));
    }
  }

  private show(recharge: Recharge): void {
    const isOn = recharge.state === 'on';
    setText(this.state, ` · ${recharge.state}`);
    const needs = recharge.card === null ? ' It needs a card that is kept: tick the box above and buy once.' : '';
    setText(this.standing, sentence(recharge.says) + needs);
    this.form.hidden = recharge.card === null && !isOn;
    this.off.hidden = !isOn;
    setText(this.save, isOn ? 'Save' : 'Turn on');
    const typed = typedRecharge(recharge, this.packs);
    this.pack.value = typed.pack;
    RECHARGE_FIELDS.forEach(field => { this.fields[field].fill(typed[field]); });
    this.relabel();
  }

  private relabel(): void {
    const labels = rechargeLabels(this.packs.find(each => each.id === this.pack.value));
    RECHARGE_FIELDS.forEach(field => { this.fields[field].name(labels[field]); });
  }

  private async turnOn(): Promise<void> {
    const read = (field: RechargeField): string => this.fields[field].input.value;
    const typed = { pack: this.pack.value, threshold: read('threshold'), ceiling_minor: read('ceiling_minor') };
    const { change, wrong } = rechargeFrom(typed, this.packs);
    this.mark(wrong);
    if (change !== null) {
      await this.change(change, 'Auto-recharge is on.');
    }
  }

  private async change(change: RechargeChange, done: string): Promise<void> {
    try {
      this.show(await this.api.changeRecharge(change));
      setText(this.said, done);
    } catch (thrown) {
      const problem = asProblem(thrown);
      this.mark(wrongOf(problem.problem));
      this.said.replaceChildren(problemText(problem));
    }
  }

  private mark(wrong: WrongRecharge): void {
    RECHARGE_FIELDS.forEach(field => { this.fields[field].mark(wrong[field] ?? ''); });
    const first = RECHARGE_FIELDS.find(field => wrong[field] !== undefined);
    if (first !== undefined) {
      this.fields[first].input.focus();
    }
  }

  private readonly fields: Readonly<Record<RechargeField, Field>> = { threshold: new Field('decimal'), ceiling_minor: new Field('decimal') };
  private readonly state = element('span', { class: 'studio-quiet' });
  private readonly standing = element('p', { class: 'studio-plan' });
  private readonly form = element('form', { class: 'studio-form', novalidate: true });
  private readonly pack = element('select', { id: uniqueId('recharge') });
  private readonly save = element('button', { type: 'submit', class: 'studio-button studio-button-main' }, 'Turn on');
  private readonly off = button('Turn off', () => { void this.change({ on: false }, 'Auto-recharge is off.'); });
  private readonly said = liveRegion('studio-said');
  private packs: readonly Pack[] = [];
}
