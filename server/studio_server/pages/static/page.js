// Buttons and forms of the account pages. What one asks the server for is written on it: data-ask="POST api/…",
// data-body='{…}' for a button; a form sends its fields by name. An answer with an address leads there, any other
// answer shows the page anew, and a refusal is said beside what was pressed. Without a login nothing here is shown.
'use strict';

const ROOT = new URL('../', document.currentScript.src);
const WEB = ['https:', 'http:'];
const UNKNOWN = 500; // from here on an answer does not say what became of the question

/** A key nobody else uses, also where the page is not served securely. */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');
}

/** Jupyter's proof that this page, and not another site, asks. */
function xsrf() {
  return /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie)?.[1] ?? '';
}

/** Text field: text, or null when empty. Number field: number, times data-times, or null. Checkbox: if it is ticked. */
function valueOf(field) {
  if (field.type === 'checkbox') {
    return field.checked;
  }
  const text = field.value.trim();
  if (text === '') {
    return null;
  }
  const isNumber = field.type === 'number' || field.dataset.number !== undefined;
  return isNumber ? Math.round(Number(text) * Number(field.dataset.times ?? 1)) : text;
}

function bodyOf(asked) {
  if (asked instanceof HTMLFormElement) {
    const fields = [...asked.elements].filter(field => field.name);
    return JSON.stringify(Object.fromEntries(fields.map(field => [field.name, valueOf(field)])));
  }
  return asked.dataset.body ?? '{}';
}

/** The same press sent again carries the same key while nobody knows what became of it, so that it is done once. */
function keyOf(asked, body) {
  if (asked.dataset.keyBody !== body) {
    asked.dataset.keyBody = body;
    asked.dataset.key = newKey();
  }
  return asked.dataset.key;
}

function send(asked) {
  const [method, path] = asked.dataset.ask.split(' ');
  const body = bodyOf(asked);
  const headers = { Accept: 'application/json', 'X-XSRFToken': xsrf(), 'Idempotency-Key': keyOf(asked, body) };
  if (method === 'DELETE') {
    return fetch(new URL(path, ROOT), { method, headers });
  }
  return fetch(new URL(path, ROOT), { method, headers: { ...headers, 'Content-Type': 'application/json' }, body });
}

/** A reason as a sentence of its own; names of fields keep their spelling. */
function sentence(text) {
  const first = /^[a-z_]+:/.test(text) ? text : text[0].toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** What to do next; an address in it is said as a link instead. */
function next(problem) {
  return problem.action && typeof problem.url !== 'string' ? `Next: ${problem.action}` : '';
}

/** Say a refusal in its place, with a link where it names a page to go to instead. */
async function refuse(place, response) {
  const problem = await response.json().catch(() => ({}));
  place.textContent = refusal(response, problem);
  const url = typeof problem.url === 'string' ? new URL(problem.url, ROOT) : null;
  if (url !== null && WEB.includes(url.protocol)) {
    place.append(' ', Object.assign(document.createElement('a'), { href: url.href, textContent: 'Pay on this page' }));
  }
}

/** The sentences of a refusal; what it says of single fields as well. */
function refusal(response, problem) {
  const fields = (problem.fields ?? []).map(each => `${each.field}: allowed is ${each.allowed}.`);
  const said = [problem.error, problem.reason, ...fields, next(problem)].filter(Boolean).map(sentence);
  return said.length > 0 ? said.join(' ') : `The server answered ${response.status}. Sign in again and reload this page.`;
}

/** Where refusals of this button or form are said: a place of its own right after it. */
function placeOf(asked) {
  const found = asked.parentElement.querySelector(':scope > .said');
  if (found !== null) {
    return found;
  }
  const made = Object.assign(document.createElement('p'), { className: 'said' });
  made.setAttribute('role', 'alert');
  asked.after(made);
  return made;
}

async function ask(asked) {
  const wanted = asked.dataset.confirm;
  if (asked.getAttribute('aria-busy') === 'true' || (wanted !== undefined && !window.confirm(wanted))) {
    return;
  }
  const place = placeOf(asked);
  place.textContent = '';
  asked.setAttribute('aria-busy', 'true');
  try {
    const response = await send(asked);
    if (response.status < UNKNOWN) {
      delete asked.dataset.keyBody;
    }
    if (response.ok) {
      await goOn(response);
    } else {
      await refuse(place, response);
    }
  } catch {
    place.textContent = 'The server cannot be reached. Try again in a moment: nothing is done twice.';
  } finally {
    asked.removeAttribute('aria-busy');
  }
}

async function goOn(response) {
  const answer = await response.json().catch(() => ({}));
  const url = typeof answer.url === 'string' && answer.url !== '' ? new URL(answer.url, ROOT) : null;
  if (url !== null && WEB.includes(url.protocol)) {
    window.location.assign(url);
  } else {
    window.location.reload();
  }
}

for (const asked of document.querySelectorAll('[data-ask]')) {
  const event = asked instanceof HTMLFormElement ? 'submit' : 'click';
  asked.addEventListener(event, happened => {
    happened.preventDefault();
    void ask(asked);
  });
}
document.documentElement.dataset.ready = 'true';
