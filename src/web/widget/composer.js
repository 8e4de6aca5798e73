// Where a message is written.
//
// Owns: the text field, the emoji and formatting trays, the limit of a message's size.
// Must not: lose what was typed.

import { BODY_BYTES_MAX } from '../core/limits.js';
import { bytesOf } from '../core/shape.js';
import { shownStyle, writeStyle } from './style.js';
import { acts } from './chunk.opened.js';
import { fieldOf, h, iconButton, partner } from './share.js';

/** @typedef {import('./state.js').Bar} Bar */
/** @typedef {import('../core/types.js').Chat} Chat */

/** An emoji is its own name: screen readers say it in the language of their user, whatever the bar speaks. */
const EMOJI = [...'🙂😁😃😆😂😉😊😍😘😛😎🤔😐🙄😌😴😟🙁😢😭😮😳😠😡👍👎👌👏👋🙏💪🤝', '❤️', ...'💔🔥🎉🎁💯🌹🍵'];
/** Colours to write in; each is moved until it can be read in the theme. The first is none. */
const COLORS = ['', '#d0342c', '#c2570c', '#8a6d00', '#1a7f37', '#0b7285', '#2563d9', '#7c3aed'];

/** @typedef {import('./style.js').Format} Format */
/** The buttons of the formatting tray: what each sets, its letter and its name. @type {[Partial<Format>, string, string][]} */
const FORMATS = [
  [{ bold: true }, 'B', 'Bold'],
  [{ italic: true }, 'I', 'Italic'],
  [{ underline: true }, 'U', 'Underline'],
  [{ size: 12 }, 'A', 'Small text'],
  [{ size: 0 }, 'A', 'Normal text'],
  [{ size: 18 }, 'A', 'Large text'],
];

/** @param {Bar} bar @param {Chat} chat @param {string} text */
function setDraft(bar, chat, text) {
  acts(bar).draft(chat.key, text);
  bar.draw();
}

/** What a draft would send, and how long it is. @param {string} draft */
function weigh(draft) {
  const body = draft.trim();
  const bytes = bytesOf(body);
  return { body, bytes, long: bytes > BODY_BYTES_MAX };
}

/** What was typed last may not be drawn yet, so the draft is asked for. @param {Bar} bar @param {Chat} chat */
function send(bar, { key }) {
  const chat = bar.im.chats.find((it) => it.key === key);
  const { body, long } = weigh(chat?.draft ?? '');
  if (!chat || !body || long) return;
  bar.im.send(key, body, writeStyle(bar.ui.format));
  if (bar.ui.tray === 'emoji') bar.ui.tray = '';
  setDraft(bar, chat, '');
  bar.focus('input');
}

/** @param {Bar} bar @param {Chat} chat @param {string} emoji */
function insert(bar, chat, emoji) {
  const input = /** @type {HTMLTextAreaElement} */ (bar.find('input'));
  input.setRangeText(emoji, input.selectionStart, input.selectionEnd, 'end');
  setDraft(bar, chat, input.value);
}

/** A button that sets a part of the format, or takes it away if it is set and can be off. @param {Bar} bar @param {string} look @param {string} label @param {Partial<Format>} change @param {import('./dom.js').Props} [props] @param {string} [letter] */
function setter(bar, look, label, change, props, letter) {
  const [[key, value]] = /** @type {[[keyof Format, unknown]]} */ (Object.entries(change));
  const on = bar.ui.format[key] === value;
  const onclick = () => {
    Object.assign(bar.ui.format, value === true ? { [key]: !on } : change);
    bar.save();
  };
  return h(`button${look}`, { label, title: label, 'aria-pressed': on, onclick, ...props }, letter);
}

/** @param {string} look @param {string} role @param {string} keys @param {string} label @param {...import('./dom.js').Child} kids */
const tray = (look, role, keys, label, ...kids) =>
  h(`div.tray${look}`, { key: look, id: 'tray', role, label, 'data-keys': keys }, ...kids);

/** @param {Bar} bar @param {Chat} chat */
const emojiTray = (bar, chat) =>
  tray(
    '.emoji',
    'group',
    'g',
    bar.t('Emoji'),
    EMOJI.map((emoji) => h('button', { onclick: () => insert(bar, chat, emoji) }, emoji)),
  );

/** @param {Bar} bar */
const formatTray = (bar) =>
  tray(
    '.format',
    'toolbar',
    'h',
    bar.t('Formatting'),
    FORMATS.map(([change, letter, name]) =>
      setter(bar, '.ib', bar.t(name), change, { style: shownStyle(bar, writeStyle(change)) }, letter),
    ),
    h(
      'span.swatches',
      { role: 'group', label: bar.t('Text colour') },
      COLORS.map((color, index) => {
        const style = { '--swatch': shownStyle(bar, `color:${color}`).color ?? 'currentColor' };
        return setter(bar, '.swatch', color ? bar.t('Colour {}', index) : bar.t('No colour'), { color }, { style });
      }),
    ),
  );

/** @param {Bar} bar @param {Chat} chat */
export function composer(bar, chat) {
  const { body, bytes, long } = weigh(chat.draft);
  const onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    send(bar, chat);
  };
  const onkeydown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Enter' && !event.shiftKey) onsubmit(event);
  };
  const opener = (
    /** @type {'emoji' | 'format'} */ name,
    /** @type {string} */ label,
    /** @type {import('./icons.js').Icon} */ mark,
  ) =>
    iconButton(bar, label, mark, () => bar.toggleTray(name), {
      id: `open ${name}`,
      'aria-expanded': bar.ui.tray === name,
    });
  return h(
    'form.composer',
    { onsubmit },
    bar.ui.tray === 'emoji' && emojiTray(bar, chat),
    bar.ui.tray === 'format' && formatTray(bar),
    h(
      long ? 'p.note.error' : 'p.none',
      { id: 'limit', role: 'status' },
      long && bar.t('Too long: {} of {} bytes', bytes, BODY_BYTES_MAX),
    ),
    h(
      'div.write',
      opener('emoji', bar.t('Emoji'), 'smile'),
      opener('format', bar.t('Formatting'), 'letter'),
      h('textarea', {
        id: 'input',
        rows: 1,
        dir: 'auto',
        value: chat.draft,
        placeholder: bar.t('Write a message'),
        label: bar.t('Message to {}', partner(bar, chat).nick),
        'aria-describedby': 'limit',
        'aria-invalid': long,
        enterkeyhint: 'send',
        style: shownStyle(bar, writeStyle(bar.ui.format)),
        onkeydown,
        oninput: (/** @type {Event} */ event) => setDraft(bar, chat, fieldOf(event).value),
      }),
      iconButton(bar, bar.t('Send'), 'send', null, { type: 'submit', disabled: !body || long }, '.send'),
    ),
  );
}

/** The field is as high as what stands in it, up to what the stylesheet allows. @param {Bar} bar */
export function growInput(bar) {
  const input = bar.find('input');
  if (!input) return;
  input.style.height = 'auto';
  input.style.height = `${input.scrollHeight}px`;
}
