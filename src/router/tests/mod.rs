//! A few routers, step by step: what single calls cost, and what single pages are given.
//!
//! Owns: [`Routers`], whose mail arrives at once. Must not: draw random numbers; the simulator does.

mod crowds;
mod pongs;

use std::sync::Arc;

use super::call::{
    Answer, Call, Looks, MembersQuery, NewMessage, Online, Poll, Show, Speaker, Started, Subject, Transport,
    Verb, Version,
};
use super::directory::Places;
use super::ids::{CallKey, Place, Ticket};
use super::mail::{Alarm, CallAnswer, CallRequest, Effect, Envelope, Input, PollFate, TimedAlarm};
use super::packet::MessageType;
use super::profile::Profile;
use super::sessions::storm::Load;
use super::{Router, Settings};
use crate::base::clock::Tick;
use crate::base::domains::{DomainConfig, DomainId, Domains};
use crate::base::limits::{Limits, Timeouts};
use crate::base::memory::Memory;

const HERE: Place = Place::new(0);
const THERE: Place = Place::new(1);

/// The shards of a process with one domain.
struct Routers {
    shards: Vec<Router>,
    domain: DomainId,
    serial: u32,
    /// Messages that went back to the site.
    returned: usize,
    /// The time that the site gives to sessions.
    expires_s: Option<u64>,
    /// Alarms that were set, and do not ring by themselves.
    alarms: Vec<TimedAlarm>,
}

impl Routers {
    fn new(places: u16, limits: Limits) -> Routers {
        let url = Some("http://site/back".to_owned());
        let config = DomainConfig { undelivered_url: url, ..DomainConfig::new("a".to_owned(), "key") };
        let domains = Arc::new(Domains::new(&[config]));
        let domain = domains.find("a").unwrap().id;
        let (limits, timeouts) = (Arc::new(limits), Arc::new(Timeouts::DEFAULT));
        let (places, memory_bytes) = (Places::new(places, [1, 2, 3, 4]), 1 << 30);
        let router = |place| {
            let (places, domains) = (places.clone(), Arc::clone(&domains));
            let (limits, timeouts) = (Arc::clone(&limits), Arc::clone(&timeouts));
            let (slice, broadcast_places) = (usize::MAX, 1);
            let settings = Settings {
                place,
                places,
                epoch: 7,
                limits,
                timeouts,
                memory_bytes,
                slice,
                broadcast_places,
                domains,
                is_clustered: false,
            };
            Router::new(settings, Memory::new(memory_bytes))
        };
        Routers {
            shards: places.all().map(router).collect(),
            domain,
            serial: 0,
            returned: 0,
            expires_s: None,
            alarms: Vec::new(),
        }
    }

    /// A name (of a user or a room) that lives there.
    fn name_at(&self, place: Place, prefix: &str) -> String {
        let mut names = (0..).map(|number| format!("{prefix}{number}"));
        names
            .find(|name| self.shards[0].directory.places().of(self.domain, name) == place)
            .expect("one of many")
    }

    fn names_at(&self, place: Place, prefixes: &[&str]) -> Vec<String> {
        prefixes.iter().map(|prefix| self.name_at(place, prefix)).collect()
    }

    /// A call comes in at the first place. Returns its answer; a poll may have none yet.
    fn try_call(&mut self, verb: Verb<'static>) -> Option<Answer> {
        self.serial += 1;
        let key = CallKey { place: HERE, conn: 1, serial: self.serial };
        let call = Call { domain: self.domain, verb };
        self.handle(HERE, Input::Call(CallRequest { key, call, until_ms: u64::MAX })).into_iter().find_map(
            |answer| {
                let CallAnswer { key: of, answer } = answer;
                (of == key).then_some(answer)
            },
        )
    }

    /// A place handles an input, and all places what comes of it. Returns the answers to calls.
    fn handle(&mut self, place: Place, input: Input<'_>) -> Vec<CallAnswer> {
        let (mut effects, mut answers) = (Vec::new(), Vec::new());
        self.shards[place.index()].handle(input, Tick::ZERO, &mut effects);
        while !effects.is_empty() {
            for effect in std::mem::take(&mut effects) {
                match effect {
                    Effect::Answer(answer) => answers.push(answer),
                    Effect::Mail(Envelope { to, mail }) => {
                        let router = &mut self.shards[to.index()];
                        let mut more = Vec::new();
                        router.handle(Input::Mail(mail), Tick::ZERO, &mut more);
                        effects.extend(more);
                    }
                    Effect::Undelivered(undelivered) => self.returned += undelivered.messages.len(),
                    Effect::Alarm(alarm) => self.alarms.push(alarm),
                    Effect::Close(_) => {}
                }
            }
        }
        answers
    }

    fn call(&mut self, verb: Verb<'static>) -> Answer {
        self.try_call(verb).expect("it is answered")
    }

