//! One member: clients at the XMPP server, and a session at the message server.
//!
//! Owns: when the session begins and ends, what of it is acknowledged, and the order of the member's calls. Must not: act
//! for another member.
//!
//! Calls of a member go to the site one after another, so messages keep their order.

mod contacts;
mod jobs;
mod packets;
mod polls;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use xmpp_parsers::iq::Iq;
use xmpp_parsers::jid::{BareJid, Jid};
use xmpp_parsers::presence::Presence;

pub(crate) use self::jobs::Purpose;
use super::calls::{self, Buddy, Call, Channel, Online, SiteAnswer, SiteRefusal};
use super::rooms::Room;
use super::shows::{self, Resource, best};
use super::talk::Typing;
use super::{Context, Link, Output, messages, roster};
use crate::limits::{MEMBERS_MS, PRESENCE_MS, RETRY_MS_MAX, RETRY_MS_MIN};
use crate::names::{name, resource};
use crate::xml::element;

/// The namespace in which the gateway asks its module at the XMPP server to close a member's streams.
const KICK: &str = "urn:nextim:kick:0";

#[derive(Debug)]
enum State {
    /// No session, and none wanted.
    Closed,
    /// The site was asked for one.
    Opening,
    /// The site could not give one; the member's alarm asks again.
    Waiting,
    Open(Session),
}

