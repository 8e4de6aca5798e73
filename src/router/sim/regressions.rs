//! What was broken once: the steps that broke it, each test named after what broke.

use super::plan::{PLENTY_BYTES, Plan};
use super::world::{Ask, World};
use crate::base::limits::chat::{DRAIN_POLLS, DRAIN_STEP_MS};
use crate::base::limits::{Limits, Timeouts};
use crate::router::call::{Looks, RoomCall, Show, Subject, Transport, Verb, Version};
use crate::router::ids::Place;
use crate::router::mail::Input;
use crate::router::packet::MessageType;
use nextim_testkit::random::Random;

const HERE: Place = Place::new(0);
const THERE: Place = Place::new(1);

fn world(places: u16, limits: Limits) -> World {
    let plan = Plan {
        places,
        domains: 1,
        names: 2,
        rooms: 1,
        limits,
        timeouts: Timeouts::DEFAULT,
        max_users: u32::MAX,
        memory_bytes: PLENTY_BYTES,
        slice: usize::MAX,
        broadcast_places: 1,
        takes_back: false,
        late_mail: false,
        flush_at_once: 100,
        lost: 0,
        remove: false,
        drain: false,
    };
    let mut world = World::new(plan, Random::new(1), false);
    world.accept_at = Some(HERE);
    world
}

impl World {
    /// A name (of a user or a room) that lives there.
    fn name_at(&self, place: Place, prefix: &str) -> String {
        let mut names = (0..).map(|number| format!("{prefix}{number}"));
        names.find(|name| self.places.of(self.domain_ids[0], name) == place).expect("one of many")
    }

    /// Opens a page with one tab that acknowledges by number.
    fn page(&mut self, name: &str, version: Version, buddies: &[&str], rooms: &[&str]) -> usize {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let looks = Looks { nick: Some(format!("{name}@0").into()), ..Looks::default() };
        let page = self.open(0, (name.to_owned(), version), looks, &owned(buddies), owned(rooms));
        let page_opened = &mut self.pages[page];
        (page_opened.seq, page_opened.transport) = (true, Transport::Poll);
        page_opened.tabs.truncate(1);
        page
    }

    fn do_by_site(&mut self, verb: Verb<'static>) {
        self.call(Ask::Act { page: None }, 0, verb);
    }

    fn show(&mut self, name: &str, show: &'static str) {
        let looks = Looks { show: Some(show.into()), ..Looks::default() };
        self.do_by_site(Verb::Show(Show { subject: Subject::Name(name.to_owned().into()), looks }));
    }

    fn log_out(&mut self, name: &str) {
        self.do_by_site(Verb::Offline(Subject::Name(name.to_owned().into())));
    }

    fn close_page(&mut self, page: usize) {
        let ticket = self.pages[page].ticket.expect("it has one");
        self.do_by_site(Verb::Offline(Subject::Ticket(ticket)));
    }

    /// What a page was answered arrives.
    fn settle_page(&mut self, page: usize) {
        while !self.arrivals.is_empty() {
            self.arrive();
        }
        self.poll(page, 0, false);
    }

    fn quiet(&mut self) {
        self.drain_mail();
        self.check_quiet();
    }
}

#[test]
fn the_table_of_names_was_searched_wrongly_when_it_was_full() {
    for users in 1..=60 {
        let mut world = world(1, Limits::DEFAULT);
        for user in 0..users {
            world.page(&format!("user{user}"), Version::V6, &[], &[]);
        }
        world.log_out("user0");
        world.quiet();
    }
}

#[test]
fn a_broadcast_kept_its_dialect_when_it_was_handed_over() {
    for (first, heir) in [(Version::V6, Version::V3), (Version::V3, Version::V6)] {
        let mut world = world(1, Limits::DEFAULT);
        let page = world.page("bob", first, &[], &[]);
        let message = world.say(0, "site".to_owned(), None, MessageType::Broadcast);
        world.close_page(page);
        let page = world.page("bob", heir, &[], &[]);
        world.settle();
        assert!(world.pages[page].has_seen(message), "and what it sees is checked when it comes");
    }
}

#[test]
fn a_poll_waited_for_a_stuck_answer_that_nobody_closed() {
    let mut world = world(1, Limits::DEFAULT);
    world.plan.flush_at_once = 0;
    let page = world.page("bob", Version::V6, &[], &[]);
    for _ in 0..3 {
        // The first is replaced by the second; the third comes in the same second and has to wait.
        world.poll(page, 0, false);
    }
    world.say(0, "site".to_owned(), None, MessageType::Broadcast);
    world.quiet();
    let last = world.pages[page].tabs[0].newest;
    assert!(world.written.iter().any(|written| Some(written.key) == last), "it was served");
}

