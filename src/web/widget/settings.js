// The panel of the user's settings.
//
// Owns: the list of the settings and their three looks: a switch, a choice, a slider. Must not: keep them; the core does.

import { acts, mayNotify, panel, playSound } from './chunk.opened.js';
import { fieldOf, h, window } from './share.js';

/** @typedef {import('./state.js').Bar} Bar */

/** A setting's key and label, and for a choice its values with their names, for a slider its ends. @type {[keyof import('../core/types.js').Settings, string, (string[][] | number)?, number?][]} */
const SETTINGS = [
  ['play_sound', 'Play a sound'],
  ['desktop_notify', 'Desktop notifications'],
  ['msg_auto_pop', 'Open new messages'],
  ['buddy_sticky', 'Keep contacts open'],
  ['minimize_layout', 'Icons only'],
  [
    'theme',
    'Theme',
    [
      ['auto', 'Automatic'],
      ['light', 'Light'],
      ['dark', 'Dark'],
    ],
  ],
  [
    'lang',
    'Language',
    [
      ['', 'As the page'],
      ['en', 'English'],
      ['zh-CN', '简体中文'],
      ['zh-TW', '繁體中文'],
    ],
  ],
  ['opacity', 'Opacity', 50, 100],
  ['zoom', 'Size', 80, 150],
];

/** @param {Bar} bar @param {string} key @param {unknown} value */
async function set(bar, key, value) {
  if (key === 'play_sound' && value) playSound(bar);
  if (key === 'desktop_notify' && value) {
    // Permission may be asked for only here, on the user's own click.
    if (typeof window.Notification === 'function') await window.Notification.requestPermission();
    value = mayNotify();
    bar.ui.denied = !value;
  }
  delete bar.ui.sliding[key];
  acts(bar).set({ [key]: value });
  bar.draw();
}

/** @param {Bar} bar @param {typeof SETTINGS[number]} setting */
function option(bar, [key, label, choices, max]) {
  const value = bar.ui.sliding[key] ?? bar.im.settings[key];
  const onchange = (/** @type {Event} */ event) => {
    const field = fieldOf(event);
    void set(bar, key, choices ? (max ? Number(field.value) : field.value) : field.checked);
  };
  // Zoom follows when the slider is let go: it must not move away under the hand.
  const oninput = (/** @type {Event} */ event) => {
    bar.ui.sliding[key] = Number(fieldOf(event).value);
    bar.draw();
  };
  const percent = `${bar.number(Number(value))} %`;
  let shown = [
    h('input', {
      type: 'checkbox',
      role: 'switch',
      id: key === 'play_sound' && !bar.ui.narrow ? 'first' : null,
      checked: value && (key !== 'desktop_notify' || mayNotify()),
      onchange,
    }),
  ];
  if (Array.isArray(choices))
    shown = [
      h(
        'select',
        { onchange },
        ...choices.map(([name, text = '']) =>
          h('option', { value: name, selected: name === String(value) }, bar.t(text)),
        ),
      ),
    ];
  else if (max)
    shown = [
      h('input', {
        type: 'range',
        min: choices,
        max,
        step: 5,
        value: String(value),
        'aria-valuetext': percent,
        oninput,
        onchange,
      }),
      h('output', { 'aria-hidden': 'true' }, percent),
    ];
  return [
    h('label.opt', { key }, h('span', bar.t(label)), ...shown),
    key === 'desktop_notify' &&
      h('p.hint', { role: 'status' }, bar.ui.denied && bar.t('The browser does not allow it.')),
    key === 'minimize_layout' && h('hr'),
  ];
}

/** @param {Bar} bar */
export const settingsPanel = (bar) =>
  panel(
    bar,
    bar.t('Settings'),
    h(
      'div.list.set',
      ...SETTINGS.map((setting) => option(bar, setting)),
      !bar.ui.narrow && h('p.hint', bar.t('{} moves to the chat bar.', 'Alt+Shift+C')),
    ),
  );
