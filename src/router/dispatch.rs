//! Which part handles which input.
//!
//! Owns: the way of a call to the place that can judge it, and of each input to its part. Must not: add a field to the
//! router.

use super::call::{Call, Caller, NewMessage, Refusal, Verb};
use super::ids::{Place, SessionKey};
use super::machine::Router;
use super::mail::{Alarm, CallAnswer, CallRequest, Effect, Input, Mail, ONWARD_HOPS_MAX, Onward};
use crate::base::clock::Tick;
use crate::base::domains::DomainId;

impl Router {
    /// Handles one input at time `now`, and appends its effects to `effects`.
    pub fn handle(&mut self, input: Input<'_>, now: Tick, effects: &mut Vec<Effect>) {
        self.out.begin(now, effects);
        match input {
            Input::Call(request) => self.route(request),
            Input::Mail(mail) => self.receive(mail),
            Input::Cut(cut) if self.is_here(cut.session) => self.people.on_cut(&mut self.out, cut),
            Input::Fate(fate) if self.is_here(fate.session) => self.people.on_fate(&mut self.out, fate),
            Input::Cut(cut) => self.out.send(cut.session.place, Mail::Cut(cut)),
            Input::Fate(fate) => self.out.send(fate.session.place, Mail::Fate(fate)),
            Input::Ack(ack) => self.out.send(ack.session.place, Mail::Ack(ack)),
            Input::Alarm(Alarm::Session(slot)) => self.people.on_session_alarm(&mut self.out, slot),
            Input::Alarm(Alarm::User(slot)) => self.people.on_user_alarm(&mut self.out, slot),
            Input::Alarm(Alarm::Gather(slot)) => self.out.on_gather_alarm(slot),
            Input::Alarm(Alarm::Moves) => self.move_on(),
            Input::Alarm(Alarm::Drain) => self.people.drain_on(&mut self.out),
            Input::Slice => self.deliver_slice(),
            Input::Domains(domains) => self.people.replace_domains(&mut self.out, domains),
            Input::Drain => self.people.drain(&mut self.out),
            Input::End => self.people.end(&mut self.out),
        }
        while let Some(mail) = self.out.next_mail() {
            self.receive(mail);
        }
        if self.out.take_guests() {
            self.look_again();
        }
        self.people.assert_sound(self.out.counters().packets_waiting);
        self.rooms.assert_sound();
        self.out.end(effects);
    }

    /// Whether this router owns a session.
    fn is_here(&self, session: SessionKey) -> bool {
        session.place == self.directory.place()
    }

    /// Judges a call here, or sends it to the router that can.
    fn route(&mut self, request: CallRequest<'_>) {
        if self.out.isolation().is_some() && !request.call.verb.is_of_browser() {
            return self.out.refuse(request.key, Refusal::Isolated);
        }
        let home = self.out.home(&request.call);
        if home != self.directory.place() {
            return self.out.send(home, Mail::Call(request.into_owned()));
        }
        let Call { domain, verb } = &request.call;
        let place = verb.about().and_then(|name| self.left_behind(*domain, name));
        self.judge_or_pass_on(request, place, 0);
    }

    /// Judges a call that so many nodes have sent on, or asks the node where its user may be.
    fn judge_or_pass_on(&mut self, request: CallRequest<'_>, place: Option<Place>, hops: u8) {
        match place {
            Some(place) => {
                let request = request.into_owned();
                self.out.send(place, Mail::Onward(Onward::Call { request, hops: hops + 1 }));
            }
            None => self.judge(request),
        }
    }

    /// The node where a user of this place may still be: it owned the name a short time ago.
    pub(super) fn left_behind(&self, domain: DomainId, name: &str) -> Option<Place> {
        self.out.former(domain, name).filter(|_| self.people.find(domain, name).is_none())
    }

    /// The node where a user may be who is not here, though what so many nodes have sent on came here for it: they may see
    /// other owners than this one does.
    pub(super) fn elsewhere(&self, domain: DomainId, name: &str, hops: u8) -> Option<Place> {
        let is_asked = hops < ONWARD_HOPS_MAX && self.out.has_nodes();
        if !is_asked || self.people.find(domain, name).is_some() {
            return None;
        }
        self.out.elsewhere(domain, name).or_else(|| self.out.former(domain, name))
    }

    fn on_onward(&mut self, onward: Onward) {
        match onward {
            Onward::Call { request, hops } => {
                let Call { domain, verb } = &request.call;
                let place = verb.about().and_then(|name| self.elsewhere(*domain, name, hops));
                self.judge_or_pass_on(request, place, hops);
            }
            Onward::Unicast { unicast, hops } => self.on_unicast(unicast, hops),
            Onward::Evict { domain, name } => {
                if let Some(user) = self.people.find(domain, &name) {
                    self.people.send_away(&mut self.out, user, self.directory.place());
                }
            }
        }
    }

