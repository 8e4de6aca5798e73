//! The polls of a member's session.
//!
//! Owns: when to poll, and what of the packets is acknowledged. Must not: say what a packet becomes.

use super::{Member, State};
use crate::core::calls::{Packets, PollEnd};
use crate::core::{Context, Link, Output, messages};
use crate::limits::{RETRY_MS_MAX, RETRY_MS_MIN};

impl Member {
    pub(crate) fn resume_poll(&mut self, context: &mut Context<'_>) {
        let State::Open(session) = &mut self.state else { return };
        let waits = session.poll_at.is_some_and(|at| context.now < at);
        if session.is_polling || session.sent.is_some() || context.is_congested || waits {
            return;
        }
        (session.is_polling, session.poll_at) = (true, None);
        context.push(Output::Poll {
            member: self.key.clone(),
            session: session.number,
            server: session.server.clone(),
            ticket: session.ticket.clone(),
            seq: session.seq,
        });
    }

    pub(super) fn poll_later(&mut self, at: u64, context: &mut Context<'_>) {
        if let State::Open(session) = &mut self.state {
            session.poll_at = Some(at);
            context.wake(&self.key, at);
        }
    }

    pub(crate) fn on_polled(&mut self, number: u64, end: PollEnd, context: &mut Context<'_>) {
        let State::Open(session) = &mut self.state else { return };
        if session.number != number {
            return;
        }
        session.is_polling = false;
        match end {
            PollEnd::Packets(packets) => {
                self.retry_ms = RETRY_MS_MIN;
                self.on_packets(packets, context);
            }
            PollEnd::Gone => self.open(context),
            PollEnd::Failed => {
                self.poll_later(context.now + self.retry_ms, context);
                self.retry_ms = (self.retry_ms * 2).min(RETRY_MS_MAX);
            }
        }
    }

    pub(super) fn on_packets(&mut self, packets: Packets, context: &mut Context<'_>) {
        self.touched = [false; 2];
        for message in &packets.messages {
            self.on_message_packet(message, context);
        }
        for presence in packets.presences {
            self.on_presence_packet(presence, context);
        }
        for status in &packets.statuses {
            let typing = messages::typing(context.domains, &self.jid, &status.from, status.show == "typing");
            if let Some(typing) = typing {
                self.send(Link::Users, typing, context);
            }
        }
        if packets.status != "stopped" {
            self.acknowledge_later(packets.seq.unwrap_or_default(), context);
            return;
        }
        match &*packets.reason {
            "moved" => {
                if let State::Open(session) = &mut self.state {
                    session.server = packets.server;
                }
                self.resume_poll(context);
            }
            "shutdown" | "replaced" => {
                self.poll_later(context.now + packets.retry.max(RETRY_MS_MIN), context);
            }
            // The session has ended: the site decides whether there is another.
            _ => self.open(context),
        }
    }

    /// Asks for more as soon as the XMPP server has all that was sent.
    pub(super) fn acknowledge_later(&mut self, seq: u64, context: &mut Context<'_>) {
        let State::Open(session) = &mut self.state else { return };
        let touched = std::mem::take(&mut self.touched);
        let links: Vec<Link> = Link::ALL.into_iter().filter(|link| touched[*link as usize]).collect();
        if links.is_empty() {
            session.seq = seq.max(session.seq);
            return self.resume_poll(context);
        }
        (session.sent, session.waits_for) = (Some(seq), touched);
        for link in links {
            context.join_ping(link, &self.key, session.number);
        }
    }

    /// The XMPP server has what was sent on this connection.
    pub(crate) fn on_pong(&mut self, link: Link, number: u64, context: &mut Context<'_>) {
        if self.session().is_some_and(|session| session.number == number) {
            self.acknowledged(link, context);
        }
    }

    pub(super) fn acknowledged(&mut self, link: Link, context: &mut Context<'_>) {
        let State::Open(session) = &mut self.state else { return };
        session.waits_for[link as usize] = false;
        if session.waits_for == [false; 2]
            && let Some(seq) = session.sent.take()
        {
            session.seq = seq.max(session.seq);
            self.unconfirmed.clear();
            self.resume_poll(context);
        }
    }

    /// The connection of rooms is lost: no client is in a room any more, so nothing more is said in one to anybody.
    pub(crate) fn on_rooms_lost(&mut self, context: &mut Context<'_>) {
        self.rooms.clear();
        self.acknowledged(Link::Rooms, context);
    }
}
