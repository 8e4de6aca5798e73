//! Members: which nodes are there, and what this one is.
//!
//! Owns: what was heard of each node and when, the stages of this one, and when it is cut off. Must not: send anything, or
//! know what a link is.
//!
//! Every node says twice a second that it is there. One that was not heard for `dead_ms` is dead, one that says it goes is
//! dead at once, and so is a process whose name another one has. A node that does not even hear itself is cut off. Times
//! are this node's own, so clocks may differ.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::absent::{Absence, Absent, Absentee};
use super::limits::{FENCE_MS, LISTEN_MS, SUSPECT_MS};
use super::misfit::Misfit;
use super::rival::Rival;
use super::trips::Trips;
use super::wire::beat::{Beat, Stage};
use super::wire::frame::MAJOR;
use crate::base::clock::Tick;
use crate::base::limits::cluster::NODES_MAX;

/// Another node.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) epoch: u32,
    pub(crate) stage: Stage,
    pub(crate) url: Arc<str>,
    /// How many users it has.
    pub(crate) users: u64,
    heard: Tick,
}

/// What has happened to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A process is there.
    Met { node: Box<str>, epoch: u32 },
    /// It is there no more.
    Gone { node: Box<str> },
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Members {
    /// What this node says of itself, but for the echoes.
    own: Beat,
    dead_ms: u64,
    others: BTreeMap<Box<str>, Member>,
    absent: Absent,
    trips: Trips,
    /// Until when a newcomer listens.
    listens_until: Tick,
    /// When this node last heard itself.
    heard_itself: Tick,
    rival: Rival,
}

impl Members {
    /// A node that has just come.
    pub(crate) fn new(own: Beat, dead_ms: u64, now: Tick) -> Members {
        Members {
            own,
            dead_ms,
            others: BTreeMap::new(),
            absent: Absent::default(),
            trips: Trips::default(),
            listens_until: now.after(LISTEN_MS),
            heard_itself: now,
            rival: Rival::new(dead_ms),
        }
    }

    /// What this node says of itself.
    pub(crate) fn own(&self) -> &Beat {
        &self.own
    }

    /// What this node says of itself now, to all.
    pub(crate) fn say(&self) -> Beat {
        let echoes = self.trips.echoes(self.own.epoch, self.own.stamp_us);
        Beat { echoes, ..self.own.clone() }
    }

    /// What others see of this node besides: the time of its clock in microseconds, and its users.
    pub(crate) fn sense(&mut self, us: u64, users: u64) {
        (self.own.stamp_us, self.own.users) = (us, users);
    }

    /// How long words take to a node and back, in microseconds; to this one: to the broker and back.
    pub(crate) fn round_trip_us(&self, epoch: u32) -> Option<u64> {
        self.trips.mean_us(epoch)
    }

    /// The nodes that are not there and were, or cannot be.
    pub(crate) fn absent(&self) -> impl Iterator<Item = (&str, &Absentee)> {
        self.absent.iter()
    }

    /// How long ago a node was heard, in milliseconds.
    pub(crate) fn silent_ms(&self, node: &str, now: Tick) -> Option<u64> {
        let own = (*node == *self.own.node).then_some(self.heard_itself);
        own.or_else(|| self.others.get(node).map(|member| member.heard)).map(|heard| now.since(heard))
    }

    pub(crate) fn set_stage(&mut self, stage: Stage) {
        self.own.stage = stage;
    }

    /// The other nodes that are there, by name.
    pub(crate) fn others(&self) -> impl Iterator<Item = (&str, &Member)> {
        self.others.iter().map(|(name, member)| (&**name, member))
    }

    pub(crate) fn get(&self, node: &str) -> Option<&Member> {
        self.others.get(node)
    }

    /// Whether a newcomer still listens whether its name is free.
    pub(crate) fn is_listening(&self, now: Tick) -> bool {
        now < self.listens_until
    }

    /// Whether this node does not even hear itself.
    pub(crate) fn is_cut_off(&self, now: Tick) -> bool {
        now.since(self.heard_itself) >= FENCE_MS
    }

    /// Whether another process keeps the name of this node.
    pub(crate) fn gives_way(&self, now: Tick) -> bool {
        self.rival.goes_before(&self.own, now)
    }

    /// Whether a node was not heard for a while.
    pub(crate) fn is_suspect(&self, node: &str, now: Tick) -> bool {
        self.others.get(node).is_none_or(|member| now.since(member.heard) >= SUSPECT_MS)
    }

