// Where a message is written.
//
// Owns: the text field, the emoji and formatting trays, the limit of a message's size.
// Must not: lose what was typed.

import { BODY_BYTES_MAX } from '../core/limits.js';
import { bytesOf } from '../core/shape.js';
import { readStyle, writeStyle } from './style.js';
import { acts } from './chunk.opened.js';
import { draw, fieldOf, find, focus, h, iconButton, im, partner, save, t, toggleTray, ui } from './share.js';

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

/** @param {Chat} chat @param {string} text */
function setDraft(chat, text) {
  acts.draft(chat.key, text);
  draw();
}

/** What a draft would send, and how long it is. @param {string} draft */
function weigh(draft) {
  const body = draft.trim();
  const bytes = bytesOf(body);
  return { body, bytes, long: bytes > BODY_BYTES_MAX };
}

/** What was typed last may not be drawn yet, so the draft is asked for. @param {Chat} chat */
function send({ key }) {
  const chat = im.chats.find((it) => it.key === key);
  const { body, long } = weigh(chat?.draft ?? '');
  if (!chat || !body || long) return;
  im.send(key, body, writeStyle(ui.format));
  if (ui.tray === 'emoji') ui.tray = '';
  setDraft(chat, '');
  focus('input');
}

/** @param {Chat} chat @param {string} emoji */
function insert(chat, emoji) {
  const input = /** @type {HTMLTextAreaElement} */ (find('input'));
  input.setRangeText(emoji, input.selectionStart, input.selectionEnd, 'end');
  setDraft(chat, input.value);
}

/** A button that sets a part of the format, or takes it away if it is set and can be off. @param {string} look @param {string} label @param {Partial<Format>} change @param {import('./dom.js').Props} [props] @param {string} [letter] */
function setter(look, label, change, props, letter) {
  const [[key, value]] = /** @type {[[keyof Format, unknown]]} */ (Object.entries(change));
  const on = ui.format[key] === value;
  const onclick = () => {
    Object.assign(ui.format, value === true ? { [key]: !on } : change);
    save();
  };
  return h(`button${look}`, { label, title: label, 'aria-pressed': on, onclick, ...props }, letter);
}

/** @param {string} look @param {string} role @param {string} keys @param {string} label @param {...import('./dom.js').Child} kids */
const tray = (look, role, keys, label, ...kids) =>
  h(`div.tray${look}`, { key: look, id: 'tray', role, label, 'data-keys': keys }, ...kids);

/** @param {Chat} chat */
const emojiTray = (chat) =>
  tray(
    '.emoji',
    'group',
    'g',
    t('Emoji'),
    EMOJI.map((emoji) => h('button', { onclick: () => insert(chat, emoji) }, emoji)),
  );

const formatTray = () =>
  tray(
    '.format',
    'toolbar',
    'h',
    t('Formatting'),
    FORMATS.map(([change, letter, name]) =>
      setter('.ib', t(name), change, { style: readStyle(writeStyle(change), ui.dark) }, letter),
    ),
    h(
      'span.swatches',
      { role: 'group', label: t('Text colour') },
      COLORS.map((color, index) => {
        const style = { '--swatch': readStyle(`color:${color}`, ui.dark).color ?? 'currentColor' };
        return setter('.swatch', color ? t('Colour {}', index) : t('No colour'), { color }, { style });
      }),
    ),
  );

/** @param {Chat} chat */
export function composer(chat) {
  const { body, bytes, long } = weigh(chat.draft);
  const onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    send(chat);
  };
  const onkeydown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Enter' && !event.shiftKey) onsubmit(event);
  };
  const opener = (
    /** @type {'emoji' | 'format'} */ name,
    /** @type {string} */ label,
    /** @type {import('./icons.js').Icon} */ mark,
  ) => iconButton(label, mark, () => toggleTray(name), { id: `open ${name}`, 'aria-expanded': ui.tray === name });
  return h(
    'form.composer',
    { onsubmit },
    ui.tray === 'emoji' && emojiTray(chat),
    ui.tray === 'format' && formatTray(),
    h(
      long ? 'p.note.error' : 'p.none',
      { id: 'limit', role: 'status' },
      long && t('Too long: {} of {} bytes', bytes, BODY_BYTES_MAX),
    ),
    h(
      'div.write',
      opener('emoji', t('Emoji'), 'smile'),
      opener('format', t('Formatting'), 'letter'),
      h('textarea', {
        id: 'input',
        rows: 1,
        dir: 'auto',
        value: chat.draft,
        placeholder: t('Write a message'),
        label: t('Message to {}', partner(chat).nick),
        'aria-describedby': 'limit',
        'aria-invalid': long,
        enterkeyhint: 'send',
        style: readStyle(writeStyle(ui.format), ui.dark),
        onkeydown,
        oninput: (/** @type {Event} */ event) => setDraft(chat, fieldOf(event).value),
      }),
      iconButton(t('Send'), 'send', null, { type: 'submit', disabled: !body || long }, '.send'),
    ),
  );
}

/** The field is as high as what stands in it, up to what the stylesheet allows. */
export function growInput() {
  const input = find('input');
  if (!input) return;
  input.style.height = 'auto';
  input.style.height = `${input.scrollHeight}px`;
}
