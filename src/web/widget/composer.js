// Where a message is written.
//
// Owns: the text field, the emoji and formatting trays, the limit of a message's size. Must not: send while an input
// method is composing, or lose what was typed.

import { h } from './dom.js';
import { emojiGrid } from './emoji.js';
import { icon } from './icons.js';
import { iconButton, partner, toggleTray } from './parts.js';
import { readStyle, writeStyle } from './style.js';

/** @typedef {import('./types.js').View} View */
/** @typedef {import('../core/types.js').Chat} Chat */

export const BODY_BYTES_MAX = 32_768;
/** Colours to write in; each is moved until it can be read in the theme. */
const COLORS = ['#d0342c', '#c2570c', '#8a6d00', '#1a7f37', '#0b7285', '#2563d9', '#7c3aed'];
const SIZES = /** @type {const} */ ([['small', 12], ['normal', 0], ['large', 18]]);
/** A key code of 229 is a key that an input method has taken; some browsers say only that. */
const COMPOSING_KEY = 229;

/** @param {string} text */
export function bytesOf(text) {
  return new TextEncoder().encode(text).length;
}

/** @param {View} view @param {Chat} chat */
function send(view, chat) {
  const body = chat.draft.trim();
  if (!body || bytesOf(body) > BODY_BYTES_MAX) return;
  view.im.send(chat.key, body, writeStyle(view.ui.format));
  view.im.draft(chat.key, '');
  view.ui.tray = view.ui.tray === 'emoji' ? '' : view.ui.tray;
  view.focus(() => view.find('input', chat.key));
}

/** @param {View} view @param {Chat} chat @param {string} emoji */
function insert(view, chat, emoji) {
  const input = /** @type {HTMLTextAreaElement | undefined} */ (view.find('input', chat.key));
  if (!input) return;
  input.setRangeText(emoji, input.selectionStart, input.selectionEnd, 'end');
  view.im.draft(chat.key, input.value);
  view.draw();
}

/** @param {View} view */
function formatting(view) {
  const { t, ui } = view;
  const set = (/** @type {Partial<View['ui']['format']>} */ change) => () => {
    Object.assign(ui.format, change);
    view.save();
  };
  const toggle = (/** @type {'bold' | 'italic' | 'underline'} */ key, /** @type {string} */ letter) => h('button', { type: 'button', class: `ib ${key}`, 'data-k': true, 'aria-pressed': String(ui.format[key]), 'aria-label': t(key), title: t(key), onclick: set({ [key]: !ui.format[key] }) }, letter);
  const swatch = (/** @type {string} */ color, /** @type {string} */ label) => h('button', { type: 'button', class: 'swatch', 'data-k': true, 'aria-pressed': String(ui.format.color === color), 'aria-label': label, title: label, style: { '--swatch': readStyle(`color:${color}`, view.dark).color ?? 'currentColor' }, onclick: set({ color }) });
  return h(
    'div',
    { key: 'format', class: 'tray format', role: 'toolbar', 'aria-label': t('format'), 'data-keys': 'h', 'data-tray': 'format' },
    toggle('bold', 'B'),
    toggle('italic', 'I'),
    toggle('underline', 'U'),
    ...SIZES.map(([name, size]) => h('button', { type: 'button', class: `ib size ${name}`, 'data-k': true, 'aria-pressed': String(ui.format.size === size), 'aria-label': `${t('size')}: ${t(name)}`, title: t(name), onclick: set({ size }) }, 'A')),
    h('span', { class: 'swatches', role: 'group', 'aria-label': t('colour') }, swatch('', t('noColour')), ...COLORS.map((color, index) => swatch(color, t('colourN', { n: index + 1 })))),
  );
}

/** Opens a tray and goes there. @param {View} view @param {'emoji' | 'format'} tray */
function openTray(view, tray) {
  toggleTray(view, tray);
  view.focus(() => (view.ui.tray === tray ? view.find('tray', tray)?.querySelector('[data-k]') : view.find('opens', tray)));
}

/** @param {View} view @param {Chat} chat */
export function composer(view, chat) {
  const { t, ui, words } = view;
  const { nick } = partner(view, chat);
  const bytes = bytesOf(chat.draft.trim());
  const long = bytes > BODY_BYTES_MAX;
  const submit = (/** @type {any} */ event) => {
    event.preventDefault();
    send(view, chat);
  };
  const onkeydown = (/** @type {any} */ event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === COMPOSING_KEY) return;
    submit(event);
  };
  const opens = (/** @type {'emoji' | 'format'} */ tray) => ({ 'aria-expanded': String(ui.tray === tray), 'data-opens': tray });
  return h(
    'form',
    { class: 'composer', onsubmit: submit },
    ui.tray === 'emoji' && emojiGrid(view, (emoji) => insert(view, chat, emoji)),
    ui.tray === 'format' && formatting(view),
    h('p', { id: 'limit', class: long ? 'note error' : 'none', role: 'status' }, long && t('tooLong', { n: words.number(bytes), max: words.number(BODY_BYTES_MAX) })),
    h(
      'div',
      { class: 'write' },
      iconButton(t('emojiPicker'), 'smile', () => openTray(view, 'emoji'), opens('emoji')),
      iconButton(t('format'), 'letter', () => openTray(view, 'format'), opens('format')),
      h('textarea', {
        key: chat.key, rows: 1, dir: 'auto', value: chat.draft, placeholder: t('typeHere'), 'aria-label': t('messageTo', { who: nick }), 'aria-describedby': long ? 'limit' : null, 'aria-invalid': long ? 'true' : null,
        enterkeyhint: 'send', style: readStyle(writeStyle(ui.format), view.dark), 'data-input': chat.key, onkeydown,
        oninput: (/** @type {any} */ event) => {
          view.im.draft(chat.key, event.target.value);
          view.draw();
        },
      }),
      h('button', { class: 'ib send', 'aria-label': t('send'), title: t('send'), disabled: !chat.draft.trim() || long }, icon('send')),
    ),
  );
}

/** The field is as high as what stands in it, up to what the stylesheet allows. @param {View} view @param {Chat | undefined} chat */
export function growInput(view, chat) {
  const input = chat && view.find('input', chat.key);
  if (!input) return;
  input.style.height = 'auto';
  input.style.height = `${input.scrollHeight}px`;
}
