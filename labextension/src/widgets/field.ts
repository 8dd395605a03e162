/** One input of a form: label, what was typed, what it means, what is wrong. */

import { element, setAttributes, setText, uniqueId } from './dom';

/** Its label and hint may change; what is wrong is tied to the input for screen readers. */
export class Field {
  readonly node: HTMLElement;
  readonly input: HTMLInputElement;

  constructor(mode: 'numeric' | 'decimal', label = '') {
    const [id, hint, wrong] = [uniqueId('field'), uniqueId('hint'), uniqueId('wrong')];
    this.input = element('input', { id, type: 'text', inputmode: mode, autocomplete: 'off', 'aria-describedby': `${hint} ${wrong}` });
    this.hint.id = hint;
    this.wrong.id = wrong;
    this.label.htmlFor = id;
    this.name(label);
    this.node = element('div', { class: 'studio-field' }, this.label, this.input, this.hint, this.wrong);
  }

  name(label: string): void {
    setText(this.label, label);
  }

  fill(value: string, hint = ''): void {
    this.input.value = value;
    setText(this.hint, hint);
    this.mark('');
  }

  mark(wrong: string): void {
    setAttributes(this.input, { 'aria-invalid': wrong !== '' && 'true' });
    setText(this.wrong, wrong);
  }

  private readonly label = element('label');
  private readonly hint = element('span', { class: 'studio-quiet' });
  private readonly wrong = element('span', { class: 'studio-wrong' });
}