    /// Starts a session.
    fn start(&mut self, name: &str, buddies: &[String], rooms: &[String]) -> Started {
        let owned = |names: &[String]| names.iter().map(|name| name.clone().into()).collect();
        let answer = self.call(Verb::Online(Box::new(Online {
            name: name.to_owned().into(),
            looks: Looks::default(),
            buddies: owned(buddies),
            rooms: owned(rooms),
            truncated: false,
            version: Version::V6,
            expires_s: self.expires_s,
            secret: [7; 16],
        })));
        let Answer::Online(started) = answer else { panic!("{answer:?}") };
        *started
    }

    /// Starts a session; returns only its ticket.
    fn online(&mut self, name: &str, buddies: &[String], rooms: &[String]) -> Ticket {
        self.start(name, buddies, rooms).ticket
    }

    fn offline(&mut self, ticket: Ticket) {
        self.call(Verb::Offline(Subject::Ticket(ticket)));
    }

    /// All sessions of a user end, and it goes offline.
    fn log_out(&mut self, name: &str) {
        self.call(Verb::Offline(Subject::Name(name.to_owned().into())));
    }

    /// How many packets a poll is answered with at once.
    fn poll(&mut self, ticket: Ticket) -> usize {
        match self.try_call(Verb::Poll(Poll { ticket, seq: Some(0), transport: Transport::Poll })) {
            Some(Answer::Packets(delivery)) => delivery.packets.as_slice().len(),
            None => 0,
            Some(answer) => panic!("{answer:?}"),
        }
    }

    fn show(&mut self, name: &str, show: &'static str) {
        let looks = Looks { show: Some(show.into()), ..Looks::default() };
        self.call(Verb::Show(Show { subject: Subject::Name(name.to_owned().into()), looks }));
    }

    /// The site says something to a user.
    fn say(&mut self, to: &str, body: String) -> Answer {
        self.call(said(MessageType::Unicast, to, body))
    }

    /// The site says something to everybody. Returns the answer if that was at once.
    fn broadcast(&mut self) -> Option<Answer> {
        self.try_call(said(MessageType::Broadcast, "", "hello".to_owned()))
    }

    /// What each place has to do because of some calls.
    fn work(&mut self, calls: impl FnOnce(&mut Routers)) -> Vec<usize> {
        for router in &mut self.shards {
            while router.work().used(self.domain) > 0 {
                router.begin_turn(Tick::ZERO, Load::default());
            }
        }
        calls(self);
        self.shards.iter().map(|router| router.work().used(self.domain)).collect()
    }
}

/// A message of the site.
fn said(kind: MessageType, to: &str, body: String) -> Verb<'static> {
    Verb::Message(Box::new(NewMessage {
        speaker: Speaker::Site("site".into()),
        beside: None,
        to: to.to_owned().into(),
        nick: None,
        kind,
        body: body.into(),
        style: "".into(),
        timestamp: "1".into(),
        id: None,
        meta: None,
    }))
}

#[test]
fn hiding_from_rooms_is_charged() {
    let mut routers = Routers::new(2, Limits::DEFAULT);
    let ann = routers.name_at(HERE, "ann");
    let rooms =
        [routers.names_at(HERE, &["a", "b", "c"]), routers.names_at(THERE, &["a", "b", "c", "d"])].concat();
    routers.online(&ann, &[], &rooms);
    assert_eq!(routers.work(|routers| routers.show(&ann, "invisible")), [7, 4]);
}

#[test]
fn showing_something_to_links_elsewhere_is_charged() {
    let mut routers = Routers::new(2, Limits::DEFAULT);
    let ann = routers.name_at(HERE, "ann");
    let buddies = [routers.names_at(HERE, &["a", "b"]), routers.names_at(THERE, &["a", "b", "c"])].concat();
    for buddy in &buddies {
        routers.online(buddy, &[], &[]);
    }
    routers.online(&ann, &buddies, &[]);
    assert_eq!(routers.work(|routers| routers.show(&ann, "away")), [5, 3]);
}

#[test]
fn going_offline_is_charged() {
    let mut routers = Routers::new(2, Limits::DEFAULT);
    let ann = routers.name_at(HERE, "ann");
    let buddies = [routers.names_at(HERE, &["a", "b"]), routers.names_at(THERE, &["a", "b", "c"])].concat();
    let rooms = [routers.names_at(HERE, &["a"]), routers.names_at(THERE, &["a", "b", "c", "d"])].concat();
    for buddy in &buddies {
        routers.online(buddy, &[], &[]);
    }
    routers.online(&ann, &buddies, &rooms);
    assert_eq!(routers.work(|routers| routers.log_out(&ann)), [5 + 5, 3 + 4]);
}