    /// Takes what a node says of itself. What follows from it is appended to `events`.
    pub(crate) fn hear(&mut self, beat: Beat, now: Tick, events: &mut Vec<Event>) -> Result<(), Misfit> {
        if *beat.node == *self.own.node {
            if beat.epoch == self.own.epoch {
                self.trips.hear(&beat, self.own.epoch, self.own.stamp_us);
                self.heard_itself = now;
                return Ok(());
            }
            self.rival.hear(&beat, now);
            return if self.gives_way(now) { Err(Misfit::Name) } else { Ok(()) };
        }
        if let Some(misfit) = self.misfit(&beat) {
            let Beat { node, url, stage, .. } = beat;
            if !self.others.contains_key(&node) && stage != Stage::Gone {
                let absence = Absence::Refused(misfit);
                self.absent.note(node, Absentee { url: (*url).into(), absence, heard: now });
            }
            return Err(misfit);
        }
        let known = self.others.get(&beat.node).map(|member| member.epoch);
        let node = beat.node.clone();
        if beat.stage == Stage::Gone {
            if known == Some(beat.epoch)
                && let Some(Member { url, .. }) = self.others.remove(&node)
            {
                self.trips.forget(beat.epoch);
                self.absent.note(node.clone(), Absentee { url, absence: Absence::Left, heard: now });
                events.push(Event::Gone { node });
            }
            return Ok(());
        }
        if let Some(epoch) = known.filter(|epoch| *epoch != beat.epoch) {
            self.trips.forget(epoch);
            events.push(Event::Gone { node: node.clone() });
        }
        self.absent.forget(&node);
        self.trips.hear(&beat, self.own.epoch, self.own.stamp_us);
        if known != Some(beat.epoch) {
            events.push(Event::Met { node: node.clone(), epoch: beat.epoch });
        }
        let Beat { epoch, stage, url, users, .. } = beat;
        self.others.insert(node, Member { epoch, stage, url: (*url).into(), users, heard: now });
        Ok(())
    }

    /// Why the sender of a heartbeat cannot be a member.
    fn misfit(&self, beat: &Beat) -> Option<Misfit> {
        if beat.major != MAJOR {
            return Some(Misfit::Version);
        }
        if beat.division != self.own.division {
            return Some(Misfit::Division);
        }
        let mut urls =
            self.others.iter().filter(|(node, _)| **node != beat.node).map(|(_, other)| &*other.url);
        if *beat.url == *self.own.url || urls.any(|url| *url == *beat.url) {
            return Some(Misfit::Url);
        }
        let is_crowd = !self.others.contains_key(&beat.node) && self.others.len() + 1 >= NODES_MAX;
        is_crowd.then_some(Misfit::Crowd)
    }

