// The nouns of the browser module, for the type checker and the reader.
//
// Owns: the shapes of what the site and the message server send, and of what the core shows to a user interface.
// Must not: hold code; nothing of this file is in what is shipped.

// ---- What the site sends -------------------------------------------------------------------------------------

/**
 * A user as the site describes the user to another.
 * @typedef {object} BuddyInfo
 * @property {string} id
 * @property {string} [uid] the user's number at the site, as it stands in the site's links
 * @property {string} nick
 * @property {'online' | 'offline'} presence
 * @property {string} show available, away, chat, dnd, busy, unavailable, or any other word
 * @property {string} [status] a line of text beside the show
 * @property {string} [status_time]
 * @property {string} [group] the user's contact group; `stranger` for users who are no friends
 * @property {string} [url] the user's page
 * @property {string} [pic_url]
 * @property {string} [default_pic_url] if the other cannot be loaded
 * @property {boolean} [blocked] I have blocked the user
 * @property {boolean} [refused] the site has refused what I wrote to this user last
 * @property {boolean} [incomplete] only the id is sure: ask again
 */

/**
 * A group as the site describes it to a member.
 * @typedef {object} RoomInfo
 * @property {string} id
 * @property {string} nick its name
 * @property {string} [url]
 * @property {string} [pic_url]
 * @property {string} [default_pic_url]
 * @property {number} count members online
 * @property {number} all_count members in all
 * @property {boolean} [blocked] I have left its chat, not the group
 * @property {Member[]} [members]
 */

/** @typedef {{id: string, nick: string}} Member */

/**
 * One line of a history, and one message of a poll's answer.
 * @typedef {object} LogItem
 * @property {string} id what tells it from every other message
 * @property {string} from
 * @property {string} nick the sender's
 * @property {string} to the receiver, the room, or nothing
 * @property {number} timestamp ms since 1970
 * @property {string} type unicast, multicast or broadcast
 * @property {string} body
 * @property {string} style CSS declarations
 * @property {string} [cid] the client id under which I sent it
 * @property {boolean} [new] of `new_messages`: it is news to me
 * @property {true} [arrived] of mine: the other side has got it
 * @property {number} [rev] how often it was changed
 * @property {true} [edited]
 * @property {true} [deleted]
 * @property {Record<string, unknown>} [meta] what it has beyond its text, such as the line that it answers
 * @property {Reaction[]} [reactions]
 */

/** How many have reacted to a line with this emoji, and whether I have. @typedef {{emoji: string, count: number, mine?: true}} Reaction */

/**
 * Where to poll. Keys beyond these three override options of the poller (`jsonp`, `timeout`).
 * @typedef {object} Connection
 * @property {string} ticket
 * @property {string} domain
 * @property {string} server the whole URL to poll, used as it is
 * @property {boolean} [jsonp]
 * @property {number} [timeout] ms until a poll is given up
 */

/**
 * An entry of the site's menu. Those with `shortcut` stand in the bar itself.
 * @typedef {object} MenuEntry
 * @property {string} title
 * @property {string} url
 * @property {string} [icon] a picture's URL, or one or two characters to show as they are
 * @property {boolean} [external] opens in a window of its own
 * @property {boolean} [shortcut]
 */

/** A notification of the site; `time` is in ms since 1970, 0 if the site gives none. @typedef {{text: string, link?: string, time: number}} Notification */

/** A channel whose pushes I get: a room of the message server that is no group. @typedef {{id: string, nick: string, url?: string}} Channel */

/**
 * My own settings, kept by the site.
 * @typedef {object} Settings
 * @property {boolean} play_sound
 * @property {boolean} buddy_sticky the contacts stay open when something else is clicked
 * @property {boolean} minimize_layout the bar shows icons only
 * @property {boolean} msg_auto_pop a message opens its chat
 * @property {string[]} blocked_rooms
 * @property {boolean} desktop_notify
 * @property {'auto' | 'light' | 'dark'} theme
 * @property {'' | 'en' | 'zh-CN' | 'zh-TW'} lang empty: as the page
 * @property {number} opacity percent, 50 to 100
 * @property {number} zoom percent, 80 to 150
 */