    fn judge(&mut self, request: CallRequest<'_>) {
        let CallRequest { key, call: Call { domain, verb }, until_ms } = request;
        let (caller, out) = (Caller { key, domain, until_ms }, &mut self.out);
        match verb {
            Verb::Online(online) => self.people.online(out, caller, *online),
            Verb::Offline(subject) => self.people.offline(out, caller, &subject),
            Verb::End(ticket) => self.people.end_by_ticket(out, caller, &ticket),
            Verb::Show(show) => self.people.change(out, caller, &show),
            Verb::Status(typing) => self.status(caller, &typing),
            Verb::Message(message) => self.take_message(caller, message),
            Verb::Signal(signal) => self.signal(caller, &signal),
            Verb::Onlines(query) => self.people.onlines(out, caller, query),
            Verb::Members(query) => self.people.members(out, caller, &query),
            Verb::Join(call) => self.people.join(out, caller, &call),
            Verb::Leave(call) => self.people.leave(out, caller, &call),
            Verb::RemoveBuddies(removal) => self.people.remove_buddies(out, caller, removal),
            Verb::Poll(poll) => self.people.poll(out, caller, poll),
            Verb::Ack(ack) => self.people.acknowledge(out, caller, ack),
        }
    }

    /// A message: once the ticket beside its sender is known to be valid, it goes to the owner of the sender.
    fn take_message(&mut self, caller: Caller, mut message: Box<NewMessage<'_>>) {
        let Some(ticket) = message.beside.take() else { return self.message(caller, &message) };
        let Caller { key, domain, until_ms } = caller;
        if self.people.find_ticket(domain, &ticket).is_none() {
            return self.out.refuse(key, Refusal::NoClient);
        }
        self.route(CallRequest { key, call: Call { domain, verb: Verb::Message(message) }, until_ms });
    }

    fn receive(&mut self, mail: Mail) {
        let out = &mut self.out;
        match mail {
            // The name may have got another owner while the call was on its way.
            Mail::Call(request) if out.has_nodes() => self.route(request),
            Mail::Call(request) => self.judge(request),
            Mail::Answer(CallAnswer { key, answer }) => out.answer(key, answer),
            Mail::Cut(cut) => self.people.on_cut(out, cut),
            Mail::Fate(fate) => self.people.on_fate(out, fate),
            Mail::Ack(ack) => self.people.on_ack(out, ack),
            Mail::Close(key) => out.close_poll(key),
            Mail::Unicast(unicast) => self.on_unicast(unicast, 0),
            Mail::Multicast(multicast) => self.rooms.on_multicast(out, &multicast),
            Mail::Deliver(delivery) => self.on_deliver(delivery),
            Mail::Broadcast(broadcast) => self.on_broadcast(broadcast),
            Mail::Reached(reached) => self.on_reached(reached),
            Mail::Link(link) => self.people.on_link(out, *link),
            Mail::Linked(reply) => self.people.on_linked(out, *reply),
            Mail::Presence(presence) => self.people.on_presence(out, presence),
            Mail::Unlink(unlink) => self.people.on_unlink(out, *unlink),
            Mail::Unlinked(reply) => self.people.on_unlinked(out, reply),
            Mail::Enter(entry) => self.rooms.on_enter(out, entry),
            Mail::Entered(reply) => self.people.on_entered(out, reply),
            Mail::Missed(_) => debug_assert!(false, "it is for the bridge"),
            Mail::Onward(onward) => self.on_onward(onward),
            Mail::Moved(moved) => self.people.on_moved(out, *moved),
            Mail::Stranded(moved) => self.people.on_stranded(out, *moved),
            Mail::Relink(relink) => self.people.on_relink(out, relink),
            Mail::Reenter(reenter) => self.people.on_reenter(out, reenter),
            Mail::Join(join) => self.rooms.on_join(out, join),
            Mail::Leave(leave) => self.rooms.on_leave(out, &leave),
            Mail::Left(left) => self.people.on_left(out, &left),
            Mail::Exit(exit) => self.rooms.on_exit(out, &exit),
            Mail::Reveal(reveal) => self.rooms.on_reveal(out, &reveal),
            Mail::Members(request) => self.rooms.on_members(out, request),
            Mail::Ask(request) => self.people.on_ask(out, &request),
            Mail::Describe(request) => self.people.on_describe(out, &request),
            Mail::Report(report) => out.on_report(report),
            Mail::Nodes(nodes) => self.on_nodes(nodes),
        }
    }
}