/// The page of a stream had been silent for nearly as long as it may be when it polled again. An event of the stream was
/// still on its way, so the poll waited for the fate of that, and the session ended meanwhile.
#[test]
fn a_session_ended_as_silent_while_a_poll_waited_for_the_fate_of_its_last_event() {
    let mut world = world(2, Limits::DEFAULT);
    let bob = world.name_at(THERE, "bob");
    let page = world.page(&bob, Version::V6, &[], &[]);
    world.quiet();
    world.pages[page].transport = Transport::Stream;
    world.poll(page, 0, false);
    let silent = world.time + world.plan.timeouts.session_idle_ms;
    while world.time < silent - 500 {
        world.drain_mail();
        world.advance(500);
    }
    world.plan.flush_at_once = 0;
    world.say(0, "site".to_owned(), None, MessageType::Broadcast);
    world.drain_mail();
    // What says that the connection of the stream is closed takes longer than the poll.
    world.accept_at = Some(THERE);
    world.pages[page].transport = Transport::Poll;
    world.poll(page, 0, false);
    world.advance(1_000);
    world.ring(THERE.index());
    assert!(world.time > silent && world.mail_waits());
    world.settle();
    let session = world.pages[page].session.expect("it has one");
    assert!(world.routers[THERE.index()].people.sessions().get(session.slot).is_some());
}

#[test]
fn messages_handed_over_twice_came_out_of_order() {
    let mut world = world(1, Limits::DEFAULT);
    let first = world.page("bob", Version::V6, &[], &[]);
    world.say(0, "site".to_owned(), None, MessageType::Broadcast);
    let second = world.page("bob", Version::V6, &[], &[]);
    world.say(0, "site".to_owned(), None, MessageType::Broadcast);
    world.poll(second, 0, false);
    world.close_page(first);
    world.close_page(second);
    world.check_always();
}

/// A user named another one, hid and took it back, before the other side had answered: that side showed the coming, and
/// not the hiding, for the link was gone.
#[test]
fn somebody_who_came_and_hid_and_was_unlinked_was_still_shown() {
    let mut world = world(2, Limits::DEFAULT);
    let (ann, bob) = (world.name_at(HERE, "ann"), world.name_at(THERE, "bob"));
    let page = world.page(&bob, Version::V6, &[], &[]);
    world.quiet();
    world.page(&ann, Version::V6, &[&bob], &[]);
    world.show(&ann, "invisible");
    world.unlink(0, ann.clone(), vec![bob.clone()]);
    world.settle();
    assert!(!world.pages[page].view.contains_key(&ann));
}

/// A user named another one, hid and took it back, and showed again what it had shown, before the other side had answered:
/// that side showed the coming, and nothing of the rest was sent to it.
#[test]
fn somebody_who_hid_was_unlinked_and_came_back_was_still_shown() {
    let mut world = world(2, Limits::DEFAULT);
    let (ann, bob) = (world.name_at(HERE, "ann"), world.name_at(THERE, "bob"));
    let page = world.page(&bob, Version::V6, &[], &[]);
    world.quiet();
    world.page(&ann, Version::V6, &[&bob], &[]);
    world.show(&ann, "invisible");
    world.unlink(0, ann.clone(), vec![bob.clone()]);
    world.show(&ann, "available");
    world.settle();
    assert!(!world.pages[page].view.contains_key(&ann));
}

/// While a user was unlinked and linked again, it hid and came back: its hiding went over the link that was being undone,
/// and its coming back over none. What it showed in the end was what it had shown when it was linked, so nothing was sent.
#[test]
fn somebody_who_hid_and_came_back_while_it_was_linked_again_was_not_shown() {
    let mut world = world(2, Limits::DEFAULT);
    let (ann, bob) = (world.name_at(HERE, "ann"), world.name_at(THERE, "bob"));
    let page = world.page(&bob, Version::V6, &[], &[]);
    world.page(&ann, Version::V6, &[&bob], &[]);
    world.quiet();
    world.unlink(0, ann.clone(), vec![bob.clone()]);
    world.page(&ann, Version::V6, &[&bob], &[]);
    world.show(&ann, "invisible");
    for _ in 0..3 {
        world.deliver_between(HERE, THERE);
    }
    world.deliver_between(THERE, HERE);
    world.show(&ann, "available");
    world.settle();
    assert!(world.pages[page].view.contains_key(&ann));
}

