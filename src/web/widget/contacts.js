// The contacts.
//
// Owns: the panel with myself, the search, the groups and each contact's menu; the log-in box that takes its place.
// Must not: sort or count; `roster.js` does.

import { menu } from './menu.js';
import { STRANGER, groupContacts, presenceKind } from './roster.js';
import {
  ROW_MENU,
  SHOWS,
  acts,
  empty,
  longList,
  memo,
  panel,
  personRow,
  presenceWord,
  searchField,
  unreadIn,
} from './chunk.opened.js';
import {
  avatar,
  dot,
  draw,
  dropdown,
  fieldOf,
  find,
  h,
  icon,
  iconButton,
  im,
  isSigningIn,
  isSpoken,
  lang,
  number,
  openChat,
  opener,
  save,
  siteUrl,
  t,
  theirs,
  ui,
} from './share.js';

/** @typedef {import('../core/types.js').BuddyInfo} BuddyInfo */

const STATUS_LETTERS_MAX = 140;
/** The height of the list before it was searched: the field must not move away under a user who types in it. */
let listPx = 0;

function myself() {
  const { me } = im;
  if (!me) return null;
  const current = im.state === 'offline' ? 'offline' : Object.hasOwn(SHOWS, me.show) ? me.show : 'available';
  const word = t(SHOWS[current] ?? '');
  const label = t('Your presence: {}', word);
  const items = Object.entries(SHOWS).map(([show, text]) => ({
    label: t(text),
    checked: show === current,
    mark: dot(presenceKind({ show })),
    run: () => im.setPresence(show),
  }));
  const onchange = (/** @type {Event} */ event) => im.setPresence(me.show, fieldOf(event).value.trim());
  const onkeydown = (/** @type {KeyboardEvent} */ event) => {
    const field = fieldOf(event);
    if (event.key === 'Enter') field.blur();
    if (event.key !== 'Escape' || field.value === me.status) return;
    field.value = me.status;
    event.preventDefault();
  };
  return h(
    'div.me',
    avatar(me, presenceKind({ show: current })),
    h(
      'div.txt',
      theirs('.nick.cut', me.nick),
      h('input.status', {
        key: me.status,
        type: 'text',
        value: me.status,
        maxlength: STATUS_LETTERS_MAX,
        placeholder: t('Set a status'),
        label: t('Your status'),
        dir: 'auto',
        onchange,
        onkeydown,
      }),
    ),
    dropdown(h('button.show', { label, ...opener('presence') }, h('span.cut', word), icon('down')), items),
  );
}

/** @param {BuddyInfo} who */
const menuId = (who) => ROW_MENU + who.id;

/** @param {BuddyInfo} who */
function contactMenu(who) {
  const href = siteUrl(who.url);
  return menu(menuId(who), t('Options for {}', who.nick), [
    { label: t('Send a message'), mark: icon('chat'), run: () => openChat(`u/${who.id}`) },
    ...(href ? [{ label: t('Profile'), mark: icon('person'), href }] : []),
    {
      label: t(who.blocked ? 'Unblock' : 'Block'),
      mark: icon('ban'),
      run: () => void acts.block(who.id, !who.blocked),
    },
  ]);
}

/** A contact's row; one that is as it was is not described again. @param {BuddyInfo} who @param {import('./dom.js').Props} place */
function contactRow(who, place) {
  const chat = `u/${who.id}`;
  const id = menuId(who);
  const kind = presenceKind(who);
  const signs = [
    lang,
    isSpoken(),
    who.nick,
    kind,
    who.status,
    who.blocked,
    unreadIn(chat),
    who.pic_url,
    who.default_pic_url,
    ui.broken.size,
    ui.popup === id,
    place['aria-posinset'],
    place['aria-setsize'],
  ];
  return memo(who, signs, () => {
    const open = opener(id);
    const row = {
      who,
      kind,
      line: who.blocked ? t('Blocked') : who.status,
      more: presenceWord(who),
      chat,
      place,
      props: { oncontextmenu: open.onclick },
    };
    return personRow(row, iconButton(t('Options for {}', who.nick), 'dots', null, open, '.more'));
  });
}

/** @param {import('./roster.js').Group} group */
function groupOf({ name, online, total, contacts }) {
  const title = name === STRANGER ? t('Others on this page') : /^(friend)?$/.test(name) ? t('Friends') : name;
  const open = ui.query !== '' || !ui.closed.has(name);
  const fold = () => {
    if (!ui.closed.delete(name)) ui.closed.add(name);
    save();
  };
  return h(
    'div.group',
    { key: name },
    h(
      'h3',
      h(
        'button',
        { 'aria-expanded': open, onclick: fold },
        icon('down'),
        theirs('.cut', title),
        h('span.count', `${number(online)}/${number(total)}`),
      ),
    ),
    open && longList(`group ${name}`, title, contacts, contactRow),
  );
}

/** @typedef {{elements: {username: HTMLInputElement, password: HTMLInputElement}} & EventTarget} LogIn */

function login() {
  const onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const { username, password } = /** @type {LogIn} */ (event.target).elements;
    ui.tried = true;
    im.goOnline({ username: username.value, password: password.value });
    password.value = '';
    draw();
  };
  const text = im.trouble?.text;
  // The site's answer to a wrong password is a word of the protocol; ours is for people.
  const error =
    ui.tried &&
    im.trouble?.code === 'login' &&
    (!text || text === 'Not Authorized' ? t('Wrong username or password.') : text);
  const field = (/** @type {string} */ label, /** @type {import('./dom.js').Props} */ props) =>
    h(
      'label',
      t(label),
      h('input', {
        required: true,
        'aria-invalid': Boolean(error),
        'aria-describedby': error ? 'wrong' : null,
        ...props,
      }),
    );
  return panel(
    t('Sign in to chat'),
    h(
      'form.login',
      { onsubmit },
      field('Username', {
        id: 'first',
        type: 'text',
        name: 'username',
        autocomplete: 'username',
        autocapitalize: 'none',
        autocorrect: 'off',
        spellcheck: 'false',
      }),
      field('Password', { type: 'password', name: 'password', autocomplete: 'current-password' }),
      h('p.error', { id: 'wrong', role: 'alert' }, error),
      h('button.primary', { type: 'submit' }, t('Sign in')),
    ),
  );
}

export function contactsPanel() {
  if (isSigningIn()) return login();
  ui.tried = false;
  const groups = groupContacts(im.contacts.values(), ui.query, lang);
  const chosen = ui.popup.startsWith(ROW_MENU) && im.contacts.get(ui.popup.slice(ROW_MENU.length));
  const search = (/** @type {string} */ text) => {
    if (!ui.query) listPx = find('list')?.offsetHeight ?? 0;
    ui.query = text;
    draw();
  };
  const nothing = ui.query
    ? empty('search', t('Nobody matches “{}”', ui.query))
    : empty('person', t('No contacts yet'));
  return panel(
    t('Contacts'),
    myself(),
    searchField(t('Search contacts'), ui.query, search, ui.narrow ? null : 'first'),
    h(
      'div.list',
      { id: 'list', 'data-keys': 'v', style: { 'min-height': ui.query && `${listPx}px` } },
      groups.length ? groups.map(groupOf) : nothing,
    ),
    chosen && contactMenu(chosen),
  );
}
