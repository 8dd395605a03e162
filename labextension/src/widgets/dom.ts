/** DOM from names, attributes and text. Text is always text: nothing here parses markup. */

export type Child = Node | string | null;
type Listener<K extends keyof HTMLElementEventMap> = (event: HTMLElementEventMap[K]) => void;

/** Attributes by name; false and null leave one out, true sets it empty. */
export type Attributes = Readonly<Record<string, string | number | boolean | null>>;

/** A new element. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  setAttributes(made, attributes);
  made.append(...children.filter(child => child !== null));
  return made;
}

/** Set or remove attributes. */
export function setAttributes(target: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null) {
      target.removeAttribute(name);
    } else {
      target.setAttribute(name, value === true ? '' : String(value));
    }
  }
}

/** A button that does one thing; the listener goes with the button. */
export function button(label: string, act: Listener<'click'>, attributes: Attributes = {}): HTMLButtonElement {
  const made = element('button', { type: 'button', class: 'studio-button', ...attributes }, label);
  made.addEventListener('click', act);
  return made;
}

/** A link to a page elsewhere, in a tab of its own that cannot reach back. */
export function linkTo(address: string, text: string): HTMLAnchorElement {
  return element('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }, text);
}

/** Change the text only when it differs, so that live regions speak once. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) {
    target.textContent = text;
  }
}

/** Text only for screen readers. */
export function hiddenText(text: string): HTMLSpanElement {
  return element('span', { class: 'studio-hidden' }, text);
}

/** A place whose new text is spoken politely. */
export function liveRegion(className = 'studio-hidden'): HTMLDivElement {
  return element('div', { class: className, role: 'status', 'aria-live': 'polite' });
}

/** An identifier that is unique in the page. */
export function uniqueId(name: string): string {
  return `studio-${name}-${++count}`;
}

let count = 0;
