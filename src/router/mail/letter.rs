//! What one router sends another.
//!
//! Owns: [`Mail`]. Must not: import a part of the router. Mail arrives in the order it was sent, per pair of places,
//! however late.

use std::sync::Arc;

use super::calls::{CallAnswer, CallRequest, PollCut, PollFate, StreamAck, Waiting};
use super::links::{Link, LinkReply, Missed, Moved, Presence, Relink, Unlink, UnlinkReply};
use super::messages::{Broadcast, Multicast, Reached, Unicast, UserDelivery};
use super::onward::Onward;
use super::reports::{GatherReport, MembersRequest, NamesRequest, ProfilesRequest};
use super::rooms::{EntryReply, Reenter, RoomEntry, RoomExit, RoomJoin, RoomLeave, RoomLeft, RoomReveal};
use crate::router::ids::CallKey;
use crate::router::owners::Nodes;
use crate::router::weight;

/// What one router sends another.
#[derive(Debug)]
pub enum Mail {
    /// A call, to the place that can judge it.
    Call(CallRequest<'static>),
    /// The answer, to the place that accepted the call.
    Answer(CallAnswer),
    /// The browser closed the connection of a parked poll.
    Cut(PollCut),
    /// The fate of a poll's answer is known.
    Fate(PollFate),
    /// The page of a stream has acknowledged packets on the connection of that.
    Ack(StreamAck),
    /// Close the connection of this poll, unless its answer was flushed.
    Close(CallKey),
    /// A message, signal or typing state for one user.
    Unicast(Unicast),
    /// A message, signal or typing state for a room.
    Multicast(Multicast),
    /// A packet for some users of the place.
    Deliver(UserDelivery),
    /// A message for all users of a domain at the place.
    Broadcast(Broadcast),
    /// A place has reached its users with a broadcast.
    Reached(Reached),
    /// A user named others.
    Link(Box<Link>),
    /// The answer to [`Mail::Link`].
    Linked(Box<LinkReply>),
    /// A user's presence, for users of the place.
    Presence(Presence),
    /// A user unlinks others.
    Unlink(Box<Unlink>),
    /// The answer to [`Mail::Unlink`].
    Unlinked(UnlinkReply),
    /// A site says that a user is in rooms of the place.
    Enter(RoomEntry),
    /// A user is a member of these rooms now.
    Entered(EntryReply),
    /// Users of the place have lost their links to these names with a node, and may find them elsewhere.
    Relink(Relink),
    /// A user has gone to another node: for the bridge, which waits whether it comes back there.
    Missed(Box<Missed>),
    /// What another node is asked about a user who should be at the first one.
    Onward(Onward),
    /// A user whose name is the place's now.
    Moved(Box<Moved>),
    /// It could not be taken there.
    Stranded(Box<Moved>),
    /// Users of the place have lost a room with a node, and enter it again.
    Reenter(Reenter),
    /// `/room/join`, to the room's owner.
    Join(RoomJoin),
    /// `/room/leave`, to the room's owner.
    Leave(RoomLeave),
    /// A user is not a member of a room any more.
    Left(RoomLeft),
    /// A user is gone from rooms of the place; only those who watch them are shown that.
    Exit(RoomExit),
    /// Members of rooms of the place begin or cease to see a user, or the user begins to watch them.
    Reveal(RoomReveal),
    /// `/room/members`, to the room's owner.
    Members(MembersRequest),
    /// Which of these names are online?
    Ask(NamesRequest),
    /// What do these users show?
    Describe(ProfilesRequest),
    /// One place's share of an answer.
    Report(GatherReport),
    /// The nodes of the cluster have changed.
    Nodes(Arc<dyn Nodes>),
}

impl Mail {
    /// The request of a site that waits for this, if it must not be carried out too late. What only gathers wait for is:
    /// they say how much they count.
    pub(crate) fn waiting(&self) -> Option<Waiting> {
        if let Mail::Call(request) = self {
            request.waiting()
        } else if let Mail::Onward(onward) = self {
            onward.waiting()
        } else if let Mail::Unicast(Unicast { call, .. }) | Mail::Multicast(Multicast { call, .. }) = self {
            Some(*call)
        } else {
            None
        }
    }

