// The contacts.
//
// Owns: the panel with myself, the search, the groups and each contact's menu; the log-in that takes its place.
// Must not: sort or count; `roster.js` does.

import { menu } from './menu.js';
import { NameOrder, STRANGER, groupContacts, presenceKind } from './roster.js';
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
import { avatar, dot, dropdown, fieldOf, h, icon, iconButton, logInLink, opener, siteUrl, theirs } from './share.js';

/** @typedef {import('./state.js').Bar} Bar */
/** @typedef {import('../core/types.js').BuddyInfo} BuddyInfo */

const STATUS_LETTERS_MAX = 140;

/** @param {Bar} bar */
function myself(bar) {
  const { me } = bar.im;
  if (!me) return null;
  const current = bar.im.state === 'offline' ? 'offline' : Object.hasOwn(SHOWS, me.show) ? me.show : 'available';
  const word = bar.t(SHOWS[current] ?? '');
  const label = bar.t('Your presence: {}', word);
  const items = Object.entries(SHOWS).map(([show, text]) => ({
    label: bar.t(text),
    checked: show === current,
    mark: dot(presenceKind({ show })),
    run: () => bar.im.setPresence(show),
  }));
  const onchange = (/** @type {Event} */ event) => {
    const field = fieldOf(event);
    field.value = field.value.trim();
    bar.im.setPresence(me.show, field.value);
  };
  const onkeydown = (/** @type {KeyboardEvent} */ event) => {
    const field = fieldOf(event);
    if (event.key === 'Enter') field.blur();
    if (event.key !== 'Escape' || field.value === me.status) return;
    field.value = me.status;
    event.preventDefault();
  };
  return h(
    'div.me',
    avatar(bar, me, presenceKind({ show: current })),
    h(
      'div.txt',
      theirs('.nick.cut', me.nick),
      h('input.status', {
        key: me.status,
        type: 'text',
        defaultValue: me.status,
        maxlength: STATUS_LETTERS_MAX,
        placeholder: bar.t('Set a status'),
        label: bar.t('Your status'),
        dir: 'auto',
        onchange,
        onkeydown,
      }),
    ),
    dropdown(
      bar,
      h('button.show', { label, ...opener(bar, 'presence') }, h('span.cut', word), icon(bar, 'down')),
      items,
    ),
  );
}

/** @param {BuddyInfo} who */
const menuId = (who) => ROW_MENU + who.id;

/** @param {Bar} bar @param {BuddyInfo} who */
function contactMenu(bar, who) {
  const href = siteUrl(who.url);
  return menu(bar, menuId(who), bar.t('Options for {}', who.nick), [
    { label: bar.t('Send a message'), mark: icon(bar, 'chat'), run: () => bar.openChat(`u/${who.id}`) },
    ...(href ? [{ label: bar.t('Profile'), mark: icon(bar, 'person'), href }] : []),
    {
      label: bar.t(who.blocked ? 'Unblock' : 'Block'),
      mark: icon(bar, 'ban'),
      run: () => void acts(bar).block(who.id, !who.blocked),
    },
  ]);
}

/** A contact's row; one that is as it was is not described again. @param {Bar} bar @param {BuddyInfo} who @param {import('./dom.js').Props} place */
function contactRow(bar, who, place) {
  const chat = `u/${who.id}`;
  const id = menuId(who);
  const kind = presenceKind(who);
  const signs = [
    bar.words.lang,
    bar.words.isSpoken(),
    who.nick,
    kind,
    who.status,
    who.blocked,
    unreadIn(bar, chat),
    who.pic_url,
    who.default_pic_url,
    bar.ui.broken.size,
    bar.ui.popup === id,
    place['aria-posinset'],
    place['aria-setsize'],
  ];
  return memo(bar, who, signs, () => {
    const open = opener(bar, id);
    const row = {
      who,
      kind,
      line: who.blocked ? bar.t('Blocked') : who.status,
      more: presenceWord(bar, who),
      chat,
      place,
      props: { oncontextmenu: open.onclick },
    };
    return personRow(bar, row, iconButton(bar, bar.t('Options for {}', who.nick), 'dots', null, open, '.more'));
  });
}

