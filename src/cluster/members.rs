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

use super::limits::{FENCE_MS, LISTEN_MS, NODES_MAX, RIVAL_MS, SUSPECT_MS};
use super::wire::beat::{Beat, Stage};
use super::wire::frame::MAJOR;
use crate::base::clock::Tick;

/// Another node.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) epoch: u32,
    pub(crate) stage: Stage,
    pub(crate) url: Arc<str>,
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

/// Why a node cannot be a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Misfit {
    /// It speaks another major version.
    Version,
    /// It divides the names differently.
    Division,
    /// It has the URL of another node: polls that are sent to one of them would come to the other.
    Url,
    /// There are as many nodes as there may be.
    Crowd,
    /// Another process has the name of this node, and keeps it.
    Name,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Members {
    own: Beat,
    dead_ms: u64,
    others: BTreeMap<Box<str>, Member>,
    /// Until when a newcomer listens.
    listens_until: Tick,
    /// When this node last heard itself.
    heard_itself: Tick,
    rival: Option<Rival>,
}

/// Another process with the name of this node.
#[derive(Clone, Copy, Debug)]
struct Rival {
    epoch: u32,
    stage: Stage,
    first_heard: Tick,
    last_heard: Tick,
}

impl Members {
    /// A node that has just come.
    pub(crate) fn new(own: Beat, dead_ms: u64, now: Tick) -> Members {
        Members {
            own,
            dead_ms,
            others: BTreeMap::new(),
            listens_until: now.after(LISTEN_MS),
            heard_itself: now,
            rival: None,
        }
    }

    /// What this node says of itself.
    pub(crate) fn own(&self) -> &Beat {
        &self.own
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

    /// Whether another process keeps the name of this node. The one that has come first keeps it, and of two that came
    /// together the one with the lower epoch.
    pub(crate) fn gives_way(&self, now: Tick) -> bool {
        let Some(rival) = &self.rival else { return false };
        // What a process says that has just ended may come late. One that is there says it again.
        let is_there = rival.last_heard.since(rival.first_heard) >= RIVAL_MS
            && now.since(rival.last_heard) < self.dead_ms;
        let rank = |stage, epoch| (stage == Stage::Joining, epoch);
        is_there && rank(rival.stage, rival.epoch) < rank(self.own.stage, self.own.epoch)
    }

    /// Takes what another process with the name of this node says.
    fn hear_rival(&mut self, Beat { epoch, stage, .. }: Beat, now: Tick) {
        let known =
            self.rival.filter(|rival| rival.epoch == epoch && now.since(rival.last_heard) < self.dead_ms);
        let first_heard = known.map_or(now, |rival| rival.first_heard);
        self.rival = (stage != Stage::Gone).then_some(Rival { epoch, stage, first_heard, last_heard: now });
    }

    /// Whether a node was not heard for a while.
    pub(crate) fn is_suspect(&self, node: &str, now: Tick) -> bool {
        self.others.get(node).is_none_or(|member| now.since(member.heard) >= SUSPECT_MS)
    }

    /// Takes what a node says of itself. What follows from it is appended to `events`.
    pub(crate) fn hear(&mut self, beat: Beat, now: Tick, events: &mut Vec<Event>) -> Result<(), Misfit> {
        if *beat.node == *self.own.node {
            if beat.epoch == self.own.epoch {
                self.heard_itself = now;
                return Ok(());
            }
            self.hear_rival(beat, now);
            return if self.gives_way(now) { Err(Misfit::Name) } else { Ok(()) };
        }
        if beat.major != MAJOR {
            return Err(Misfit::Version);
        }
        if beat.division != self.own.division {
            return Err(Misfit::Division);
        }
        let mut urls =
            self.others.iter().filter(|(node, _)| **node != beat.node).map(|(_, other)| &*other.url);
        if *beat.url == *self.own.url || urls.any(|url| *url == *beat.url) {
            return Err(Misfit::Url);
        }
        let known = self.others.get(&beat.node).map(|member| member.epoch);
        if known.is_none() && self.others.len() + 1 >= NODES_MAX {
            return Err(Misfit::Crowd);
        }
        let node = beat.node.clone();
        if beat.stage == Stage::Gone {
            if known == Some(beat.epoch) {
                self.others.remove(&node);
                events.push(Event::Gone { node });
            }
            return Ok(());
        }
        if known.is_some_and(|epoch| epoch != beat.epoch) {
            events.push(Event::Gone { node: node.clone() });
        }
        if known != Some(beat.epoch) {
            events.push(Event::Met { node: node.clone(), epoch: beat.epoch });
        }
        let Beat { epoch, stage, url, .. } = beat;
        self.others.insert(node, Member { epoch, stage, url: (*url).into(), heard: now });
        Ok(())
    }

    /// Time has passed: some nodes may be dead by now.
    pub(crate) fn pass(&mut self, now: Tick, events: &mut Vec<Event>) {
        // A node that hears nobody, not even itself, cannot tell who is dead.
        if self.is_cut_off(now) {
            return;
        }
        let dead = self.others.extract_if(.., |_, member| now.since(member.heard) >= self.dead_ms);
        events.extend(dead.map(|(node, _)| Event::Gone { node }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat(node: &str, epoch: u32) -> Beat {
        let url = format!("http://{node}");
        Beat { major: MAJOR, node: node.into(), epoch, stage: Stage::Up, url: url.into(), division: 1 }
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
