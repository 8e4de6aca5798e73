//! A page that has only to answer pings, over minutes that pass at once.
//!
//! Owns: [`Line`], whose alarms ring when they are due. Must not: know how a ping is written.

use super::*;
use crate::base::limits::chat::PONG_MS;
use crate::router::call::Reason;
use crate::router::mail::StreamAck;

/// The stream of a page, and the router of its session.
struct Line {
    routers: Routers,
    ticket: Ticket,
    key: CallKey,
    now: Tick,
    alarms: Vec<TimedAlarm>,
}

/// What comes to the page.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    /// An event with so many packets, behind which a ping goes.
    Event(usize),
    /// The last event.
    Stopped(Reason),
}

impl Line {
    fn open() -> (Line, Vec<Seen>) {
        let mut routers = Routers::new(1, Limits::DEFAULT);
        let ticket = routers.online("ann", &[], &[]);
        let alarms = std::mem::take(&mut routers.alarms);
        let key = CallKey { place: HERE, conn: 1, serial: 0 };
        let mut line = Line { routers, ticket, key, now: Tick::ZERO, alarms };
        let seen = line.subscribe();
        (line, seen)
    }

    /// The page opens a stream.
    fn subscribe(&mut self) -> Vec<Seen> {
        self.key.serial += 1;
        let poll = Poll { ticket: self.ticket, seq: None, transport: Transport::PingedStream };
        let call = Call { domain: self.routers.domain, verb: Verb::Poll(poll) };
        self.handle(Input::Call(CallRequest { key: self.key, call, until_ms: u64::MAX }))
    }

    /// The page answers a ping that came behind this packet.
    fn pong(&mut self, seq: u64) {
        let ack = StreamAck { session: self.ticket.session, key: self.key, seq };
        assert_eq!(self.handle(Input::Ack(ack)), []);
    }

    fn push(&mut self) -> Vec<Seen> {
        let call =
            Call { domain: self.routers.domain, verb: said(MessageType::Unicast, "ann", "hello".to_owned()) };
        let key = CallKey { conn: 2, ..self.key };
        self.handle(Input::Call(CallRequest { key, call, until_ms: u64::MAX }))
    }

    /// Lets time pass until something comes. Returns how long that took, in milliseconds; `None` if nothing ever does.
    fn wait(&mut self) -> Option<(u64, Vec<Seen>)> {
        let began = self.now;
        loop {
            let next = (0..self.alarms.len()).min_by_key(|index| self.alarms[*index].at)?;
            let TimedAlarm { at, alarm } = self.alarms.swap_remove(next);
            self.now = self.now.max(at);
            let seen = self.handle(Input::Alarm(alarm));
            if !seen.is_empty() {
                return Some((self.now.since(began), seen));
            }
        }
    }

    /// The router handles an input; each event is flushed at once.
    fn handle(&mut self, input: Input<'_>) -> Vec<Seen> {
        let (mut seen, mut effects) = (Vec::new(), Vec::new());
        self.routers.shards[0].handle(input, self.now, &mut effects);
        for effect in effects {
            match effect {
                Effect::Alarm(alarm) => self.alarms.push(alarm),
                Effect::Answer(CallAnswer { key, answer: Answer::Packets(delivery) }) => {
                    assert_eq!(key, self.key);
                    if let Some(reason) = delivery.stopped {
                        seen.push(Seen::Stopped(reason));
                    } else {
                        seen.push(Seen::Event(delivery.packets.as_slice().len()));
                        let fate = PollFate { session: delivery.session, key, flushed: true };
                        seen.extend(self.handle(Input::Fate(fate)));
                    }
                }
                Effect::Answer(CallAnswer { answer: Answer::Delivered(_), .. }) => {}
                Effect::Answer(_) | Effect::Mail(_) | Effect::Close(_) | Effect::Undelivered(_) => {
                    panic!("{effect:?}")
                }
            }
        }
        seen
    }
}

#[test]
fn a_page_that_answers_pings_is_never_given_up() {
    let (mut line, first) = Line::open();
    assert_eq!(first, [Seen::Event(0)]);
    for _ in 0..100 {
        line.pong(0);
        let (ms, seen) = line.wait().expect("a ping");
        let Timeouts { poll_hold_ms_min, poll_hold_ms_max, .. } = Timeouts::DEFAULT;
        assert!((poll_hold_ms_min..=poll_hold_ms_max).contains(&ms), "{ms}");
        assert_eq!(seen, [Seen::Event(0)]);
    }
}

#[test]
fn a_page_that_answers_no_ping_is_given_up_half_a_minute_after_it_and_gets_everything_on_its_next_stream() {
    let (mut line, _) = Line::open();
    line.pong(0);
    let answered = line.now;
    assert_eq!(line.push(), [Seen::Event(1)]);
    let pinged = loop {
        match line.wait() {
            Some((_, seen)) if seen == [Seen::Event(0)] => {}
            Some((_, seen)) => {
                assert_eq!(seen, [Seen::Stopped(Reason::Offline)]);
                break line.now;
            }
            None => panic!("it is given up"),
        }
    };
    let silent_ms = pinged.since(answered);
    assert!(silent_ms >= Timeouts::DEFAULT.poll_hold_ms_min + PONG_MS, "{silent_ms}");
    assert!(silent_ms <= Timeouts::DEFAULT.poll_hold_ms_max + PONG_MS + 64, "{silent_ms}");
    assert_eq!(line.subscribe(), [Seen::Event(1)], "what no pong has acknowledged");
    line.pong(1);
    assert_eq!(line.push(), [Seen::Event(1)], "only the new one");
}

#[test]
fn a_pong_that_comes_in_time_puts_the_end_off() {
    let (mut line, _) = Line::open();
    let ends = |line: &mut Line, pong_at: Option<Tick>| {
        let mut pong_at = pong_at;
        loop {
            let (_, seen) = line.wait().expect("it ends");
            if seen == [Seen::Stopped(Reason::Offline)] {
                return line.now;
            }
            if pong_at.take_if(|at| *at <= line.now).is_some() {
                line.pong(0);
            }
        }
    };
    let without = ends(&mut line, None);
    let (mut line, _) = Line::open();
    let with = ends(&mut line, Some(Tick::ZERO.after(PONG_MS / 2)));
    let ms = with.since(without);
    assert!(
        (Timeouts::DEFAULT.poll_hold_ms_min..=Timeouts::DEFAULT.poll_hold_ms_max + 64).contains(&ms),
        "{ms}"
    );
}
