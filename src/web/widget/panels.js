// The smaller panels, and the cards above the bar.
//
// Owns: rooms, notifications with broadcasts and channel pushes, settings. Must not: keep anything of its own.

import { h } from './dom.js';
import { icon } from './icons.js';
import { avatar, badge, empty, iconButton, linkified, panel, siteLink } from './parts.js';

/** @typedef {import('./types.js').View} View */
/** @typedef {import('../core/types.js').Notice} Notice */

export const SHORTCUT = 'Alt+Shift+C';

/** @param {View} view @param {import('../core/types.js').RoomInfo} room */
function roomRow(view, room) {
  const { im, t, words } = view;
  const unread = im.chats.find((chat) => chat.key === `r/${room.id}`)?.unread ?? 0;
  const line = room.blocked ? t('locked') : t('roomCount', { n: words.number(room.count), all: words.number(room.all_count) });
  const label = t(room.blocked ? 'unlockRoom' : 'lockRoom', { who: room.nick });
  return h(
    'li',
    { key: room.id, class: room.blocked ? 'row off' : 'row' },
    h(
      'button',
      { type: 'button', class: 'who', 'data-k': true, 'aria-label': [room.nick, line, unread && t('nUnread', { n: words.number(unread) })].filter(Boolean).join(', '), onclick: () => view.openChat(`r/${room.id}`) },
      avatar(view, room),
      h('span', { class: 'txt' }, h('span', { class: 'nick cut', dir: 'auto' }, room.nick), ' ', h('span', { class: 'sub cut' }, line)),
      badge(view, unread),
    ),
    iconButton(label, 'lock', () => void im.lock(room.id, !room.blocked), { class: room.blocked ? 'more kept' : 'more', 'data-sub': true, 'aria-pressed': String(Boolean(room.blocked)) }),
  );
}

/** @param {View} view */
export function roomsPanel(view) {
  const { t } = view;
  const { compare } = new Intl.Collator(view.words.lang, { numeric: true });
  const rooms = [...view.im.rooms.values()].sort((a, b) => Number(a.blocked ?? 0) - Number(b.blocked ?? 0) || compare(a.nick, b.nick));
  return panel(
    view,
    t('rooms'),
    h('div', { class: 'list', 'data-keys': 'v' }, rooms.length ? h('ul', { 'aria-label': t('rooms') }, ...rooms.map((room) => roomRow(view, room))) : empty('people', t('noRooms'), t('noRoomsHint'))),
  );
}

/** @param {View} view @param {Notice} notice @param {(() => void)} [dismiss] as a card that can be put away */
function noticeCard(view, notice, dismiss) {
  const { t, words } = view;
  const title = notice.kind === 'channel' ? t('channel', { who: notice.nick }) : t('broadcast');
  return h(
    dismiss ? 'div' : 'li',
    { key: notice.id, class: `card ${notice.kind} ${notice.read ? '' : 'new'}` },
    h('span', { class: 'mark' }, icon(notice.kind === 'channel' ? 'chat' : 'horn')),
    h(
      'div',
      { class: 'txt' },
      h('span', { class: 'what' }, h('strong', { dir: 'auto' }, title), h('time', { datetime: new Date(notice.time).toISOString() }, words.moment(notice.time))),
      h('p', { dir: 'auto' }, linkified(notice.body)),
      notice.kind === 'broadcast' && notice.nick && h('span', { class: 'sub', dir: 'auto' }, notice.nick),
      notice.url && siteLink(notice.url, { class: 'link' }, t('open')),
    ),
    dismiss && iconButton(t('dismiss'), 'x', dismiss),
  );
}

/** @param {View} view */
export function toasts(view) {
  const { ui } = view;
  const dismiss = (/** @type {Notice} */ notice) => {
    ui.toasts = ui.toasts.filter((other) => other !== notice);
    view.draw();
  };
  return h('div', { key: 'toasts', class: 'toasts', role: 'status', part: 'toasts' }, ...ui.toasts.map((notice) => noticeCard(view, notice, () => dismiss(notice))));
}

