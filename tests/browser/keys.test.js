// Keys and focus on pages that want them for themselves.
//
// Owns: that a page does not see the keys in a field of the bar, and sees all others; that a dialog of the page holds the
// bar back; keys of input methods. Must not: go the whole way by keyboard; `keyboard.test.js` does.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { boxOf, focused, until } from './support/eyes.js';
import { openHouse } from './support/house.js';
import { scriptTag, serve } from './support/pages.js';
import { Tab } from './support/people.js';
import { noted, standIn } from './support/stubs.js';

const house = openHouse();

/** A thread whose pages are turned by arrow keys, as forums do it: they look only at the kind of element that has the focus. */
const THREAD = `
  <main><input id="mine" aria-label="mine"></main>
  <script>
    seen = { turned: 0, heard: [], pointers: 0 };
    const isField = (event) => /INPUT|TEXTAREA/.test(event.target.tagName);
    const turn = (event) => { if (!isField(event) && /^Arrow/.test(event.key)) seen.turned += 1; };
    for (const type of ['keydown', 'keypress', 'keyup']) {
      document.addEventListener(type, turn);
      document.addEventListener(type, turn, true);
      document.addEventListener(type, (event) => { if (!isField(event)) seen.heard.push(type + ' ' + event.key); }, true);
    }
    // Guards of the time when Backspace went back, and of editors with their own meaning of Shift and Enter.
    document.addEventListener('keydown', (event) => { if (event.key === 'Backspace' && !isField(event)) event.preventDefault(); }, true);
    document.addEventListener('keydown', (event) => { if (event.key === 'Enter' && !isField(event)) event.preventDefault(); });
    document.addEventListener('paste', (event) => event.preventDefault(), true);
    addEventListener('beforeinput', (event) => { if (!isField(event)) event.preventDefault(); });
    for (const type of ['pointerdown', 'pointerup', 'click']) document.addEventListener(type, () => (seen.pointers += 1));
  </script>`;

/** Somebody on a page of this content, with the bar. @param {string} id @param {string} html @param {{init?: () => void}} [options] */
async function visit(id, html, options) {
  const person = await house.known(id, options);
  const tag = await scriptTag(person.page, house.url);
  await serve(person.page, house.url, `<body>${html}${tag}</body>`);
  const bar = await new Tab(person.page).online();
  return { person, page: person.page, keyboard: person.page.keyboard, bar };
}

/** Takes what the thread has noted. @param {import('playwright-core').Page} page @returns {Promise<{turned: number, heard: string[], pointers: number}>} */
const seen = (page) =>
  page.evaluate(() => {
    const it = /** @type {any} */ (window);
    const was = it.seen;
    it.seen = { turned: 0, heard: [], pointers: 0 };
    return was;
  });

test('a key in a message turns no page, and guards of the page do not take it', async () => {
  const { page, keyboard, bar } = await visit('alice', THREAD);
  const chat = await bar.chatWith('Bob');
  await chat.box.click();
  await seen(page);
  await keyboard.type('abc');
  for (const key of ['ArrowLeft', 'ArrowLeft', 'Backspace', 'ArrowRight', 'ArrowRight', 'Shift+Enter'])
    await keyboard.press(key);
  await keyboard.type('d');
  assert.equal(await chat.box.inputValue(), 'bc\nd');
  assert.deepEqual(await seen(page), { turned: 0, heard: [], pointers: 0 });

  // A paste, keys in the other fields, and a slider.
  await chat.box.evaluate((/** @type {HTMLElement} */ box) => {
    const event = new ClipboardEvent('paste', { bubbles: true, composed: true, cancelable: true });
    box.dispatchEvent(event);
    box.dataset.pasted = String(!event.defaultPrevented);
  });
  assert.equal(await chat.box.getAttribute('data-pasted'), 'true');
  const search = (await bar.panel('Contacts')).getByRole('searchbox');
  await search.press('ArrowLeft');
  await search.pressSequentially('bo');
  await bar.region.getByRole('button', { name: /^Carol/ }).waitFor({ state: 'detached' });
  const slider = (await bar.panel('Settings')).getByRole('slider').first();
  await slider.focus();
  await keyboard.press('ArrowLeft');
  await until('the slider has moved', async () => (await slider.inputValue()) === '95');
  assert.deepEqual((await seen(page)).heard, []);
});