    /// What it takes while it waits, about: to the byte where it is text, with a fixed size for what else lies on the
    /// heap.
    pub(crate) fn bytes(&self) -> usize {
        let beside = match self {
            Mail::Call(request) => request.call.verb.bytes(),
            Mail::Onward(onward) => onward.bytes(),
            Mail::Answer(CallAnswer { answer, .. }) => answer.bytes(),
            Mail::Unicast(unicast) => unicast.bytes(),
            Mail::Multicast(multicast) => multicast.bytes(),
            Mail::Deliver(delivery) => delivery.bytes(),
            Mail::Broadcast(broadcast) => broadcast.packet.share(),
            Mail::Link(link) => link.bytes(),
            Mail::Linked(linked) => linked.bytes(),
            Mail::Presence(presence) => presence.bytes(),
            Mail::Unlink(unlink) => unlink.bytes(),
            Mail::Unlinked(unlinked) => unlinked.bytes(),
            Mail::Enter(entry) => weight::names(&entry.rooms),
            Mail::Entered(entered) => entered.bytes(),
            Mail::Relink(relink) => relink.bytes(),
            Mail::Missed(missed) => missed.bytes(),
            Mail::Moved(moved) | Mail::Stranded(moved) => moved.bytes(),
            Mail::Reenter(reenter) => reenter.name.len() + weight::slots(&reenter.users),
            Mail::Join(join) => join.room.len() + join.packet.share(),
            Mail::Leave(leave) => leave.room.len() + leave.packet.share(),
            Mail::Exit(exit) => exit.bytes(),
            Mail::Reveal(reveal) => reveal.bytes(),
            Mail::Members(request) => request.room.len(),
            Mail::Ask(request) => weight::names(&request.names),
            Mail::Describe(request) => weight::slots(&request.users),
            Mail::Report(report) => report.part.bytes(),
            Mail::Cut(_)
            | Mail::Fate(_)
            | Mail::Ack(_)
            | Mail::Close(_)
            | Mail::Reached(_)
            | Mail::Left(_)
            | Mail::Nodes(_) => 0,
        };
        size_of::<Mail>() + beside
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::domains::DomainId;
    use crate::router::call::{Answer, Call};
    use crate::router::call::{MemberList, NewMessage, OnlinesQuery, Speaker, Text, Verb};
    use crate::router::ids::Place;
    use crate::router::packet::Packet;
    use crate::router::packet::{Message, MessageType};
    use crate::router::profile::Profile;

    const KEY: CallKey = CallKey { place: Place::new(0), conn: 1, serial: 1 };

    /// What a mail weighs beyond itself.
    fn beside(mail: &Mail) -> usize {
        mail.bytes() - size_of::<Mail>()
    }

    #[test]
    fn what_is_long_weighs_what_it_is_long() {
        let body = "x".repeat(30_000);
        let message = Message {
            from: "a",
            nick: "a",
            to: "b",
            timestamp: "1",
            kind: MessageType::Unicast,
            body: &body,
            style: "",
            id: "1",
            meta: None,
        };
        let packet = Packet::message(&message);
        let unicast = Mail::Unicast(Unicast {
            call: Waiting { key: KEY, until_ms: 0 },
            domain: DomainId(0),
            to: "bob".into(),
            packet: packet.clone(),
        });
        assert_eq!(beside(&unicast), 3 + packet.json().len());
        let say = NewMessage {
            speaker: Speaker::Site("a".into()),
            beside: None,
            to: "bob".into(),
            nick: None,
            kind: MessageType::Unicast,
            body: body.as_str().into(),
            style: "".into(),
            timestamp: "12".into(),
            id: None,
            meta: None,
        };
        let call = Call { domain: DomainId(0), verb: Verb::Message(Box::new(say)) }.into_owned();
        let weight = beside(&Mail::Call(CallRequest { key: KEY, call, until_ms: 0 }));
        assert_eq!(weight, size_of::<NewMessage<'_>>() + 3 + 30_000 + 2);
        let verb = Verb::Onlines(OnlinesQuery { ticket: None, names: vec!["12345678".into(); 1_000] });
        let call = Call { domain: DomainId(0), verb }.into_owned();
        assert_eq!(
            beside(&Mail::Call(CallRequest { key: KEY, call, until_ms: 0 })),
            1_000 * (8 + size_of::<Text<'_>>())
        );
        let answer = Answer::Members(MemberList {
            room: "r".into(),
            members: vec![Profile::new("n", "m", "away", "s"); 9],
            partial: false,
        });
        assert_eq!(
            beside(&Mail::Answer(CallAnswer { key: KEY, answer })),
            1 + 9 * (7 + size_of::<Profile>())
        );
        assert_eq!(beside(&Mail::Answer(CallAnswer { key: KEY, answer: Answer::Done })), 0);
    }
}