/** @param {View} view */
export function noticesPanel(view) {
  const { im, t } = view;
  const site = im.notifications.map(({ text, link }, index) => h('li', { key: `${index} ${text}` }, siteLink(link, { class: 'item', 'data-k': true }, icon('bell'), h('span', { dir: 'auto' }, text))));
  const nothing = !site.length && !im.notices.length;
  return panel(
    view,
    t('notifications'),
    h(
      'div',
      { class: 'list', tabIndex: 0, 'data-first': !view.narrow, role: 'group', 'aria-label': t('notifications') },
      nothing && empty('bell', t('noNotifications'), t('noNotificationsHint')),
      site.length > 0 && [h('h3', null, t('fromSite')), h('ul', { 'aria-label': t('fromSite') }, ...site)],
      im.notices.length > 0 && [h('h3', null, t('announcements')), h('ul', { 'aria-label': t('announcements') }, ...im.notices.map((notice) => noticeCard(view, notice)))],
    ),
  );
}

/** @param {View} view @param {'play_sound' | 'buddy_sticky' | 'minimize_layout' | 'msg_auto_pop'} key @param {string} label @param {boolean} [first] */
function switchOf(view, key, label, first) {
  const onchange = (/** @type {any} */ event) => {
    view.im.set({ [key]: event.target.checked });
    if (key === 'play_sound' && event.target.checked) view.testSound();
  };
  return h('label', { class: 'opt' }, h('span', null, label), h('input', { type: 'checkbox', role: 'switch', checked: view.im.settings[key], 'data-first': first && !view.narrow, onchange }));
}

/** Permission may be asked for only here, on the user's own click. @param {View} view */
function desktopSwitch(view) {
  const { im, ui, t } = view;
  const onchange = async (/** @type {any} */ event) => {
    const wanted = event.target.checked;
    const granted = wanted && typeof Notification === 'function' && (await Notification.requestPermission()) === 'granted';
    ui.denied = wanted && !granted;
    im.set({ desktop_notify: granted });
    view.draw();
  };
  const allowed = typeof Notification === 'function' && Notification.permission === 'granted';
  return [
    h('label', { class: 'opt' }, h('span', null, t('desktop')), h('input', { type: 'checkbox', role: 'switch', checked: im.settings.desktop_notify && allowed, onchange })),
    h('p', { class: 'hint', role: 'status' }, ui.denied && t('desktopDenied')),
  ];
}

/** @param {View} view @param {'theme' | 'lang'} key @param {string} label @param {[string, string][]} choices */
function choiceOf(view, key, label, choices) {
  const value = view.im.settings[key];
  return h(
    'label',
    { class: 'opt' },
    h('span', null, label),
    h('select', { onchange: (/** @type {any} */ event) => view.im.set({ [key]: event.target.value }) }, ...choices.map(([name, text]) => h('option', { value: name, selected: name === value }, text))),
  );
}

/** Zoom follows when the slider is let go: it must not move away under the hand. @param {View} view @param {'opacity' | 'zoom'} key @param {number} min @param {number} max */
function sliderOf(view, key, min, max) {
  const { im, ui } = view;
  const value = ui.sliding[key] ?? im.settings[key];
  const oninput = (/** @type {any} */ event) => {
    ui.sliding[key] = Number(event.target.value);
    view.draw();
  };
  const onchange = (/** @type {any} */ event) => {
    delete ui.sliding[key];
    im.set({ [key]: Number(event.target.value) });
  };
  const text = `${view.words.number(value)} %`;
  return h('label', { class: 'opt' }, h('span', null, view.t(key)), h('input', { type: 'range', min, max, step: 5, value: String(value), 'aria-valuetext': text, oninput, onchange }), h('output', { 'aria-hidden': 'true' }, text));
}

/** @param {View} view */
export function settingsPanel(view) {
  const { t } = view;
  return panel(
    view,
    t('settings'),
    h(
      'div',
      { class: 'list set' },
      switchOf(view, 'play_sound', t('sound'), true),
      desktopSwitch(view),
      switchOf(view, 'msg_auto_pop', t('autoPop')),
      switchOf(view, 'buddy_sticky', t('sticky')),
      switchOf(view, 'minimize_layout', t('minimal')),
      h('hr', null),
      choiceOf(view, 'theme', t('theme'), [['auto', t('auto')], ['light', t('light')], ['dark', t('dark')]]),
      choiceOf(view, 'lang', t('language'), [['', t('asPage')], ['en', 'English'], ['zh-CN', '简体中文'], ['zh-TW', '繁體中文']]),
      sliderOf(view, 'opacity', 50, 100),
      sliderOf(view, 'zoom', 80, 150),
      !view.narrow && h('p', { class: 'hint' }, t('shortcut', { keys: SHORTCUT })),
    ),
  );
}
