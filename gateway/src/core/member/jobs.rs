//! The calls of a member, which go to the site one after another.
//!
//! Owns: their order, and what each was made for. Must not: read an answer.

use xmpp_parsers::jid::{BareJid, FullJid, Jid};

use super::{Member, State};
use crate::core::Context;
use crate::core::calls::{Call, SiteAnswer, SiteRefusal};
use crate::core::queries::answer_card;
use crate::core::rooms::Joining;
use crate::core::talk::Reflection;
use crate::limits::JOBS_MAX;

/// What a call was made for.
#[derive(Debug)]
pub(crate) enum Purpose {
    Online,
    Offline,
    /// Nobody waits for the answer.
    Quiet,
    /// A client has said something: it gets an error, or sees it in its room.
    Said {
        from: FullJid,
        to: Jid,
        id: Option<String>,
        shown: Option<Reflection>,
    },
    /// A client comes into a room.
    Join {
        room: String,
        joining: Joining,
    },
    /// The members of a room are asked for, perhaps for a client that comes in.
    Members {
        room: String,
        joining: Option<Joining>,
    },
    /// The past of a room, for a client that has come in.
    Past {
        room: String,
        client: String,
    },
    /// A client asks who a user is.
    Card {
        from: Jid,
        to: Jid,
        id: String,
    },
    /// A client adds or removes a contact.
    Subscribe {
        contact: BareJid,
        on: bool,
    },
}

impl Member {
    /// Asks the site, after all that was asked before. False if too much waits.
    pub(in crate::core) fn ask(&mut self, call: Call, purpose: Purpose, context: &mut Context<'_>) -> bool {
        if self.jobs.len() >= JOBS_MAX {
            return false;
        }
        self.jobs.push_back((call, purpose));
        self.next_job(context);
        true
    }

    /// A call of this member's session, if there is one when the call's turn comes.
    pub(in crate::core) fn call(&self, action: &'static str) -> Call {
        Call::of_session(action, &self.user)
    }

    /// Whether calls of the session have one, or will have one soon.
    pub(in crate::core) fn has_prospect(&self) -> bool {
        matches!(self.state, State::Opening | State::Open(_))
    }

    pub(in crate::core) fn next_job(&mut self, context: &mut Context<'_>) {
        while !self.is_busy {
            let Some((call, purpose)) = self.take_job() else { return self.pass_typing(context) };
            match (call.is_of_session, self.session()) {
                (true, None) => self.settle(purpose, Err(SiteRefusal::unanswered()), context),
                (true, Some(session)) => {
                    let call = call.with("ticket", session.ticket.as_str());
                    self.begin_call(call, purpose, context);
                }
                (false, _) => self.begin_call(call, purpose, context),
            }
        }
    }

    /// Calls of a session wait for it while it is being opened; those that open it go first.
    pub(super) fn take_job(&mut self) -> Option<(Call, Purpose)> {
        let is_opening = matches!(self.state, State::Opening);
        let opens = self.jobs.iter().position(|(call, _)| !call.is_of_session).filter(|_| is_opening);
        self.jobs.remove(opens.unwrap_or_default())
    }

    pub(super) fn begin_call(&mut self, call: Call, purpose: Purpose, context: &mut Context<'_>) {
        self.is_busy = true;
        context.call(&self.key, call, purpose);
    }

    pub(crate) fn on_answer(&mut self, purpose: Purpose, answer: SiteAnswer, context: &mut Context<'_>) {
        self.is_busy = false;
        self.settle(purpose, answer, context);
        self.next_job(context);
    }

    pub(super) fn settle(&mut self, purpose: Purpose, answer: SiteAnswer, context: &mut Context<'_>) {
        match purpose {
            Purpose::Online => self.on_online(answer, context),
            Purpose::Offline | Purpose::Quiet => {}
            Purpose::Said { from, to, id, shown } => {
                self.on_said(answer, &from.into(), &to, (id, shown), context);
            }
            Purpose::Join { room, joining } => self.on_joined(&room, &joining, answer, context),
            Purpose::Members { room, joining } => self.on_members(&room, joining, answer, context),
            Purpose::Past { room, client } => self.on_past(&room, &client, answer, context),
            Purpose::Card { from, to, id } => answer_card((from, to, id), answer, context),
            Purpose::Subscribe { contact, on } => {
                self.on_subscribe_answer(&contact, on, answer.is_ok(), context);
            }
        }
    }
}