/**
 * The site's answer to `online`.
 * @typedef {object} OnlineAnswer
 * @property {boolean} success
 * @property {string} [error_msg]
 * @property {number} [server_time] ms since 1970
 * @property {BuddyInfo} [user] myself
 * @property {Connection} [connection]
 * @property {BuddyInfo[]} [buddies]
 * @property {Record<string, RoomInfo> | RoomInfo[]} [rooms]
 * @property {LogItem[]} [new_messages]
 * @property {string} [more] the id up to which they are here, if there are more: `missed` has them
 * @property {Partial<Settings>} [setting]
 * @property {MenuEntry[]} [menu]
 * @property {Channel[]} [channels]
 */

// ---- What the message server sends ---------------------------------------------------------------------------

/**
 * @typedef {object} PresencePacket
 * @property {string} from
 * @property {string} nick
 * @property {string} type online, offline, show, join or leave
 * @property {string} show
 * @property {string} status with join and leave the room
 */

/** @typedef {{from: string, nick: string, to: string, show: string}} StatusPacket `to` is myself or a room */

/**
 * What happened to lines after they were said. `data` is what the site has to say of it.
 * @typedef {{from: string, to: string, name: string, data: Record<string, unknown>}} SignalPacket `to` is a user or a room
 */

/**
 * A poll's answer.
 * @typedef {object} PollAnswer
 * @property {'ok' | 'stopped'} status
 * @property {string} reason why it stopped: offline, replaced, limit, renew, shutdown, or any other word
 * @property {number} [retry] ms to wait
 * @property {LogItem[]} messages
 * @property {PresencePacket[]} presences
 * @property {StatusPacket[]} statuses
 * @property {SignalPacket[]} signals
 * @property {number} seq
 */

// ---- What the core shows to a user interface -----------------------------------------------------------------

/** @typedef {'offline' | 'connecting' | 'online' | 'reconnecting'} State */

/**
 * Why the state is not `online`. `login`: the site does not know the user; `refused`: the site refuses; `site`: it cannot be
 * reached or failed; `server`: the message server cannot be reached; `replaced`: another window has taken the
 * connection over; `ended`: the site ended the session; `limit`: too many windows; `network`: the browser has no
 * network; `stuck`: polls are answered at once with nothing, by something that is no message server.
 * @typedef {object} Trouble
 * @property {'login' | 'refused' | 'site' | 'server' | 'replaced' | 'ended' | 'limit' | 'network' | 'stuck'} code
 * @property {string} text of the site's answer, or nothing
 * @property {number} retryAt when it will be tried again, ms since 1970; 0 is not by itself
 */

/**
 * Myself.
 * @typedef {object} Me
 * @property {string} id
 * @property {string} [uid]
 * @property {string} nick
 * @property {string} show what I chose: available, away, dnd, invisible
 * @property {string} status
 * @property {string} [url]
 * @property {string} [pic_url]
 * @property {string} [default_pic_url]
 */

/**
 * Whom a chat is with: `u/` and a user's id, or `r/` and a room's.
 * @typedef {string} ChatKey
 */

/**
 * A line of a chat.
 * @typedef {object} Message
 * @property {string} id the site's id; the client id until the site has given one
 * @property {string} cid the client id of what was sent from this browser, otherwise nothing
 * @property {string} from
 * @property {string} nick
 * @property {boolean} own
 * @property {string} body
 * @property {string} style
 * @property {number} time ms since 1970 by the site's clock
 * @property {'sending' | 'sent' | 'failed' | 'received'} state
 * @property {string} reason why it failed, for the user to read
 * @property {true} [arrived] the site says that the other side has got it
 * @property {number} [rev] how often the site had changed it when the site last told it whole
 * @property {true} [edited]
 * @property {true} [deleted] its text is gone
 * @property {Record<string, unknown>} [meta] what it has beyond its text, such as the line that it answers
 * @property {Reaction[]} [reactions]
 */

/**
 * A conversation that is open in the bar.
 * @typedef {object} Chat
 * @property {ChatKey} key
 * @property {'user' | 'room'} kind
 * @property {string} id of the user or the room
 * @property {Message[]} messages oldest first
 * @property {number} unread
 * @property {string} draft
 * @property {boolean} loaded the newest part of its history is here
 * @property {boolean} complete there is nothing older at the site
 * @property {string} typing the nick of the user who is typing, or nothing
 * @property {string} readTo the id up to which the other user has read, or nothing
 * @property {number} until when that is forgotten, ms since 1970 by the site's clock
 * @property {number} held until when the site takes no more of what waits here, ms since 1970 by the browser's clock; 0 if it takes it
 * @property {number} scroll pixels from the end, where the user left it
 */