/** @param {Bar} bar @param {import('./roster.js').Group} group */
function groupOf(bar, { name, online, total, contacts }) {
  const title = name === STRANGER ? bar.t('Others on this page') : /^(friend)?$/.test(name) ? bar.t('Friends') : name;
  const open = bar.ui.query !== '' || !bar.ui.closed.has(name);
  const fold = () => {
    if (!bar.ui.closed.delete(name)) bar.ui.closed.add(name);
    bar.save();
  };
  return h(
    'div.group',
    { key: name },
    h(
      'h3',
      h(
        'button',
        { 'aria-expanded': open, onclick: fold },
        icon(bar, 'down'),
        theirs('.cut', title),
        h('span.count', `${bar.number(online)}/${bar.number(total)}`),
      ),
    ),
    open && longList(bar, `group ${name}`, title, contacts, (who, place) => contactRow(bar, who, place)),
  );
}

/** @typedef {{elements: {username: HTMLInputElement, password: HTMLInputElement}} & EventTarget} LogIn */

/** What stands in the place of the contacts of a user whom the site does not know. @param {Bar} bar */
const stranger = (bar) =>
  panel(
    bar,
    bar.t('Sign in to chat'),
    bar.logInUrl() ? h('div.login', logInLink(bar, 'a.primary', { id: 'first' }, bar.t('Sign in'))) : logInForm(bar),
  );

/** @param {Bar} bar */
function logInForm(bar) {
  const onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const { username, password } = /** @type {LogIn} */ (event.target).elements;
    bar.ui.tried = true;
    bar.im.goOnline({ username: username.value, password: password.value });
    password.value = '';
    bar.draw();
  };
  const text = bar.im.trouble?.text;
  // The site's answer to a wrong password is a word of the protocol; ours is for people.
  const error =
    bar.ui.tried &&
    bar.im.trouble?.code === 'login' &&
    (!text || text === 'Not Authorized' ? bar.t('Wrong username or password.') : text);
  const field = (/** @type {string} */ label, /** @type {import('./dom.js').Props} */ props) =>
    h(
      'label',
      bar.t(label),
      h('input', {
        required: true,
        'aria-invalid': Boolean(error),
        'aria-describedby': error ? 'wrong' : null,
        ...props,
      }),
    );
  return h(
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
    h('button.primary', { type: 'submit' }, bar.t('Sign in')),
  );
}

/** @param {Bar} bar */
export function contactsPanel(bar) {
  if (bar.isSigningIn()) return stranger(bar);
  bar.ui.tried = false;
  const { lang } = bar.words;
  const contacts = (bar.late.contacts ??= new NameOrder()).sort([...bar.im.contacts.values()], lang);
  const groups = groupContacts(contacts, bar.ui.query, lang);
  const chosen = bar.ui.popup.startsWith(ROW_MENU) && bar.im.contacts.get(bar.ui.popup.slice(ROW_MENU.length));
  const search = (/** @type {string} */ text) => {
    if (!bar.ui.query) bar.ui.listPx = bar.find('list')?.offsetHeight ?? 0;
    bar.ui.query = text;
    bar.draw();
  };
  const nothing = bar.ui.query
    ? empty(bar, 'search', bar.t('Nobody matches “{}”', bar.ui.query))
    : empty(bar, 'person', bar.t('No contacts yet'));
  return panel(
    bar,
    bar.t('Contacts'),
    myself(bar),
    searchField(bar, bar.t('Search contacts'), bar.ui.query, search, bar.ui.narrow ? null : 'first'),
    h(
      'div.list',
      { id: 'list', 'data-keys': 'v', style: { 'min-height': bar.ui.query && `${bar.ui.listPx}px` } },
      groups.length ? groups.map((group) => groupOf(bar, group)) : nothing,
    ),
    chosen && contactMenu(bar, chosen),
  );
}