#[derive(Debug)]
pub(super) struct Session {
    number: u64,
    pub(super) ticket: String,
    server: String,
    /// The last packet that the XMPP server is known to have.
    seq: u64,
    /// The last packet that was sent to it, while it has not said that it has it.
    sent: Option<u64>,
    /// The connections that must say so.
    waits_for: [bool; 2],
    is_polling: bool,
    poll_at: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct Member {
    pub(super) jid: BareJid,
    /// The local part of the address.
    pub(super) key: String,
    /// The name at the site; the site may know a better one than the address has.
    pub(super) user: String,
    pub(super) nick: String,
    pub(super) clients: BTreeMap<String, Resource>,
    order: u64,
    state: State,
    jobs: VecDeque<(Call, Purpose)>,
    is_busy: bool,
    /// All contacts, with their last known presence.
    pub(super) known: BTreeMap<String, Buddy>,
    channels: Vec<Channel>,
    /// Rooms that no client is in, and into which one was invited.
    invited: BTreeSet<String>,
    pub(super) rooms: BTreeMap<String, Room>,
    /// Rooms that clients are coming into, and how many of them.
    pub(super) coming: BTreeMap<String, usize>,
    /// The rooms of the site, by their names.
    pub(super) own_rooms: BTreeMap<String, String>,
    rooms_at: Option<u64>,
    /// Hashes of the ids of the last messages that were shown.
    shown: VecDeque<u64>,
    /// When the messages that the member may send at once are regained.
    pub(super) sends_until: u64,
    pub(super) typing: Typing,
    /// The show and status that the site has of the clients.
    passed: Option<(&'static str, String)>,
    /// Whether a client has changed them since it came.
    is_passed_on: bool,
    presence_at: u64,
    retry_ms: u64,
    retry_at: Option<u64>,
    /// The number of the question for the contact list.
    roster_question: Option<String>,
    /// Messages that had waited at the site and that the XMPP server may not have yet.
    unconfirmed: Vec<String>,
    touched: [bool; 2],
}

impl Member {
    pub(crate) fn new(jid: BareJid, key: String) -> Member {
        let user = name(&jid).unwrap_or_default();
        Member {
            jid,
            key,
            nick: user.clone(),
            user,
            clients: BTreeMap::new(),
            order: 0,
            state: State::Closed,
            jobs: VecDeque::new(),
            is_busy: false,
            known: BTreeMap::new(),
            channels: Vec::new(),
            invited: BTreeSet::new(),
            rooms: BTreeMap::new(),
            coming: BTreeMap::new(),
            own_rooms: BTreeMap::new(),
            rooms_at: None,
            shown: VecDeque::new(),
            sends_until: 0,
            typing: Typing::default(),
            passed: None,
            is_passed_on: false,
            presence_at: 0,
            retry_ms: RETRY_MS_MIN,
            retry_at: None,
            roster_question: None,
            unconfirmed: Vec::new(),
            touched: [false; 2],
        }
    }

    pub(crate) fn resources(&self) -> usize {
        self.clients.len()
    }

    /// Whether nothing is left to do for the member.
    pub(crate) fn is_done(&self) -> bool {
        self.clients.is_empty()
            && self.jobs.is_empty()
            && !self.is_busy
            && matches!(self.state, State::Closed)
    }

    pub(super) fn session(&self) -> Option<&Session> {
        match &self.state {
            State::Open(session) => Some(session),
            State::Closed | State::Opening | State::Waiting => None,
        }
    }

    /// The address of one of the member's clients.
    pub(super) fn full(&self, client: &str) -> Option<Jid> {
        Some(Jid::from(self.jid.with_resource(&resource(client)?)))
    }

    pub(super) fn send(
        &mut self,
        link: Link,
        stanza: impl Into<tokio_xmpp::Stanza>,
        context: &mut Context<'_>,
    ) {
        self.touched[link as usize] = true;
        context.send(link, stanza);
    }

    // Clients come and go.

    pub(crate) fn on_available(&mut self, client: &str, presence: &Presence, context: &mut Context<'_>) {
        self.order += 1;
        let is_new = !self.clients.contains_key(client);
        let connection = self.clients.get(client).map_or_else(|| context.number(), |known| known.connection);
        self.clients.insert(client.to_owned(), Resource::of(presence, self.order, connection));
        let is_first = is_new && self.clients.len() == 1;
        if is_first && !matches!(self.state, State::Open(_)) {
            // A plain first presence says nothing: a phone that comes back by itself uncloaks nobody.
            self.passed = self.best();
            self.is_passed_on = presence.show.is_some();
            if matches!(self.state, State::Closed) {
                self.open(context);
            }
        } else {
            self.pass_presence(context);
        }
    }

    pub(crate) fn on_unavailable(&mut self, client: &str, context: &mut Context<'_>) {
        if self.clients.remove(client).is_none() {
            return;
        }
        self.leave_all(client);
        if self.clients.is_empty() {
            self.close(context);
        } else {
            self.pass_presence(context);
        }
    }

    fn best(&self) -> Option<(&'static str, String)> {
        best(self.clients.values()).map(|(show, status)| (show, status.to_owned()))
    }

    /// Passes the presence of the clients on, if it has changed, and not more often than once a second.
    fn pass_presence(&mut self, context: &mut Context<'_>) {
        let best = self.best();
        if best.is_none() || best == self.passed || self.session().is_none() {
            return;
        }
        if context.now < self.presence_at {
            context.wake(&self.key, self.presence_at);
            return;
        }
        self.presence_at = context.now + PRESENCE_MS;
        self.passed = best;
        self.is_passed_on = true;
        if let Some((show, status)) = self.passed.clone() {
            let call = self.call("presence").with("show", show).with("status", status);
            self.ask(call, Purpose::Quiet, context);
        }
    }

    // The session.

    fn open(&mut self, context: &mut Context<'_>) {
        let mut call = Call::new("online", &self.user);
        if let Some((show, status)) = self.passed.as_ref().filter(|_| self.is_passed_on) {
            call = call.with("show", *show).with("status", status.as_str());
        }
        self.state = State::Opening;
        self.retry_at = None;
        // The first call of a session is not refused for the number of others.
        self.jobs.push_back((call, Purpose::Online));
        self.next_job(context);
    }

    fn close(&mut self, context: &mut Context<'_>) {
        self.rooms.clear();
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Open(session) => self.end(&session.ticket, context),
            State::Opening => self.state = State::Opening,
            State::Closed | State::Waiting => {}
        }
    }

    fn end(&mut self, ticket: &str, context: &mut Context<'_>) {
        context.push(Output::StopPoll(self.key.clone()));
        let call = Call::new("offline", &self.user).with("ticket", ticket);
        self.jobs.push_back((call, Purpose::Offline));
        self.next_job(context);
    }

    fn on_online(&mut self, answer: SiteAnswer, context: &mut Context<'_>) {
        match calls::read::<Online>(answer) {
            Ok(online) if self.clients.is_empty() => {
                self.state = State::Closed;
                self.return_messages(
                    online.messages.into_iter().map(|message| message.id).collect(),
                    context,
                );
                self.end(&online.ticket, context);
            }
            Ok(online) => self.begin(online, context),
            Err(SiteRefusal { status: 401 | 403, .. }) => self.kick(context),
            Err(_) if self.clients.is_empty() => self.state = State::Closed,
            Err(_) => {
                self.state = State::Waiting;
                self.retry_at = Some(context.now + self.retry_ms);
                context.wake(&self.key, context.now + self.retry_ms);
                self.retry_ms = (self.retry_ms * 2).min(RETRY_MS_MAX);
            }
        }
    }

    fn begin(&mut self, online: Online, context: &mut Context<'_>) {
        self.retry_ms = RETRY_MS_MIN;
        (self.user, self.nick) = (online.user, online.nick);
        let gone = std::mem::take(&mut self.known);
        self.known = online.buddies.into_iter().map(|buddy| (buddy.name.clone(), buddy)).collect();
        self.channels = online.channels;
        self.own_rooms = online.rooms.into_iter().map(|room| (room.name, room.nick)).collect();
        self.invited.clear();
        self.typing = Typing::default();
        self.state = State::Open(Session {
            number: context.number(),
            ticket: online.ticket,
            server: online.server,
            seq: 0,
            sent: None,
            waits_for: [false; 2],
            is_polling: false,
            poll_at: None,
        });
        for name in gone.into_keys() {
            if self.known.contains_key(&name) {
                continue;
            }
            self.show(&Buddy { show: String::new(), ..buddy_of(&name) }, None, context);
        }
        if context.privilege.is_some() {
            let id = format!("roster-{}", context.number());
            self.roster_question = Some(id.clone());
            let question = roster::question(context.domains, &self.jid, id);
            self.send(Link::Users, question, context);
        } else {
            self.show_all(context);
        }
        let host = context.domains.users_host();
        for message in &online.messages {
            if let Some(shown) =
                messages::chat(context.domains, &self.jid, message).filter(|_| message.kind != "multicast")
            {
                self.unconfirmed.push(message.id.clone());
                self.note_shown(&message.id);
                self.send(Link::Users, messages::delayed(shown, &host, message), context);
            }
        }
        self.pass_presence(context);
        self.acknowledge_later(0, context);
    }

    /// The site does not let the member in: all clients are logged out, and must log in before they come back.
    fn kick(&mut self, context: &mut Context<'_>) {
        for buddy in
            std::mem::take(&mut self.known).into_values().filter(|buddy| !shows::is_offline(&buddy.show))
        {
            self.show(&Buddy { show: String::new(), ..buddy }, None, context);
        }
        let kick = element("kick", KICK, &[("jid", self.jid.as_str())]);
        let id = format!("kick-{}", context.number());
        let (from, to) = (Some(context.domains.users_host()), Some(context.domains.login_host()));
        context.send(Link::Users, Iq::Set { from, to, id, payload: kick });
        self.clients.clear();
        self.rooms.clear();
        self.state = State::Closed;
    }

    /// The XMPP server is lost, with all clients. What it may not have had comes again.
    pub(crate) fn on_server_lost(&mut self, context: &mut Context<'_>) {
        self.clients.clear();
        self.rooms.clear();
        self.known.clear();
        self.passed = None;
        self.roster_question = None;
        let unconfirmed = std::mem::take(&mut self.unconfirmed);
        self.return_messages(unconfirmed, context);
        if let State::Open(_) = self.state {
            context.push(Output::StopPoll(self.key.clone()));
            self.state = State::Closed;
        } else if let State::Waiting = self.state {
            self.state = State::Closed;
        }
    }

    // Time.

    pub(crate) fn on_alarm(&mut self, context: &mut Context<'_>) {
        if self.retry_at.is_some_and(|at| at <= context.now) && matches!(self.state, State::Waiting) {
            self.open(context);
        }
        self.resume_poll(context);
        self.pass_presence(context);
        if self.rooms_at.is_some_and(|at| at <= context.now) {
            self.rooms_at = None;
            for room in self.rooms.keys().cloned().collect::<Vec<_>>() {
                self.ask_members(&room, context);
            }
            self.watch_rooms(context);
        }
    }

    /// Members of rooms are asked for again and again while a client is in one.
    pub(super) fn watch_rooms(&mut self, context: &mut Context<'_>) {
        if !self.rooms.is_empty() && self.rooms_at.is_none() {
            self.rooms_at = Some(context.now + MEMBERS_MS);
            context.wake(&self.key, context.now + MEMBERS_MS);
        }
    }
}

fn buddy_of(name: &str) -> Buddy {
    Buddy {
        name: name.to_owned(),
        nick: String::new(),
        group: String::new(),
        show: String::new(),
        status: String::new(),
    }
}