/// What was said on a page that polls and never acknowledges piled up without bound, and each new page looked at it
/// all.
#[test]
fn own_words_piled_up_beside_a_page_that_never_acknowledges() {
    let mut world = world(1, Limits::DEFAULT);
    let stuck = world.page("user0", Version::V6, &[], &[]);
    let heard = world.page("user0", Version::V6, &[], &[]);
    world.say(0, "site".to_owned(), None, MessageType::Broadcast);
    for _ in 0..200 {
        world.say(0, "user0".to_owned(), Some(stuck), MessageType::Broadcast);
        world.poll(heard, 0, false);
        world.settle_page(heard);
    }
    let session = world.alive(stuck).expect("it is within its limits");
    let people = &world.routers[0].people;
    let user = people.get(people.sessions()[session.slot].user()).expect("it is online");
    assert_eq!(user.spoken_runs(session.slot), 1, "they are one run");
}

#[test]
fn a_link_on_its_way_was_made_at_one_end_only_when_it_met_an_unlinking() {
    let mut world = world(2, Limits::DEFAULT);
    let (ann, bob) = (world.name_at(HERE, "ann"), world.name_at(THERE, "bob"));
    world.page(&ann, Version::V6, &[], &[]);
    world.page(&bob, Version::V6, &[], &[]);
    world.quiet();
    world.accept_at = Some(THERE);
    world.page(&bob, Version::V6, &[&ann], &[]);
    world.accept_at = Some(HERE);
    world.unlink(0, ann.clone(), vec![bob.clone()]);
    world.deliver_between(HERE, THERE);
    world.quiet();
}

#[test]
fn a_link_was_made_at_one_end_only_after_one_that_was_refused() {
    let mut world = world(2, Limits { roster_links: 1, ..Limits::DEFAULT });
    let (ann, bob, cid) =
        (world.name_at(HERE, "ann"), world.name_at(THERE, "bob"), world.name_at(HERE, "cid"));
    world.page(&bob, Version::V6, &[], &[]);
    world.page(&cid, Version::V6, &[], &[]);
    world.page(&ann, Version::V6, &[&cid], &[]);
    world.quiet();
    for _ in 0..2 {
        world.page(&ann, Version::V6, &[&bob], &[]);
        world.deliver_between(HERE, THERE);
    }
    world.deliver_between(THERE, HERE);
    world.log_out(&cid);
    world.deliver_between(THERE, HERE);
    world.quiet();
}

#[test]
fn somebody_who_came_back_was_shown_as_gone() {
    let mut world = world(2, Limits::DEFAULT);
    let (ann, bob) = (world.name_at(HERE, "ann"), world.name_at(THERE, "bob"));
    let page = world.page(&bob, Version::V6, &[], &[]);
    world.quiet();
    world.page(&ann, Version::V6, &[&bob], &[]);
    world.deliver_between(HERE, THERE);
    world.log_out(&ann);
    world.page(&ann, Version::V6, &[&bob], &[]);
    world.deliver_between(HERE, THERE);
    world.settle();
    assert!(world.pages[page].view.contains_key(&ann));
}

#[test]
fn somebody_who_came_back_while_a_page_was_opened_was_shown_as_gone_by_it() {
    let mut world = world(2, Limits::DEFAULT);
    let (ann, bob) = (world.name_at(HERE, "ann"), world.name_at(THERE, "bob"));
    world.page(&bob, Version::V6, &[], &[]);
    world.page(&ann, Version::V6, &[&bob], &[]);
    world.quiet();
    let page = world.page(&ann, Version::V6, &[&bob], &[]);
    world.accept_at = Some(THERE);
    world.log_out(&bob);
    world.page(&bob, Version::V6, &[], &[]);
    world.settle();
    assert!(world.pages[page].view.contains_key(&bob));
}

#[test]
fn somebody_who_came_and_hid_and_went_was_still_shown() {
    let mut world = world(2, Limits::DEFAULT);
    let (ann, bob) = (world.name_at(HERE, "ann"), world.name_at(THERE, "bob"));
    let page = world.page(&bob, Version::V6, &[], &[]);
    world.quiet();
    world.accept_at = Some(THERE);
    world.page(&bob, Version::V6, &[&ann], &[]);
    world.accept_at = Some(HERE);
    world.page(&ann, Version::V6, &[&bob], &[]);
    world.deliver_between(HERE, THERE);
    world.show(&ann, "invisible");
    world.deliver_between(THERE, HERE);
    world.log_out(&ann);
    world.settle();
    assert!(!world.pages[page].view.contains_key(&ann));
}

