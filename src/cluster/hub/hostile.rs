//! A hub beside a node that says what no sound node would.
//!
//! Owns: what holds whatever comes. Must not: need a router: what comes to shards is looked at, and answered by chance.

use nextim_testkit::random::Random;

use super::*;
use crate::base::domains::DomainConfig;
use crate::base::slots::Slot;
use crate::cluster::wire::beat::Greeting;
use crate::cluster::wire::frame::Purpose;
use crate::cluster::wire::made::Made;
use crate::cluster::wire::record::{self, KINDS, Read, Record, Said, UNSUPPORTED, take};
use crate::router::call::{Call, Subject, Verb};
use crate::router::ids::{CallKey, GatherKey, UserKey};
use crate::router::mail::{
    Buddy, CallAnswer, EnteredRoom, Entering, EntryReply, GatherReport, HashedName, Link as LinkMail,
    LinkReply, NamesRequest, Onward, Part, ProfilesRequest, Reached, RoomEntry, Sight, Unicast, Unlink,
    UnlinkReply, Waiting,
};
use crate::router::packet::Packet;
use crate::router::profile::Profile;

const SHARDS: u16 = 2;
const EPOCH: u32 = 20;
const HOSTILE: u32 = 30;
/// Behind those of the shards and of three nodes that say nothing: keys of the hostile node name these places, too.
const LINK: Place = Place::new(SHARDS + 3);
const DOMAIN: DomainId = DomainId(0);

/// The hub, and the end of the link that is hostile.
struct Town {
    hub: Hub,
    random: Random,
    time: u64,
    /// The incarnation of the hub's end.
    to: u16,
    seq: u64,
    received: u64,
    /// What the hub has asked.
    asked: Vec<u32>,
    /// What the hub has answered or asked.
    said: Vec<Said>,
}

impl Town {
    fn new(seed: u64) -> Town {
        let domains = Arc::new(Domains::new(&[DomainConfig::new("site", "key")]));
        let places = Places::new(SHARDS, [1, 2, 3, 4]);
        let hub = Hub::new(HubSettings::plain("im1", EPOCH), places, domains, Tick::ZERO.after(1_000));
        let (asked, said) = (Vec::new(), Vec::new());
        let random = Random::new(seed);
        let mut town = Town { hub, random, time: 1_000, to: 0, seq: 0, received: 0, asked, said };
        for (number, node) in (40..).zip(["a", "b", "c"]) {
            town.beat(node, number);
        }
        town.pass(6_000);
        assert!(town.is_up());
        town
    }

    fn is_up(&self) -> bool {
        self.hub.links.len() > 3 && self.hub.link_at(LINK).is_up()
    }

    fn beat(&mut self, node: &str, epoch: u32) {
        let own = self.hub.members.own().clone();
        let beat =
            Beat { node: node.into(), epoch, stage: Stage::Up, url: format!("http://{node}").into(), ..own };
        let mut bytes = Vec::new();
        beat.put(&mut bytes);
        self.hub.take_beat(&bytes);
    }

    fn pass(&mut self, ms: u64) {
        let until = self.time + ms;
        while self.time < until {
            self.time += 100;
            self.hub.begin(Tick::ZERO.after(self.time), self.time);
            self.beat("hostile", HOSTILE);
            if self.is_up() {
                self.frame(Purpose::Idle, self.seq, b"");
            }
            self.end();
        }
    }

    /// A frame of the link that there is.
    fn frame(&mut self, purpose: Purpose, seq: u64, body: &[u8]) {
        let head = Head {
            minor: 0,
            purpose,
            from_epoch: HOSTILE,
            from_incarnation: 1,
            to_epoch: EPOCH,
            to_incarnation: self.to,
            seq,
            received: self.received,
            bytes: 0,
        };
        self.hub.take_frame(&head.frame(body));
    }