test('the page sees the keys on a button that the bar does not use', async () => {
  const { page, keyboard, bar } = await visit('bob', THREAD);
  const contacts = bar.button(/^Contacts/);
  await seen(page);
  await contacts.click();
  assert.ok((await seen(page)).pointers >= 3, 'the page closes its menus by pointers');
  await (await bar.contact('Alice')).first().focus();
  await seen(page);
  await keyboard.press('ArrowDown');
  await keyboard.press('ArrowUp');
  await focused((await bar.contact('Alice')).first());
  await keyboard.press('?');
  await keyboard.press('ArrowLeft');
  const { heard } = await seen(page);
  assert.deepEqual(heard, ['keydown ?', 'keypress ?', 'keyup ?', 'keydown ArrowLeft', 'keyup ArrowLeft']);
  await keyboard.press('Enter');
  const chat = bar.chat('Alice');
  await focused(chat.box);
  // Each is let go where the focus has gone to.
  await keyboard.press('Escape');
  await chat.window.waitFor({ state: 'detached' });
  const { turned, heard: rest } = await seen(page);
  assert.deepEqual([turned, rest], [0, []]);
  // Shortcuts of the page and the bar's own go on working.
  await page.locator('#mine').press('Alt+Shift+KeyC');
  await focused(contacts);
  await seen(page);
  await keyboard.press('k');
  assert.deepEqual((await seen(page)).heard, ['keydown k', 'keypress k', 'keyup k']);
});

for (const { what, listen } of [
  { what: 'focusin', listen: "document.addEventListener('focusin', trap)" },
  { what: 'focusin on capture', listen: "document.addEventListener('focusin', trap, true)" },
  { what: 'focus on capture', listen: "document.addEventListener('focus', trap, true)" },
  {
    what: 'focusin of the window, after the bar',
    listen: "addEventListener('load', () => setTimeout(() => addEventListener('focusin', trap, true)))",
  },
]) {
  test(`a page's modal that holds the focus by ${what} leaves a field of the bar alone`, async () => {
    const modal = `<div id="modal" role="dialog" tabindex="-1"><button>OK</button></div>
      <script>
        const trap = (event) => { if (!modal.contains(event.target)) modal.focus(); };
        ${listen};
      </script>`;
    const { page, keyboard, bar } = await visit('carol', modal);
    await bar.button(/^Contacts/).click();
    const search = bar.region.getByRole('searchbox');
    await search.click();
    await keyboard.type('bo');
    assert.equal(await search.inputValue(), 'bo');
    await focused(search);
    // It still is a trap for the rest.
    await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).blur());
    await bar.button('Settings').focus();
    await focused(page.locator('#modal'));
  });
}

test('while a dialog of the page is open the bar stays as it is', async () => {
  const { page, keyboard, bar } = await visit('dave', '<dialog id="ask"><button id="yes">Yes</button></dialog>');
  await bar.button('Hide chat bar').click();
  await bar.button('Show chat bar').waitFor();
  await page.evaluate(() => /** @type {HTMLDialogElement} */ (document.getElementById('ask')).showModal());
  await focused(page.locator('#yes'));
  await keyboard.press('Alt+Shift+KeyC');
  const { x, y, width, height } = await boxOf(bar.button('Show chat bar'));
  await page.mouse.click(x + width / 2, y + height / 2);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  assert.equal(await bar.button('Hide chat bar').count(), 0);
  await page.evaluate(() => /** @type {HTMLDialogElement} */ (document.getElementById('ask')).close());
  await keyboard.press('Alt+Shift+KeyC');
  await focused(bar.button(/^Contacts/));
});

test('a key of an input method, Escape too, does nothing of the bar', async () => {
  const { page, keyboard, bar } = await visit('meiling', '');
  const chat = await bar.chatWith('小明');
  await chat.box.fill('ni');
  const panel = await bar.panel('Contacts');
  const status = panel.getByLabel('Your status');
  await status.fill('hao');
  /** @param {import('playwright-core').Locator} field @param {string} key */
  const press = (field, key) =>
    field.evaluate((element, name) => {
      for (const how of [{ isComposing: true }, { keyCode: 229 }])
        element.dispatchEvent(
          new KeyboardEvent('keydown', { key: name, bubbles: true, composed: true, cancelable: true, ...how }),
        );
    }, key);
  for (const field of [chat.box, status, panel.getByRole('searchbox')]) {
    await field.focus();
    for (const key of ['Escape', 'Enter']) await press(field, key);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    await focused(field);
  }
  assert.deepEqual([await chat.box.inputValue(), await status.inputValue()], ['ni', 'hao']);
  assert.ok((await panel.isVisible()) && (await chat.window.isVisible()));
  await keyboard.press('Escape');
  await panel.waitFor({ state: 'detached' });
});

test('typing in the bar is a gesture after which it may sound', async () => {
  const person = await house.arrive('zoe', { init: standIn });
  const bar = await person.bar.online();
  await bar.button(/^Contacts/).focus();
  assert.equal((await noted(person.page)).contexts, 0);
  await person.page.keyboard.press('Enter');
  await until('there is sound', async () => (await noted(person.page)).contexts === 1);
});