#[test]
fn a_user_believed_to_be_in_a_room_he_had_been_taken_out_of() {
    let mut world = world(2, Limits { rooms_per_user: 1, ..Limits::DEFAULT });
    let ann = world.name_at(HERE, "ann");
    let (near, far) = (world.name_at(HERE, "near"), world.name_at(THERE, "far"));
    world.page(&ann, Version::V6, &[], &[&near]);
    let subject = || Subject::Name(ann.clone().into());
    world.page(&ann, Version::V6, &[], &[&far]);
    world.do_by_site(Verb::Join(RoomCall { subject: subject(), room: far.clone().into(), nick: None }));
    for _ in 0..2 {
        world.deliver_between(HERE, THERE);
    }
    world.deliver_between(THERE, HERE);
    world.do_by_site(Verb::Leave(RoomCall { subject: subject(), room: near.clone().into(), nick: None }));
    world.quiet();
}

#[test]
fn a_parked_session_was_stopped_as_the_one_idle_longest() {
    let mut world = world(1, Limits { sessions_per_user: 2, ..Limits::DEFAULT });
    let parked = world.page("bob", Version::V6, &[], &[]);
    world.poll(parked, 0, false);
    world.advance(5_000);
    let idle = world.page("bob", Version::V6, &[], &[]);
    world.page("bob", Version::V6, &[], &[]);
    assert!(world.alive(parked).is_some() && world.alive(idle).is_none());
}

#[test]
fn a_poll_that_came_while_the_server_drained_did_not_acknowledge() {
    let plan = Plan { names: 1, takes_back: true, drain: true, ..world(1, Limits::DEFAULT).plan };
    let mut world = World::new(plan, Random::new(1), false);
    let page = world.page("user0", Version::V6, &[], &[]);
    let message = world.say(0, "site".to_owned(), None, MessageType::Unicast);
    world.poll(page, 0, false);
    world.arrive();
    world.handle(0, Input::Drain);
    world.poll(page, 0, false);
    world.handle(0, Input::End);
    world.check_returned();
    assert!(!world.ledger.said[message].returned, "the page had it and acknowledged it");
}

#[test]
fn all_parked_polls_were_answered_in_one_turn_when_the_server_drained() {
    let mut world = world(1, Limits::DEFAULT);
    world.plan.drain = true;
    let polls = 3 * DRAIN_POLLS;
    for poll in 0..polls {
        let page = world.page(&format!("user{}", poll / 32), Version::V6, &[], &[]);
        world.poll(page, 0, false);
    }
    world.handle(0, Input::Drain);
    for step in 1..=3 {
        assert_eq!(world.calls.len(), polls - step * DRAIN_POLLS, "after {step} steps");
        world.time += DRAIN_STEP_MS;
        world.ring(0);
    }
}

/// A buddy that had no place at first was forgotten when the answer could not wait for the second asking.
#[test]
fn a_buddy_who_was_asked_for_once_more_came_after_the_answer() {
    let mut world = world(2, Limits { roster_links: 1, ..Limits::DEFAULT });
    world.plan.late_mail = true;
    let (ann, gone, bob) =
        (world.name_at(HERE, "ann"), world.name_at(HERE, "gone"), world.name_at(THERE, "bob"));
    world.page(&bob, Version::V6, &[], &[]);
    world.quiet();
    let page = world.page(&ann, Version::V6, &[&gone, &bob], &[]);
    world.time += world.plan.timeouts.gather_ms + 1;
    world.ring(0);
    world.settle();
    assert!(world.pages[page].view.contains_key(&bob) && world.are_linked(0, &ann, &bob));
}

/// The next call could come to the user's owner before the mail that said so.
#[test]
fn a_room_that_was_joined_or_left_did_not_count_so_yet() {
    let mut world = world(2, Limits { rooms_per_user: 1, ..Limits::DEFAULT });
    let ann = world.name_at(HERE, "ann");
    let (near, far) = (world.name_at(HERE, "near"), world.name_at(THERE, "far"));
    world.page(&ann, Version::V6, &[], &[]);
    let room = |name: &str| RoomCall {
        subject: Subject::Name(ann.clone().into()),
        room: name.to_owned().into(),
        nick: None,
    };
    for (verb, is_full_then) in [(Verb::Join(room(&far)), true), (Verb::Leave(room(&far)), false)] {
        // The call comes in where the room is, so its answer needs no mail from there.
        world.accept_at = Some(THERE);
        world.do_by_site(verb);
        world.deliver_between(THERE, HERE);
        world.deliver_between(HERE, THERE);
        assert_eq!(world.calls.len(), 1, "the user's owner does not know yet");
        world.quiet();
        world.accept_at = Some(HERE);
        world.probed = None;
        world.do_by_site(Verb::Join(room(&near)));
        assert_eq!(world.probed.is_none(), is_full_then, "{:?}", world.probed);
    }
}