    fn greet(&mut self, purpose: Purpose) {
        let mut body = Vec::new();
        Greeting { node: "hostile".into(), domains: vec!["site".into(), "other".into()] }.put(&mut body);
        self.frame(purpose, 0, &body);
    }

    fn say(&mut self, request: u32, record: impl Into<Record>) {
        let mut body = Vec::new();
        Said { request, record: record.into() }.put(&mut body);
        self.say_bytes(&body);
    }

    fn say_bytes(&mut self, body: &[u8]) {
        self.seq += 1;
        self.frame(Purpose::Records, self.seq, body);
    }

    /// Carries out what the hub wants done.
    fn end(&mut self) {
        for order in self.hub.end() {
            match order {
                Order::Beat(bytes) => self.hub.take_beat(&bytes),
                Order::Frame { epoch, bytes, .. } if epoch == HOSTILE => self.hear(&bytes),
                Order::Mail(to, mail) => self.arrive(to, mail),
                Order::Frame { .. } | Order::Tell(_) => {}
            }
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        let (head, body) = Head::read(bytes).expect("the hub sends frames");
        match head.purpose {
            Purpose::Hello => {
                (self.to, self.seq, self.received) = (head.from_incarnation, 0, 0);
                self.asked.clear();
                self.greet(Purpose::Welcome);
            }
            Purpose::Records => {
                self.received = self.received.max(head.seq);
                let mut from = Reader::new(body);
                while let Some(Read::Said(said)) = take(&mut from) {
                    self.asked.push(said.request);
                    self.said.push(said);
                }
            }
            Purpose::Idle | Purpose::Missed | Purpose::Welcome => {}
        }
    }

    /// Mail comes to a shard, which answers as shards do.
    fn arrive(&mut self, to: Place, mail: Mail) {
        assert!(to.number() < SHARDS, "{to:?} is no shard: {mail:?}");
        // Tickets are shown to browsers, of whichever process they are.
        let has_ticket = matches!(mail, Mail::Call(_) | Mail::Answer(_) | Mail::Onward(_) | Mail::Nodes(_));
        let text = format!("{mail:?}");
        for rest in text.split("Place(").skip(1).filter(|_| !has_ticket) {
            let number: u16 =
                rest.split(')').next().and_then(|number| number.parse().ok()).expect("a number");
            assert!(number < SHARDS || number == LINK.number(), "a key of another process: {text}");
        }
        if self.random.chance(80) {
            self.answer(to, mail);
        }
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "the rest is not answered")]
    fn answer(&mut self, shard: Place, mail: Mail) {
        let answer = match mail {
            Mail::Call(request) => Mail::Answer(CallAnswer { key: request.key, answer: Answer::Done }),
            Mail::Onward(Onward::Call { request, .. }) => {
                Mail::Answer(CallAnswer { key: request.key, answer: Answer::Done })
            }
            Mail::Unicast(Unicast { call, .. })
            | Mail::Onward(Onward::Unicast { unicast: Unicast { call, .. }, .. }) => {
                Mail::Answer(CallAnswer { key: call.key, answer: Answer::Done })
            }
            Mail::Ask(NamesRequest { gather, .. }) | Mail::Describe(ProfilesRequest { gather, .. }) => {
                Mail::Report(GatherReport { gather, part: Part::Profiles(Made::made(&mut self.random)) })
            }
            Mail::Deliver(delivery) => {
                let part = Part::Delivered(Made::made(&mut self.random));
                Mail::Report(GatherReport { gather: delivery.gather, part })
            }
            Mail::Broadcast(broadcast) => {
                Mail::Reached(Reached { key: broadcast.key, receivers: Made::made(&mut self.random) })
            }
            Mail::Link(link) => {
                let LinkMail { gather, domain, user, session, profile, changes, reserved, .. } = *link;
                let buddy = |slot| Buddy {
                    position: 0,
                    key: UserKey { place: shard, slot },
                    profile: profile.clone(),
                    linked: true,
                };
                let buddies = vec![buddy(Slot::made(&mut self.random))];
                let (asked_as, unplaced) = (profile.clone(), Vec::new());
                let (missing, more) = (false, false);
                Mail::Linked(Box::new(LinkReply {
                    gather,
                    domain,
                    user,
                    session,
                    asked_as,
                    changes,
                    reserved,
                    missing,
                    more,
                    buddies,
                    unplaced,
                }))
            }
            Mail::Unlink(unlink) => {
                let names = unlink.names.iter().map(|name| name.hash).collect();
                let (gather, user) = (unlink.gather, unlink.user);
                let (more, parted) = (false, Vec::new());
                Mail::Unlinked(UnlinkReply { gather, user, by: shard, names, more, parted })
            }
            Mail::Enter(RoomEntry { gather, domain, user, sight, rooms, .. }) => {
                let room = |(position, name): (u32, Box<str>)| {
                    let key = (shard, Slot { index: position, ..Slot::NOWHERE }).into();
                    EnteredRoom { position, name, key, members: 1, unseen: false }
                };
                let rooms = rooms.into_iter().map(room).collect();
                let by = Entering::Online(gather);
                Mail::Entered(EntryReply { by, domain, user, sight, more: false, rooms })
            }
            Mail::Entered(EntryReply { by: Entering::Join(gather), .. }) => {
                Mail::Report(GatherReport { gather, part: Part::Done })
            }
            Mail::Moved(moved) => Mail::Report(GatherReport { gather: moved.gather, part: Part::Missing }),
            Mail::Presence(presence) => match presence.gather {
                Some(gather) => Mail::Report(GatherReport { gather, part: Part::Done }),
                None => return,
            },
            _ => return,
        };
        self.hub.take_mail(LINK, answer);
    }