/**
 * A broadcast or a channel's push, newest first in `IM.notices`.
 * @typedef {object} Notice
 * @property {string} id
 * @property {'broadcast' | 'channel'} kind
 * @property {string} nick of the sender, or of the channel
 * @property {string} body
 * @property {string} [url] the channel's page
 * @property {number} time
 * @property {boolean} read
 */

/**
 * What has changed, for a user interface to draw again.
 *
 * - `state`: `IM.state` or `IM.trouble`
 * - `me`, `settings`, `menu`, `notifications`, `notices`: the property of that name
 * - `contacts`, `rooms`: who is there, presences, counts; `key` if only one is concerned
 * - `chats`: which are open, their order, `IM.active`
 * - `chat`: lines, draft, unread count, typing of the chat `key`
 * - `members`: of the room `key`
 * @typedef {object} Change
 * @property {'state' | 'me' | 'settings' | 'menu' | 'notifications' | 'notices' | 'contacts' | 'rooms' | 'chats' | 'chat' | 'members'} what
 * @property {ChatKey} [key]
 */

/**
 * How the core is set up; from the attributes of the script's tag.
 * @typedef {object} Options
 * @property {string} site what tells the site from others, such as `https://forum.example/webim`
 * @property {string} [template] the address of its endpoints, where `{endpoint}` stands for the name of one; by default `site`,
 *   a slash and the name
 * @property {boolean} [jsonp] reach the site by JSONP, because it is of another origin
 * @property {string} [user] the id of the user whose page this is, if the page says so; empty: nobody is logged in
 */

/**
 * What happens, with what its listeners are given. The user interface's own are `change`, `notice` and `missing`; the
 * page has the others.
 * @typedef {object} Events
 * @property {IM} ready
 * @property {Me | null} online
 * @property {Trouble | null} offline
 * @property {Message & {key: ChatKey}} message
 * @property {BuddyInfo} presence
 * @property {{from: string, show: string}} status
 * @property {SignalPacket} signal
 * @property {number} unread
 * @property {{code: string, text: string}} error a call that failed
 * @property {Change} change
 * @property {Notice} notice that just came
 * @property {'opened' | 'strangers'} missing the part that there is something to do for, and that was not made
 */

/**
 * The core, as a user interface sees it. Nothing here throws for what the network does: changes show it.
 *
 * @typedef {object} IM
 * @property {State} state
 * @property {Trouble | null} trouble
 * @property {Me | null} me null until the site has answered
 * @property {Map<string, BuddyInfo>} contacts by id
 * @property {Map<string, RoomInfo>} rooms by id
 * @property {Chat[]} chats those that are open, in the order of their tabs
 * @property {ChatKey | ''} active the one whose window is open on this page
 * @property {Notice[]} notices newest first, at most 50
 * @property {Notification[]} notifications
 * @property {Settings} settings
 * @property {MenuEntry[]} menu
 * @property {number} unread of all chats and notices
 * @property {number} news notices and notifications that were not seen
 * @property {number} now ms since 1970 by the site's clock
 * @property {boolean} leads sounds and desktop notifications are this tab's to make: one tab of all
 *
 * @property {() => void} start begins; goes online unless the user chose to be offline
 * @property {() => void} stop ends as `pagehide` does
 * @property {() => void} end for good: another core takes the page over
 * @property {(login?: {username: string, password: string}) => void} goOnline
 * @property {() => void} goOffline and stay so on later pages, until `goOnline`
 * @property {(show: string, status?: string) => void} setPresence
 *
 * @property {(key: ChatKey) => Chat} open opens a chat, loads its history, and makes it the active one
 * @property {(key: ChatKey) => void} close
 * @property {(key: ChatKey | '') => void} activate shows a chat's window, or none
 * @property {(key: ChatKey, body: string, style?: string, meta?: Record<string, unknown>) => void} send shows it as `sending` at once
 * @property {() => void} readNotices
 * @property {() => Promise<void>} refreshNotifications
 *
 * @property {() => Promise<void>} refreshRooms asks how many are in each
 * @property {string[]} linked users whose links stand in the page, by the names in the links, until `strangers.js` is here
 * @property {<T>(make: (core: import('./im.js').Core) => T) => T} equip makes a part of the core that is loaded later
 * @property {(entries: MenuEntry[]) => void} addMenu the page's own entries of `menu`, after the site's
 *
 * @property {<E extends keyof Events>(event: E, listener: (detail: Events[E]) => void) => () => void} on answers how to
 *   stop listening
 */

export {};