#[test]
fn members_that_are_looked_at_are_charged_though_nobody_sees_them() {
    let mut routers = Routers::new(2, Limits::DEFAULT);
    let room = routers.name_at(HERE, "room");
    let (near, far) = (routers.names_at(HERE, &["a", "b", "c"]), routers.names_at(THERE, &["a", "b"]));
    for member in near.iter().chain(&far) {
        routers.online(member, &[], std::slice::from_ref(&room));
    }
    let members = |routers: &mut Routers| {
        let answer = routers.call(Verb::Members(MembersQuery { ticket: None, room: room.clone().into() }));
        let Answer::Members(list) = answer else { panic!("{answer:?}") };
        list.members.len()
    };
    let work = |routers: &mut Routers, seen| routers.work(|routers| assert_eq!(members(routers), seen));
    assert_eq!(work(&mut routers, 5), [5, 2]);
    for member in near.iter().chain(&far[1..]) {
        routers.show(member, "invisible");
    }
    assert_eq!(work(&mut routers, 1), [5, 1]);
}

#[test]
fn messages_that_go_from_page_to_page_are_charged() {
    let mut routers = Routers::new(1, Limits::DEFAULT);
    let page = routers.online("bob", &[], &[]);
    for body in ["1", "2", "3"] {
        routers.say("bob", body.to_owned());
    }
    let start = |routers: &mut Routers| _ = routers.online("bob", &[], &[]);
    assert_eq!(routers.work(start), [3], "what one that starts is given");
    assert_eq!(routers.work(|routers| routers.offline(page)), [3], "what one that ends leaves");
    assert_eq!(routers.work(|routers| routers.log_out("bob")), [3], "what goes back");
}

/// Places in the roster were kept for the first names of a list, and those of the names that were offline stayed empty.
#[test]
fn buddies_were_left_out_for_others_that_were_offline() {
    for (there, places) in [(HERE, 1), (HERE, 2), (THERE, 2)] {
        let mut routers = Routers::new(places, Limits { roster_links: 3, ..Limits::DEFAULT });
        let ann = routers.name_at(HERE, "ann");
        let offline = routers.names_at(HERE, &["offa", "offb", "offc"]);
        let online = routers.names_at(there, &["a", "b", "c", "d"]);
        for name in &online {
            routers.online(name, &[], &[]);
        }
        let mut check = |buddies: &[String], listed: &[String], truncated| {
            let started = routers.start(&ann, buddies, &[]);
            let buddies: Vec<&str> = started.buddies.iter().map(Profile::name).collect();
            assert_eq!(
                (buddies, started.truncated),
                (listed.iter().map(|name| &**name).collect(), truncated)
            );
        };
        check(&[&offline, &online[..1]].concat(), &online[..1], false);
        check(&[&online[..1], &offline, &online[1..3]].concat(), &online[..3], false);
        check(&[&offline, &online[..]].concat(), &online[..3], true);
    }
}

/// What is longer than a queue may be was taken by pages and mailboxes of some kinds, and refused by others.
#[test]
fn a_message_that_was_too_long_for_a_queue_was_lost_on_its_way_to_the_next_page() {
    let mut routers = Routers::new(1, Limits { queue_bytes: 1, ..Limits::DEFAULT });
    let say = |routers: &mut Routers, to| {
        let answer = routers.say(to, "a long one".to_owned());
        assert!(matches!(answer, Answer::Delivered(to) if to.sessions == 1), "{answer:?}");
    };
    let first = routers.online("bob", &[], &[]);
    say(&mut routers, "bob");
    let second = routers.online("bob", &[], &[]);
    assert_eq!(routers.poll(second), 1, "it was given what waited in the other one");
    routers.offline(first);
    routers.offline(second);
    let third = routers.online("bob", &[], &[]);
    assert_eq!(routers.poll(third), 1, "it was given what the last one left");
    let page = routers.online("carol", &[], &[]);
    routers.offline(page);
    say(&mut routers, "carol");
    let page = routers.online("carol", &[], &[]);
    assert_eq!(routers.poll(page), 1, "it was kept while there was no page");
    assert_eq!(routers.returned, 0);
}

/// Expiry ended no session in a drain, but its alarm was set again, each time for a moment in the past.
#[test]
fn a_session_that_had_expired_rang_for_ever_while_the_server_drained() {
    let mut routers = Routers { expires_s: Some(60), ..Routers::new(1, Limits::DEFAULT) };
    let ticket = routers.online("ann", &[], &[]);
    routers.say("ann", "hello".to_owned());
    assert_eq!(routers.poll(ticket), 1);
    let key = CallKey { place: HERE, conn: 1, serial: routers.serial };
    let (router, expired, mut effects) = (&mut routers.shards[0], Tick::ZERO.after(70_000), Vec::new());
    router.handle(Input::Drain, expired, &mut effects);
    let flushed = PollFate { session: ticket.session, key, flushed: true };
    router.handle(Input::Fate(flushed), expired, &mut effects);
    let session = Alarm::Session(ticket.session.slot);
    effects.clear();
    router.handle(Input::Alarm(session), expired, &mut effects);
    let rings_at_once =
        |effect: &Effect| matches!(effect, Effect::Alarm(TimedAlarm { at, .. }) if *at <= expired);
    assert!(!effects.is_empty() && !effects.iter().any(rings_at_once), "{effects:?}");
}