    /// A shard asks the hostile node something.
    fn ask(&mut self) {
        let gather = GatherKey { place: Place::new(1), slot: Slot::made(&mut self.random) };
        let user = UserKey { place: Place::new(1), slot: Slot::made(&mut self.random) };
        let (domain, profile) = (DOMAIN, Profile::new("ann", "Ann", "available", ""));
        let names = vec![(0, Box::from("bob")), (7, Box::from("群"))];
        let key = CallKey { place: Place::new(0), conn: 1, serial: 1 };
        let call = Waiting { key, until_ms: self.time + 5_000 };
        let mail = match self.random.below(6) {
            0 => Mail::Ask(NamesRequest { gather, domain, viewer: None, names }),
            1 => Mail::Link(Box::new(LinkMail {
                gather,
                domain,
                user,
                session: Slot::NOWHERE,
                profile,
                changes: 3,
                announce: None,
                reserved: 1,
                names,
            })),
            2 => Mail::Enter(RoomEntry {
                gather,
                domain,
                user,
                sight: Sight::default(),
                profile,
                rooms: names,
            }),
            3 => {
                let packet = Packet::status("ann", "Ann", "bob", "typing");
                Mail::Unicast(Unicast { call, domain, to: "bob".into(), packet })
            }
            4 => {
                let names = names.into_iter().map(|(hash, text)| HashedName { hash: hash.into(), text });
                let (names, farewell) = (names.collect(), None);
                Mail::Unlink(Box::new(Unlink { gather, domain, user, profile, farewell, names }))
            }
            _ => {
                let call = Call { domain, verb: Made::made(&mut self.random) };
                Mail::Call(CallRequest { key, call, until_ms: self.time + 5_000 })
            }
        };
        self.hub.take_mail(LINK, mail);
    }

