//! The poll of a session, and the newer one that waits behind it.
//!
//! Owns: [`PollLine`]: the states of both, and which of them may take the place of which. Must not: import a queue, or
//! answer a poll.
//!
//! A stream is a poll that is parked again when its event was flushed: `Parked` → packets → `Answering` → flushed →
//! `Parked`. Everything else is the same for both.

use crate::base::clock::{Moment, Tick};
use crate::base::limits::chat::REPLACE_MS_MIN;
use crate::router::call::Transport;
use crate::router::ids::CallKey;

/// See the module.
#[derive(Debug)]
pub(super) struct PollLine {
    poll: PollState,
    /// A newer poll that cannot be served yet.
    next: Option<Box<WaitingPoll>>,
    /// From when on a waiting poll may be replaced again.
    replaceable: Moment,
}

/// What has become of the session's last poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PollState {
    /// None waits. The session ends when its deadline comes.
    Absent,
    /// It waits for a packet. It is answered empty when its deadline comes.
    Parked { key: CallKey, mode: PollMode },
    /// It was answered, up to the number in the answer; whether that was flushed is not known yet.
    Answering { key: CallKey, mode: PollMode },
}

/// How a poll is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PollMode {
    /// Once, with everything that is queued.
    Single,
    /// As often as something is queued: the stages of a stream whose page acknowledges.
    Opening,
    Streaming,
    Parting,
    /// Those of one whose page answers pings. A pair would take a byte more, of which every session has one.
    PingedOpening,
    PingedStreaming,
    PingedParting,
}

/// How far a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StreamStage {
    /// It had no event so far: the first one brings everything that is queued.
    Opening,
    /// Its next event brings what is new.
    Streaming,
    /// It has had an event since the drain began: it is stopped next.
    Parting,
}

/// How the page of a stream is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hearing {
    /// It acknowledges now and then.
    ByAcks,
    /// It answers pings, each of which acknowledges what came before it.
    ByPongs,
}

impl PollMode {
    pub(super) fn of(transport: Transport) -> PollMode {
        match transport {
            Transport::Poll => PollMode::Single,
            Transport::Stream => PollMode::Opening,
            Transport::PingedStream => PollMode::PingedOpening,
        }
    }

    /// How far it is, if it is a stream.
    pub(super) fn stage(self) -> Option<StreamStage> {
        match self {
            PollMode::Single => None,
            PollMode::Opening | PollMode::PingedOpening => Some(StreamStage::Opening),
            PollMode::Streaming | PollMode::PingedStreaming => Some(StreamStage::Streaming),
            PollMode::Parting | PollMode::PingedParting => Some(StreamStage::Parting),
        }
    }

    /// How its page is heard, if it is a stream.
    pub(super) fn hearing(self) -> Option<Hearing> {
        match self {
            PollMode::Single => None,
            PollMode::Opening | PollMode::Streaming | PollMode::Parting => Some(Hearing::ByAcks),
            PollMode::PingedOpening | PollMode::PingedStreaming | PollMode::PingedParting => {
                Some(Hearing::ByPongs)
            }
        }
    }

    pub(super) fn is_stream(self) -> bool {
        self.stage().is_some()
    }

    /// Whether packets that were answered before are in its next answer, too.
    pub(super) fn repeats(self) -> bool {
        matches!(self.stage(), None | Some(StreamStage::Opening))
    }

    /// The mode after an answer.
    fn after_answer(self, is_draining: bool) -> PollMode {
        match self.hearing() {
            None => PollMode::Single,
            Some(Hearing::ByAcks) if is_draining => PollMode::Parting,
            Some(Hearing::ByAcks) => PollMode::Streaming,
            Some(Hearing::ByPongs) if is_draining => PollMode::PingedParting,
            Some(Hearing::ByPongs) => PollMode::PingedStreaming,
        }
    }
}

/// A poll of a known session.
#[derive(Clone, Copy, Debug)]
pub(super) struct PollCall {
    pub(super) key: CallKey,
    pub(super) seq: Option<u64>,
    pub(super) mode: PollMode,
}

/// A poll that waits for its turn: for the fate of the answer before, or for the second a replacement must last.
#[derive(Clone, Copy, Debug)]
struct WaitingPoll {
    call: PollCall,
    /// The deadline that holds again if this one goes away.
    until: Moment,
}

/// What becomes of a poll that has come.
#[derive(Clone, Copy, Debug)]
pub(super) enum PollAdmission {
    /// It is served.
    Served,
    /// It is served in the place of this parked one.
    Replaces(CallKey),
    /// It waits until it may replace the one that is parked.
    WaitsUntil(Tick),
    /// It waits for the fate of the answer of this one.
    WaitsFor(CallKey),
    /// It waits in the place of this one, which is stopped; the parked one may be replaced at `until`.
    Supersedes { older: CallKey, until: Option<Tick> },
    /// Polls come too fast.
    Refused,
}

/// What a cut poll was doing.
#[derive(Clone, Copy, Debug)]
pub(super) enum CutPoll {
    Parked,
    Answering,
    /// It waited for its turn behind a parked one, whose deadline holds again.
    Waiting(Tick),
}

/// What a stream does whose event was flushed.
#[derive(Clone, Copy, Debug)]
pub(super) enum ResumedStream {
    /// It waits for the next packets.
    Waits,
    /// It waits for them until a newer poll may replace it.
    WaitsUntil(Tick),
    /// A newer poll takes its place.
    ReplacedBy(PollCall),
}