    /// Time has passed: some nodes may be dead by now.
    pub(crate) fn pass(&mut self, now: Tick, events: &mut Vec<Event>) {
        // A node that hears nobody, not even itself, cannot tell who is dead.
        if self.is_cut_off(now) {
            return;
        }
        let dead = self.others.extract_if(.., |_, member| now.since(member.heard) >= self.dead_ms);
        for (node, Member { epoch, url, heard, .. }) in dead {
            self.trips.forget(epoch);
            self.absent.note(node.clone(), Absentee { url, absence: Absence::Dead, heard });
            events.push(Event::Gone { node });
        }
        self.absent.pass(now, self.dead_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::limits::{ABSENT_MS, RIVAL_MS};
    use crate::cluster::wire::beat::Echo;

    fn beat(node: &str, epoch: u32) -> Beat {
        let url = format!("http://{node}");
        Beat {
            major: MAJOR,
            node: node.into(),
            epoch,
            stage: Stage::Up,
            url: url.into(),
            division: 1,
            stamp_us: 0,
            users: 0,
            echoes: Vec::new(),
        }
    }

    fn at(ms: u64) -> Tick {
        Tick::ZERO.after(ms)
    }

    fn members() -> Members {
        Members::new(beat("im1", 1), 4_000, Tick::ZERO)
    }

    fn hear(members: &mut Members, beat: Beat, ms: u64) -> Vec<Event> {
        let mut events = Vec::new();
        members.hear(beat, at(ms), &mut events).unwrap();
        events
    }

    fn pass(members: &mut Members, ms: u64) -> Vec<Event> {
        let mut events = Vec::new();
        members.pass(at(ms), &mut events);
        events
    }

    fn met(epoch: u32) -> Event {
        Event::Met { node: "im2".into(), epoch }
    }

    fn gone() -> Event {
        Event::Gone { node: "im2".into() }
    }

    #[test]
    fn a_node_is_there_while_it_is_heard() {
        let mut members = members();
        assert_eq!(hear(&mut members, beat("im2", 7), 0), [met(7)]);
        assert_eq!(hear(&mut members, beat("im2", 7), 500), []);
        hear(&mut members, beat("im1", 1), 4_000);
        assert!(!members.is_suspect("im2", at(2_499)) && members.is_suspect("im2", at(2_500)));
        assert_eq!(pass(&mut members, 4_499), []);
        assert_eq!(pass(&mut members, 4_500), [gone()]);
        assert!(members.get("im2").is_none());
    }

    #[test]
    fn a_process_gives_way_to_the_next_one_of_its_name_and_a_farewell_counts_at_once() {
        let mut members = members();
        hear(&mut members, beat("im2", 7), 0);
        assert_eq!(hear(&mut members, beat("im2", 8), 1), [gone(), met(8)]);
        let farewell = |epoch| Beat { stage: Stage::Gone, ..beat("im2", epoch) };
        assert_eq!(hear(&mut members, farewell(7), 2), [], "that one has gone already");
        assert_eq!(hear(&mut members, farewell(8), 2), [gone()]);
    }

    #[test]
    fn who_does_not_hear_itself_is_cut_off_and_declares_nobody_dead() {
        let mut members = members();
        hear(&mut members, beat("im2", 7), 0);
        hear(&mut members, beat("im1", 1), 10);
        assert!(!members.is_cut_off(at(3_009)) && members.is_cut_off(at(3_010)));
        assert_eq!(pass(&mut members, 9_000), []);
        hear(&mut members, beat("im1", 1), 9_000);
        assert_eq!(pass(&mut members, 9_000), [gone()]);
    }

    #[test]
    fn who_does_not_fit_is_no_member() {
        let check = |beat: Beat, expected| {
            let (mut members, mut events) = (members(), Vec::new());
            hear(&mut members, self::beat("im3", 9), 0);
            assert_eq!(members.hear(beat, at(1), &mut events), Err(expected));
            assert!(events.is_empty());
        };
        check(Beat { major: 2, ..beat("im2", 2) }, Misfit::Version);
        check(Beat { division: 2, ..beat("im2", 2) }, Misfit::Division);
        check(Beat { url: "http://im1".into(), ..beat("im2", 2) }, Misfit::Url);
        check(Beat { url: "http://im3".into(), ..beat("im2", 2) }, Misfit::Url);
        let mut members = members();
        for number in 2..=NODES_MAX {
            hear(&mut members, beat(&format!("im{number}"), 5), 0);
        }
        assert_eq!(members.hear(beat("im99", 1), at(0), &mut Vec::new()), Err(Misfit::Crowd));
    }

    #[test]
    fn nodes_that_are_gone_or_refused_are_remembered_for_a_while() {
        let mut members = members();
        let absent = |members: &Members| -> Vec<(String, Absence)> {
            members.absent().map(|(node, absentee)| (node.to_owned(), absentee.absence)).collect()
        };
        for (node, epoch) in [("im2", 7), ("im3", 8)] {
            hear(&mut members, beat(node, epoch), 0);
        }
        hear(&mut members, Beat { stage: Stage::Gone, ..beat("im2", 7) }, 1);
        let stranger = Beat { division: 2, ..beat("im4", 9) };
        assert_eq!(members.hear(stranger, at(3_000), &mut Vec::new()), Err(Misfit::Division));
        hear(&mut members, beat("im1", 1), 5_000);
        pass(&mut members, 5_000);
        let refused = ("im4".to_owned(), Absence::Refused(Misfit::Division));
        let gone = [("im2".to_owned(), Absence::Left), ("im3".to_owned(), Absence::Dead)];
        assert_eq!(absent(&members), [&gone[..], &[refused]].concat());
        assert_eq!(members.silent_ms("im1", at(5_100)), Some(100));

        hear(&mut members, beat("im1", 1), 7_000);
        pass(&mut members, 7_000);
        assert_eq!(absent(&members), gone, "nobody was refused for a while");
        hear(&mut members, beat("im3", 10), 7_000);
        assert_eq!(absent(&members), gone[..1], "it is back");
        hear(&mut members, beat("im1", 1), ABSENT_MS + 1);
        pass(&mut members, ABSENT_MS + 1);
        assert_eq!(absent(&members), [("im3".to_owned(), Absence::Dead)]);
        for number in 1..=2 * NODES_MAX {
            let node = Beat { division: 2, ..beat(&format!("x{number}"), 1) };
            members.hear(node, at(ABSENT_MS + 1), &mut Vec::new()).unwrap_err();
        }
        assert_eq!(members.absent().count(), NODES_MAX);
    }

    #[test]
    fn round_trips_are_measured_by_one_clock() {
        let (mut one, mut other) =
            (members(), Members::new(Beat { url: "http://im2".into(), ..beat("im2", 2) }, 4_000, Tick::ZERO));
        assert_eq!(one.round_trip_us(2), None);
        // The clock of the other one is an hour ahead. Each way takes 300 µs, and the other holds the stamp for 0.2 s.
        one.sense(1_000, 0);
        let said = one.say();
        other.sense(3_600_001_300, 0);
        hear(&mut other, said, 1);
        other.sense(3_600_201_300, 12);
        let said = other.say();
        one.sense(201_600, 0);
        hear(&mut one, said, 201);
        assert_eq!(one.round_trip_us(2), Some(600));
        assert_eq!(one.get("im2").map(|member| member.users), Some(12));
        let own = one.say();
        one.sense(202_000, 0);
        hear(&mut one, own, 202);
        assert_eq!(one.round_trip_us(1), Some(400), "to the broker and back");
        let late =
            Beat { echoes: vec![Echo { epoch: 1, stamp_us: 1 << 40, held_us: u64::MAX }], ..beat("im2", 2) };
        hear(&mut one, late, 203);
        assert_eq!(one.round_trip_us(2), Some(600), "nobody returns what was not sent");
        hear(&mut one, Beat { stage: Stage::Gone, ..beat("im2", 2) }, 204);
        assert_eq!(one.round_trip_us(2), None);
    }

    #[test]
    fn a_name_is_taken_if_the_other_process_says_so_again() {
        let (mut members, mut events) = (members(), Vec::new());
        members.set_stage(Stage::Joining);
        let mut hear = |ms| members.hear(beat("im1", 2), at(ms), &mut events);
        assert_eq!(
            (hear(0), hear(1), hear(RIVAL_MS - 1)),
            (Ok(()), Ok(()), Ok(())),
            "late words of one that has ended"
        );
        assert_eq!(hear(RIVAL_MS), Err(Misfit::Name));
        let dead = RIVAL_MS + 4_000;
        assert!(members.gives_way(at(dead - 1)) && !members.gives_way(at(dead)));
        hear_rival(&mut members, beat("im1", 2), dead);
        assert!(!members.gives_way(at(dead)), "it must say so again");
    }

    fn hear_rival(members: &mut Members, beat: Beat, ms: u64) {
        assert_eq!(members.hear(beat, at(ms), &mut Vec::new()).is_err(), members.gives_way(at(ms)));
    }

    #[test]
    fn of_two_processes_of_one_name_one_keeps_it() {
        let keeps = |own: (Stage, u32), rival: (Stage, u32)| {
            let with = |(stage, epoch)| Beat { stage, ..beat("im1", epoch) };
            let mut members = Members::new(with(own), 4_000, Tick::ZERO);
            hear_rival(&mut members, with(rival), 0);
            hear_rival(&mut members, with(rival), RIVAL_MS);
            !members.gives_way(at(RIVAL_MS))
        };
        let stages = [Stage::Joining, Stage::Up, Stage::Draining];
        for (one, other) in stages.iter().flat_map(|one| stages.map(|other| (*one, other))) {
            assert_ne!(keeps((one, 1), (other, 2)), keeps((other, 2), (one, 1)), "{one:?} {other:?}");
        }
        assert!(keeps((Stage::Up, 9), (Stage::Joining, 1)), "who came first keeps it");
    }

    #[test]
    fn a_name_is_free_as_soon_as_the_process_that_had_it_says_that_it_goes() {
        let mut members = members();
        members.set_stage(Stage::Joining);
        hear_rival(&mut members, beat("im1", 2), 0);
        hear_rival(&mut members, beat("im1", 2), RIVAL_MS);
        assert!(members.gives_way(at(RIVAL_MS)));
        hear_rival(&mut members, Beat { stage: Stage::Gone, ..beat("im1", 2) }, RIVAL_MS);
        assert!(!members.gives_way(at(RIVAL_MS)));
    }
}