    /// Any record, about what was asked and what was not.
    fn attack(&mut self) {
        let kind = self.random.pick(KINDS);
        let mut request = u32::made(&mut self.random);
        if self.random.chance(60) && !self.asked.is_empty() {
            request = self.random.pick(&self.asked.clone());
        }
        let mut record = Record::made(kind, &mut self.random);
        if self.random.chance(80) {
            record.set_domain(u32::from(self.random.chance(10)));
        }
        let mut body = Vec::new();
        if !(Said { request, record }).put(&mut body) {
            return;
        }
        match self.random.below(20) {
            // The same once more, by another frame or in one.
            0 => {
                self.say_bytes(&body.clone());
                self.say_bytes(&body);
            }
            1 => self.say_bytes(&[&body[..], &body[..]].concat()),
            2 => {
                let at = self.random.below(body.len());
                body[at] = u8::made(&mut self.random);
                self.say_bytes(&body);
            }
            3 => {
                let purpose = self.random.pick(&[Purpose::Records, Purpose::Idle, Purpose::Missed]);
                let seq = u64::made(&mut self.random);
                self.received = u64::made(&mut self.random);
                self.frame(purpose, seq, &body);
            }
            4 if self.random.chance(10) => self.greet(Purpose::Hello),
            _ => self.say_bytes(&body),
        }
    }
}

#[test]
fn whatever_another_node_says_shards_see_no_key_of_another_process() {
    for seed in 0..40 {
        let mut town = Town::new(seed);
        for _ in 0..300 {
            if town.random.chance(30) {
                town.ask();
            }
            town.attack();
            town.end();
            if town.random.chance(5) {
                town.pass(200);
            }
        }
        town.pass(30_000);
        assert!(town.is_up(), "seed {seed}: the link is there again");
    }
}

#[test]
fn a_call_may_have_had_any_number_of_hops() {
    let mut town = Town::new(1);
    for hops in 0..=u8::MAX {
        let verb = Verb::Offline(Subject::Name("bob".into()));
        town.say(u32::from(hops) + 1, record::Call { hops, within_ms: u64::MAX, domain: 0, verb });
        let packet = Packet::status("ann", "Ann", "bob", "typing");
        let to = "bob".into();
        town.say(0, record::Unicast { within_ms: u64::MAX, domain: 0, to, packet, hops });
        town.end();
    }
}

/// A profile has the lengths of its parts in 16 bits, and a packet that of the room: a shard would have ended.
#[test]
fn a_text_that_is_longer_than_a_request_can_have_it_never_comes_to_a_shard() {
    let mut town = Town::new(1);
    let long: Box<str> = "x".repeat(70_000).into();
    let verb = Verb::Offline(Subject::Name(long.to_string().into()));
    town.say(1, record::Call { hops: 0, within_ms: 1_000, domain: 0, verb });
    town.say(2, record::Members { within_ms: 1_000, domain: 0, room: long.clone(), viewer: None });
    town.say(3, record::Ask { domain: 0, viewer: None, names: vec![(0, long)] });
    town.said.clear();
    town.pass(100);
    let refused = town
        .said
        .iter()
        .filter(|said| matches!(&said.record, Record::Refused(why) if why.reason == UNSUPPORTED));
    assert_eq!(refused.map(|said| said.request).collect::<Vec<_>>(), [1, 2, 3]);
}

/// Frames go to a subject with the node's name in it, and scripts are redirected to its URL.
#[test]
fn a_heartbeat_with_a_name_or_a_url_that_is_none_is_not_heard() {
    let mut town = Town::new(1);
    let (known, bad) = (town.hub.links.len(), town.hub.counts.frames_bad);
    for (node, url) in [
        ("", "http://a"),
        ("IM9", "http://a"),
        ("im9.>", "http://a"),
        ("im9 \r\nPUB", "http://a"),
        ("im9", ""),
        ("im9", "ftp://a"),
        ("im9", "http://a\r\nSet-Cookie: a=b"),
        ("im9", "http://a b"),
    ] {
        let own = town.hub.members.own().clone();
        let beat = Beat { node: node.into(), epoch: 90, stage: Stage::Up, url: url.into(), ..own };
        let mut bytes = Vec::new();
        beat.put(&mut bytes);
        town.hub.take_beat(&bytes);
    }
    assert_eq!((town.hub.links.len(), town.hub.counts.frames_bad), (known, bad + 8));
}