impl PollLine {
    pub(super) fn new() -> PollLine {
        PollLine { poll: PollState::Absent, next: None, replaceable: Moment::ZERO }
    }

    /// Whether a poll is with the server, or its answer is on the way.
    pub(super) fn has_poll(&self) -> bool {
        self.has_first() || self.next.is_some()
    }

    /// The same, without the one that waits for its turn.
    pub(super) fn has_first(&self) -> bool {
        self.poll != PollState::Absent
    }

    /// The poll that is parked.
    pub(super) fn parked(&self) -> Option<CallKey> {
        match self.poll {
            PollState::Parked { key, .. } => Some(key),
            PollState::Absent | PollState::Answering { .. } => None,
        }
    }

    /// The poll whose answer may or may not have been flushed.
    pub(super) fn answering(&self) -> Option<CallKey> {
        match self.poll {
            PollState::Answering { key, .. } => Some(key),
            PollState::Absent | PollState::Parked { .. } => None,
        }
    }

    /// How the poll is answered that is parked or was answered; `None` if there is none.
    pub(super) fn mode(&self) -> Option<PollMode> {
        match self.poll {
            PollState::Parked { mode, .. } | PollState::Answering { mode, .. } => Some(mode),
            PollState::Absent => None,
        }
    }

    /// The poll that is parked or was answered.
    pub(super) fn first(&self) -> Option<CallKey> {
        self.parked().or(self.answering())
    }

    /// The poll that waits for its turn.
    pub(super) fn waiting(&self) -> Option<CallKey> {
        self.next.as_ref().map(|next| next.call.key)
    }

    /// Takes a poll that has come; `due` is the deadline of the session.
    pub(super) fn admit(&mut self, call: PollCall, due: Moment, now: Tick) -> PollAdmission {
        let free = self.replaceable.tick();
        if let Some(waiting) = &mut self.next {
            if now < free {
                return PollAdmission::Refused;
            }
            let older = std::mem::replace(&mut waiting.call, call).key;
            let until = now.after(REPLACE_MS_MIN);
            self.replaceable = Moment::not_before(until);
            return PollAdmission::Supersedes { older, until: self.parked().map(|_| until) };
        }
        match self.poll {
            PollState::Absent => return PollAdmission::Served,
            PollState::Parked { key, .. } if now >= free => return PollAdmission::Replaces(key),
            PollState::Parked { .. } | PollState::Answering { .. } => {}
        }
        self.next = Some(Box::new(WaitingPoll { call, until: due }));
        self.answering().map_or(PollAdmission::WaitsUntil(free), PollAdmission::WaitsFor)
    }

    pub(super) fn park(&mut self, key: CallKey, mode: PollMode) {
        self.poll = PollState::Parked { key, mode };
    }

    /// The event of a stream was flushed: it is parked again, until `until` if no packet comes.
    pub(super) fn resume(&mut self, until: Tick, now: Tick) -> ResumedStream {
        let PollState::Answering { key, mode } = self.poll else {
            unreachable!("an event was on its way");
        };
        self.poll = PollState::Parked { key, mode };
        let free = self.replaceable.tick();
        match &mut self.next {
            None => ResumedStream::Waits,
            Some(next) if now < free => {
                next.until = Moment::not_before(until);
                ResumedStream::WaitsUntil(free)
            }
            Some(next) => {
                let call = next.call;
                self.next = None;
                ResumedStream::ReplacedBy(call)
            }
        }
    }

    /// The parked poll is stopped for a newer one, and that may not be replaced at once.
    pub(super) fn replace_parked(&mut self, now: Tick) {
        self.replaceable = Moment::not_before(now.after(REPLACE_MS_MIN));
        self.poll = PollState::Absent;
    }

    /// A poll is answered.
    pub(super) fn answer(&mut self, key: CallKey, mode: PollMode, is_draining: bool) {
        self.poll = PollState::Answering { key, mode: mode.after_answer(is_draining) };
    }

    /// The poll that was parked or answered is gone. Returns the one behind it.
    pub(super) fn end_poll(&mut self) -> Option<PollCall> {
        self.poll = PollState::Absent;
        self.take_waiting()
    }

    /// Takes out the poll that waits for its turn.
    pub(super) fn take_waiting(&mut self) -> Option<PollCall> {
        self.next.take().map(|next| next.call)
    }

    /// Takes out the polls that are to be stopped: the parked one and the one behind it.
    pub(super) fn take_polls(&mut self) -> impl Iterator<Item = CallKey> + use<> {
        let parked = self.parked();
        if parked.is_some() {
            self.poll = PollState::Absent;
        }
        parked.into_iter().chain(self.take_waiting().map(|call| call.key))
    }

    /// The stream whose event may or may not have been flushed: the answer after it would never come.
    pub(super) fn answering_stream(&self) -> Option<CallKey> {
        self.answering().filter(|_| self.mode().is_some_and(PollMode::is_stream))
    }

    /// The connection of a poll was closed before it was answered; one that waited for its turn is forgotten.
    pub(super) fn cut(&mut self, key: CallKey) -> Option<CutPoll> {
        match self.poll {
            PollState::Parked { key: parked, .. } if parked == key => Some(CutPoll::Parked),
            PollState::Answering { key: answering, .. } if answering == key => Some(CutPoll::Answering),
            PollState::Absent | PollState::Parked { .. } | PollState::Answering { .. } => {
                let next = self.next.take_if(|next| next.call.key == key)?;
                self.parked().map(|_| CutPoll::Waiting(next.until.tick()))
            }
        }
    }
}
