// Who and what stands in the demonstration, made up.
//
// Owns: people, groups and conversations. Must not: change any of it; `demo.js` does.

/* global URLSearchParams, location */

export const query = new URLSearchParams(location.search);
export const now = Date.now();
export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;

export const people = [
  ['bob', 'Bob', 'available', 'In the greenhouse', 'friend', '2'],
  ['carol', 'Carol Danvers', 'away', 'Lunch, back at two', 'friend', '3'],
  ['dan', 'Dan', 'dnd', '', 'friend'],
  ['mei', '陈美丽', 'available', '今天天气真好 🌸', 'friend'],
  ['wang', '王建国', 'offline', '', 'friend'],
  [
    'erin',
    'Erin O’Connell-Fitzgerald of the Northern Society',
    'available',
    'A very long status line that will never fit into so small a panel',
    'friend',
  ],
  ['frank', 'Frank', 'offline', '', 'friend'],
  ['grace', 'Grace', 'available', '', 'friend'],
  ['heidi', 'Heidi', 'offline', 'On holiday until June', 'friend'],
  ['ivan', 'Иван', 'available', '', 'Moderators'],
  ['judy', 'Judy', 'away', '', 'Moderators'],
  ['ken', '健太', 'dnd', '会議中', 'Moderators'],
  ['layla', 'ليلى', 'available', 'في الحديقة', 'Moderators'],
  ['mallory', 'Mallory', 'offline', '', 'Old friends', '', true],
  ['nina', 'Nina', 'offline', '', 'Old friends'],
  ['oscar', 'Oscar', 'available', '', 'Old friends'],
  ['peggy', 'Peggy', 'offline', '', 'Old friends'],
  ['quinn', 'Quinn', 'available', 'Repotting', 'Old friends'],
  ['rupert', 'Rupert', 'offline', '', 'Old friends'],
  ['sybil', 'Sybil', 'away', '', 'Old friends'],
  ['trent', 'Trent', 'offline', '', 'Old friends'],
  ['uma', 'Uma', 'available', '', 'Old friends'],
  ['victor', 'Victor', 'offline', '', 'Old friends'],
  ['linxy', '林小雨', 'available', '', 'stranger', '40'],
  ['zed', 'Zed', 'offline', '', 'stranger'],
];

export const contacts = new Map();
if (!query.has('empty')) {
  for (const [id, nick, show, status, group, uid, blocked] of people) {
    contacts.set(id, {
      id,
      uid,
      nick,
      show: show === 'offline' ? 'unavailable' : show,
      presence: show === 'offline' ? 'offline' : 'online',
      status,
      group,
      blocked,
      url: `/user/${id}`,
      pic_url: id === 'carol' ? 'face.svg' : '',
    });
  }
  for (let index = contacts.size; index < Number(query.get('contacts') ?? 0); index += 1)
    contacts.set(`p${index}`, {
      id: `p${index}`,
      nick: `Person ${index}`,
      show: 'available',
      presence: index % 3 ? 'offline' : 'online',
      group: `Group ${index % 7}`,
      status: '',
    });
}

export const rooms = new Map();
if (!query.has('empty')) {
  for (const [id, nick, count, all, blocked] of [
    ['7', 'Orchid lovers', 4, 31, false],
    ['8', '园艺爱好者', 12, 240, false],
    ['9', 'Market place', 0, 1204, true],
  ]) {
    rooms.set(id, { id, nick, count, all_count: all, blocked, url: `/group/${id}`, pic_url: '' });
  }
}

let serial = 100;
export const message = (from, body, ago, more = {}) => ({
  id: String(serial++),
  cid: '',
  from,
  nick: contacts.get(from)?.nick ?? 'Alice',
  own: from === 'alice',
  body,
  style: '',
  time: now - ago,
  state: from === 'alice' ? 'sent' : 'received',
  reason: '',
  ...more,
});
export const chat = (key, messages, more = {}) => ({
  key,
  kind: key.startsWith('r/') ? 'room' : 'user',
  id: key.slice(2),
  messages,
  unread: 0,
  draft: '',
  loaded: true,
  complete: false,
  typing: '',
  scroll: 0,
  ...more,
});

export const bob = [
  message(
    'bob',
    'Did you see the photos of the show? https://example.com/orchids/2011?page=2#best (the third one is mine).',
    DAY + 90 * MINUTE,
  ),
  message('alice', 'Lovely! :) I did not know you grow them yourself', DAY + 80 * MINUTE),
  message('bob', 'I have for years.', DAY + 79 * MINUTE),
  message('bob', 'Ten of them by now <b>bold?</b> <script>alert(1)</script>', DAY + 78 * MINUTE, {
    style: 'color:#ffff00;font-weight:bold;position:fixed;background:url(x)',
  }),
  message('alice', '🎉', DAY + 60 * MINUTE),
  message('alice', '下周六一起去看展览吧?我可以开车来接你,大概早上九点出发,中午之前就能到。', 40 * MINUTE),
  message(
    'bob',
    'Gladly. www.example.org/map has the way, and supercalifragilisticexpialidocioussupercalifragilisticexpialidocious is a long word.',
    20 * MINUTE,
    { style: 'color:red;font-style:italic' },
  ),
  message('alice', 'Good', 18 * MINUTE, { style: 'font-size:18px' }),
  message('alice', 'See you then', 17 * MINUTE, { state: 'sent' }),
  message('alice', 'Shall I bring the camera?', 2 * MINUTE, {
    state: 'failed',
    cid: 'c1',
    reason: 'The site refused this',
  }),
  message('alice', 'Or the tripod', MINUTE, { state: 'sending', cid: 'c2' }),
];
export const room = [
  message('mei', '大家好!有人在家种兰花吗? 😀', 200 * MINUTE),
  message('ivan', 'Да, конечно', 190 * MINUTE),
  message('ivan', 'Уже три года', 189 * MINUTE),
  message('layla', 'نعم، في الحديقة', 60 * MINUTE),
  message('alice', 'Me too ;)', 55 * MINUTE),
  message('erin', 'mailto:erin@example.com if you want cuttings', 5 * MINUTE, { style: 'color:navy;font-weight:bold' }),
];
