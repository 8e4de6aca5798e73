//! What travels between routers, and what a router asks of the shard around it.
//!
//! Owns: the types. Must not: act. Mail arrives in the order it was sent, per pair of places, however late.

use crate::base::admission::Claim;
use crate::base::clock::Tick;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;
use crate::router::call::{Answer, Call};
use crate::router::ids::{CallKey, GatherKey, Place, RoomKey, SessionKey, UserKey};
use crate::router::packet::Packet;
use crate::router::profile::Profile;
use crate::router::weight;

/// Names one place owns, each with its position in the list it was taken from.
pub type Names = Vec<(u32, Box<str>)>;

/// What a router handles, one at a time.
#[derive(Debug)]
pub enum Input<'a> {
    /// A request was read.
    Call(CallRequest<'a>),
    /// Mail of another place arrived.
    Mail(Mail),
    /// The browser closed the connection of a parked poll.
    Cut(PollCut),
    /// The fate of a poll's answer is known.
    Fate(PollFate),
    /// A deadline has come.
    Alarm(Alarm),
    /// The configured domains have changed.
    Domains(std::sync::Arc<crate::base::domains::Domains>),
    /// The server is going down: answer what is parked, take nothing new.
    Drain,
    /// The server has gone down: no more calls come.
    End,
}

/// What the shard around a router must do.
#[derive(Debug)]
pub enum Effect {
    /// Answer a request of this shard.
    Answer(CallAnswer),
    /// Send mail.
    Mail(Envelope),
    /// Give the router [`Input::Alarm`], at the deadline or soon after.
    Deadline(TimedAlarm),
    /// Close the connection of this poll, unless its answer was flushed; either way [`Input::Fate`] follows.
    Close(CallKey),
    /// Give messages back to their site.
    Undelivered(Undelivered),
}

/// A call, and where its answer goes.
#[derive(Debug)]
pub struct CallRequest<'a> {
    /// The request that waits for the answer.
    pub key: CallKey,
    /// What it asks for.
    pub call: Call<'a>,
}

/// The answer to a call.
#[derive(Debug)]
pub struct CallAnswer {
    /// The request that waits for it.
    pub key: CallKey,
    /// What it is answered.
    pub answer: Answer,
}

/// A parked poll whose connection the browser closed.
#[derive(Clone, Copy, Debug)]
pub struct PollCut {
    /// The session that polled.
    pub session: SessionKey,
    /// The poll.
    pub key: CallKey,
}

/// What became of the answer to a poll.
#[derive(Clone, Copy, Debug)]
pub struct PollFate {
    /// The session that polled.
    pub session: SessionKey,
    /// The poll.
    pub key: CallKey,
    /// Whether the kernel took the last byte. If not, it never will.
    pub flushed: bool,
}

/// Mail and its address.
#[derive(Debug)]
pub struct Envelope {
    /// Never the place of the router that sends it.
    pub to: Place,
    /// What is sent.
    pub mail: Mail,
}

/// A moment at which a router has something to do.
#[derive(Clone, Copy, Debug)]
pub struct TimedAlarm {
    /// When.
    pub at: Tick,
    /// What for.
    pub alarm: Alarm,
}

/// Messages whose receiver has gone offline without an acknowledgement.
#[derive(Debug)]
pub struct Undelivered {
    /// The site they go back to.
    pub domain: DomainId,
    /// In the order they were queued.
    pub messages: Vec<Returned>,
}

/// A message that goes back to its site.
#[derive(Debug)]
pub struct Returned {
    /// The message as it was queued.
    pub packet: Packet,
    /// Its place on the way, which is free again when the message has arrived or is lost.
    pub claim: Claim,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// A session: its poll was held long enough, or it was silent too long.
    Session(Slot),
    /// A user: the linger is over.
    User(Slot),
    /// A gather: places that have not reported are left out.
    Gather(Slot),
    /// The drain: the next parked polls are answered.
    Drain,
}

/// What one router sends another.
#[derive(Debug)]
pub enum Mail {
    /// A call, to the place that can judge it.
    Call(CallRequest<'static>),
    /// The answer, to the place that accepted the call.
    Answer(CallAnswer),
    /// See [`Input::Cut`].
    Cut(PollCut),
    /// See [`Input::Fate`].
    Fate(PollFate),
    /// See [`Effect::Close`].
    Close(CallKey),
    /// A message or typing state for one user.
    Unicast(Unicast),
    /// A message for a room.
    Multicast(Multicast),
    /// A packet for some users of the place.
    Deliver(Distribution),
    /// A message for all users of a domain at the place.
    Broadcast(Broadcast),
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
    /// `/room/join`, to the room's owner.
    Join(RoomJoin),
    /// `/room/leave`, to the room's owner.
    Leave(RoomLeave),
    /// A user is no member of a room any more.
    Left(RoomLeft),
    /// A user is gone from rooms of the place; their members are not shown that.
    Exit(RoomExit),
    /// Members of rooms of the place begin or cease to see a user.
    Reveal(RoomReveal),
    /// `/room/members`, to the room's owner.
    Members(MembersRequest),
    /// Which of these names are online?
    Ask(NamesRequest),
    /// What do these users show?
    Describe(ProfilesRequest),
    /// One place's share of an answer.
    Report(GatherReport),
}

impl Mail {
    /// What it takes while it waits, about: to the byte where it is text, with a fixed size for what else lies on the heap.
    pub fn bytes(&self) -> usize {
        let beside = match self {
            Mail::Call(request) => request.call.verb.bytes(),
            Mail::Answer(CallAnswer { answer, .. }) => answer.bytes(),
            Mail::Unicast(unicast) => unicast.bytes(),
            Mail::Multicast(multicast) => multicast.bytes(),
            Mail::Deliver(distribution) => distribution.bytes(),
            Mail::Broadcast(broadcast) => broadcast.packet.share(),
            Mail::Link(link) => link.bytes(),
            Mail::Linked(linked) => linked.bytes(),
            Mail::Presence(presence) => presence.bytes(),
            Mail::Unlink(unlink) => unlink.bytes(),
            Mail::Unlinked(unlinked) => unlinked.bytes(),
            Mail::Enter(entry) => weight::names(&entry.rooms),
            Mail::Entered(entered) => entered.bytes(),
            Mail::Join(join) => join.room.len() + join.packet.share(),
            Mail::Leave(leave) => leave.room.len() + leave.packet.share(),
            Mail::Exit(exit) => weight::slots(&exit.rooms),
            Mail::Reveal(reveal) => weight::slots(&reveal.rooms),
            Mail::Members(request) => request.room.len(),
            Mail::Ask(request) => weight::names(&request.names),
            Mail::Describe(request) => weight::slots(&request.users),
            Mail::Report(report) => report.part.bytes(),
            Mail::Cut(_) | Mail::Fate(_) | Mail::Close(_) | Mail::Left(_) => 0,
        };
        size_of::<Mail>() + beside
    }
}

/// A message or typing state for one user.
#[derive(Debug)]
pub struct Unicast {
    /// The call to answer.
    pub key: CallKey,
    /// The receiver's domain.
    pub domain: DomainId,
    /// The receiver's name.
    pub to: Box<str>,
    /// What is queued.
    pub packet: Packet,
}

impl Unicast {
    fn bytes(&self) -> usize {
        self.to.len() + self.packet.share()
    }
}

/// A message for a room.
#[derive(Debug)]
pub struct Multicast {
    /// The call to answer.
    pub key: CallKey,
    /// The room's domain.
    pub domain: DomainId,
    /// The room's name.
    pub room: Box<str>,
    /// What is queued to its members.
    pub packet: Packet,
    /// The sender, if online: it is not queued to that user.
    pub sender: Option<UserKey>,
}

impl Multicast {
    fn bytes(&self) -> usize {
        self.room.len() + self.packet.share()
    }
}

/// A packet for some users of the place.
#[derive(Debug)]
pub struct Distribution {
    /// The gather that waits for the count.
    pub gather: GatherKey,
    /// What is queued.
    pub packet: Packet,
    /// The receivers.
    pub to: Vec<Slot>,
}

impl Distribution {
    fn bytes(&self) -> usize {
        self.packet.share() + weight::slots(&self.to)
    }
}

/// A message for all users of a domain at the place.
#[derive(Debug)]
pub struct Broadcast {
    /// The gather that waits for the count.
    pub gather: GatherKey,
    /// The receivers' domain.
    pub domain: DomainId,
    /// What is queued.
    pub packet: Packet,
    /// The sender, if online: it is not queued to that user.
    pub sender: Option<UserKey>,
}

/// A site says that a user is in rooms of the place.
#[derive(Debug)]
pub struct RoomEntry {
    /// The gather that waits for [`EntryReply`].
    pub gather: GatherKey,
    /// The rooms' domain.
    pub domain: DomainId,
    /// The user.
    pub user: UserKey,
    /// Whether others saw the user when the mail was sent.
    pub sight: Sight,
    /// The rooms.
    pub rooms: Names,
}

/// A user is a member of these rooms now.
#[derive(Debug)]
pub struct EntryReply {
    /// The gather that waits; none after `/room/join`, which the room's owner answers.
    pub gather: Option<GatherKey>,
    /// The rooms' domain.
    pub domain: DomainId,
    /// The user.
    pub user: UserKey,
    /// The user's sight as it came with the question.
    pub sight: Sight,
    /// The rooms.
    pub rooms: Vec<EnteredRoom>,
}

impl EntryReply {
    fn bytes(&self) -> usize {
        self.rooms.iter().map(|room| size_of_val(room) + room.name.len()).sum()
    }
}

/// A room that a user has entered.
#[derive(Clone, Debug)]
pub struct EnteredRoom {
    /// Its position in the list it was taken from.
    pub position: u32,
    /// Its name.
    pub name: Box<str>,
    /// Where it lives.
    pub key: RoomKey,
    /// Its visible members, and the user.
    pub members: u32,
}

/// `/room/join`, to the room's owner.
#[derive(Debug)]
pub struct RoomJoin {
    /// The call to answer.
    pub key: CallKey,
    /// The room's domain.
    pub domain: DomainId,
    /// The user.
    pub user: UserKey,
    /// Whether others saw the user when the mail was sent.
    pub sight: Sight,
    /// Whether the user is in as many rooms as the limit allows.
    pub full: bool,
    /// The room's name.
    pub room: Box<str>,
    /// What is queued to its other members if the user was none.
    pub packet: Packet,
}

/// `/room/leave`, to the room's owner.
#[derive(Debug)]
pub struct RoomLeave {
    /// The call to answer.
    pub key: CallKey,
    /// The room's domain.
    pub domain: DomainId,
    /// The user.
    pub user: UserKey,
    /// Whether others see the user.
    pub visible: bool,
    /// The room's name.
    pub room: Box<str>,
    /// What is queued to its other members if the user was one.
    pub packet: Packet,
}

/// A user is no member of a room any more.
#[derive(Debug)]
pub struct RoomLeft {
    /// The user.
    pub user: UserKey,
    /// The room.
    pub room: RoomKey,
}

/// A user is gone from rooms of the place.
#[derive(Debug)]
pub struct RoomExit {
    /// The gather that waits.
    pub gather: Option<GatherKey>,
    /// The user.
    pub user: UserKey,
    /// Whether the user is still online: then [`RoomLeft`] answers for each room.
    pub online: bool,
    /// The rooms.
    pub rooms: Vec<Slot>,
}

/// Members of rooms of the place begin or cease to see a user.
#[derive(Debug)]
pub struct RoomReveal {
    /// The gather that waits.
    pub gather: Option<GatherKey>,
    /// The user.
    pub user: UserKey,
    /// Whether they see the user from now on.
    pub visible: bool,
    /// The rooms.
    pub rooms: Vec<Slot>,
}

/// `/room/members`, to the room's owner.
#[derive(Debug)]
pub struct MembersRequest {
    /// The call to answer.
    pub key: CallKey,
    /// The room's domain.
    pub domain: DomainId,
    /// The room's name.
    pub room: Box<str>,
    /// The asking user, if known.
    pub viewer: Option<UserKey>,
}

/// Which of these names are online?
#[derive(Debug)]
pub struct NamesRequest {
    /// The gather that waits.
    pub gather: GatherKey,
    /// The names' domain.
    pub domain: DomainId,
    /// The asking user, if known.
    pub viewer: Option<UserKey>,
    /// The names.
    pub names: Names,
}

/// What do these users show?
#[derive(Debug)]
pub struct ProfilesRequest {
    /// The gather that waits.
    pub gather: GatherKey,
    /// The users.
    pub users: Vec<Slot>,
}

/// One place's share of an answer.
#[derive(Debug)]
pub struct GatherReport {
    /// The gather that waits.
    pub gather: GatherKey,
    /// The share.
    pub part: Part,
}

/// What a place reports.
#[derive(Clone, Debug)]
pub enum Part {
    /// It is done.
    Done,
    /// The number of sessions a packet was queued to.
    Delivered(u32),
    /// What users that are online show, with their positions in the list.
    Profiles(Vec<(u32, Profile)>),
}

impl Part {
    fn bytes(&self) -> usize {
        match self {
            Part::Done | Part::Delivered(_) => 0,
            Part::Profiles(profiles) => profiles.iter().map(|(_, profile)| weight::profile(profile)).sum(),
        }
    }
}

/// A user named others: those of them that are online are linked with it.
#[derive(Debug)]
pub struct Link {
    /// What waits for [`LinkReply`].
    pub gather: GatherKey,
    /// In which world.
    pub domain: DomainId,
    /// The user.
    pub user: UserKey,
    /// The session that is being started, whose call named them.
    pub session: Slot,
    /// What the user shows now.
    pub profile: Profile,
    /// The user's coming, for the pages of those that it was not linked with; `None` if it is invisible.
    pub announce: Option<Packet>,
    /// For this many of the names, the first ones, a place is kept in the user's roster; the others get no new link, and
    /// are [`LinkReply::unplaced`] if they are online.
    pub reserved: usize,
    /// The names, with the position in the list.
    pub names: Names,
}

impl Link {
    fn bytes(&self) -> usize {
        let beside = weight::profile(&self.profile) + weight::share(self.announce.as_ref());
        size_of::<Link>() + beside + weight::names(&self.names)
    }
}

/// Those of them that are online.
#[derive(Debug)]
pub struct LinkReply {
    /// What waits.
    pub gather: GatherKey,
    /// In which world.
    pub domain: DomainId,
    /// The user who named them.
    pub user: UserKey,
    /// The session whose call did.
    pub session: Slot,
    /// What the user showed then.
    pub asked_as: Profile,
    /// See [`Link::reserved`]: these places are free again.
    pub reserved: usize,
    /// Those that were found.
    pub buddies: Vec<Buddy>,
    /// Those that were found and not linked, only because no place was kept for them; with the position in the list.
    pub unplaced: Vec<(u32, Unplaced)>,
}

impl LinkReply {
    fn bytes(&self) -> usize {
        let buddies = self.buddies.iter().map(|buddy| size_of_val(buddy) + weight::profile(&buddy.profile));
        let unplaced = self.unplaced.iter().map(|name| size_of_val(name) + name.1.name.len());
        let found = buddies.sum::<usize>() + unplaced.sum::<usize>();
        size_of::<LinkReply>() + weight::profile(&self.asked_as) + found
    }
}

/// A user who was named and is online, and for whom no place was kept.
#[derive(Debug)]
pub struct Unplaced {
    /// The name.
    pub name: Box<str>,
    /// Whether others see the user. An answer is not `truncated` because of invisible users.
    pub visible: bool,
}

/// A user's presence, for users of the place that are linked with it.
#[derive(Clone, Debug)]
pub struct Presence {
    /// What waits.
    pub gather: Option<GatherKey>,
    /// Whose presence it is.
    pub about: UserKey,
    /// The hash of that user's name.
    pub name: u64,
    /// What they receive, if anything.
    pub packet: Option<Packet>,
    /// Which of the users it is for.
    pub reach: Reach,
    /// The users.
    pub to: Vec<Slot>,
}

impl Presence {
    fn bytes(&self) -> usize {
        weight::share(self.packet.as_ref()) + weight::slots(&self.to)
    }
}

/// Which of the users that a presence is sent to are shown it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those that are linked with the one it is about.
    Linked,
    /// Those that are not linked any more, too: they may have been shown the coming of a user who was invisible by then.
    Met,
    /// The same, and the links end with it: the one it is about has gone.
    Parted,
}

/// A user unlinks those of these names that are online.
#[derive(Debug)]
pub struct Unlink {
    /// What waits for [`UnlinkReply`].
    pub gather: GatherKey,
    /// In which world.
    pub domain: DomainId,
    /// The user.
    pub user: UserKey,
    /// What the user shows now.
    pub profile: Profile,
    /// The user's going, for the pages of those that it was linked with; `None` if it is invisible.
    pub farewell: Option<Packet>,
    /// The names.
    pub names: Vec<HashedName>,
}

impl Unlink {
    fn bytes(&self) -> usize {
        let names = self.names.iter().map(|name| size_of_val(name) + name.text.len());
        let beside = weight::profile(&self.profile) + weight::share(self.farewell.as_ref());
        size_of::<Unlink>() + beside + names.sum::<usize>()
    }
}

/// A name, and the hash it is known by.
#[derive(Clone, Debug)]
pub struct HashedName {
    /// As it was given.
    pub text: Box<str>,
    /// See [`Places::hash`](super::directory::Places::hash).
    pub hash: u64,
}

/// Those of them that were linked.
#[derive(Debug)]
pub struct UnlinkReply {
    /// What waits.
    pub gather: GatherKey,
    /// The user who unlinked them.
    pub user: UserKey,
    /// The hashes of all names that were given.
    pub names: Vec<u64>,
    /// Those that were linked.
    pub parted: Vec<Parted>,
}

impl UnlinkReply {
    fn bytes(&self) -> usize {
        let parted = self.parted.iter();
        let parted = parted.map(|parted| size_of_val(parted) + weight::share(parted.farewell.as_ref()));
        size_of_val(&*self.names) + parted.sum::<usize>()
    }
}

/// Somebody who is linked no more.
#[derive(Debug)]
pub struct Parted {
    /// The user.
    pub key: UserKey,
    /// The hash of that user's name.
    pub name: u64,
    /// That user's going, for the pages of the one that unlinked it; `None` if it is invisible.
    pub farewell: Option<Packet>,
}

/// Whether others see a user, and the how-manieth time this changed: an older word gives way to a newer one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Whether they see him.
    pub visible: bool,
    /// How often he appeared or disappeared before.
    pub changes: u16,
}

/// A user who was named and is online.
#[derive(Clone, Debug)]
pub struct Buddy {
    /// The position in the list.
    pub position: u32,
    /// The user.
    pub key: UserKey,
    /// What the user shows; perhaps that it is invisible, so this is not for others to see yet.
    pub profile: Profile,
    /// Whether the two are linked now; not if a roster is full.
    pub linked: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::call::{MemberList, NewMessage, OnlinesQuery, Speaker, Text, Verb};
    use crate::router::packet::{Message, MessageType};

    const KEY: CallKey = CallKey { place: Place(0), conn: 1, serial: 1 };

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
        };
        let packet = Packet::message(&message);
        let unicast = Mail::Unicast(Unicast {
            key: KEY,
            domain: DomainId(0),
            to: "bob".into(),
            packet: packet.clone(),
        });
        assert_eq!(beside(&unicast), 3 + packet.json().len());
        let say = NewMessage {
            speaker: Speaker::Site("a".into()),
            to: "bob".into(),
            nick: None,
            kind: MessageType::Unicast,
            body: body.as_str().into(),
            style: "".into(),
            timestamp: "12".into(),
            id: None,
        };
        let call = Call { domain: DomainId(0), verb: Verb::Message(Box::new(say)) }.into_owned();
        let weight = beside(&Mail::Call(CallRequest { key: KEY, call }));
        assert_eq!(weight, size_of::<NewMessage<'_>>() + 3 + 30_000 + 2);
        let verb = Verb::Onlines(OnlinesQuery { ticket: None, names: vec!["12345678".into(); 1_000] });
        let call = Call { domain: DomainId(0), verb }.into_owned();
        assert_eq!(beside(&Mail::Call(CallRequest { key: KEY, call })), 1_000 * (8 + size_of::<Text<'_>>()));
        let answer = Answer::Members(MemberList {
            room: "r".into(),
            members: vec![Profile::new("n", "m", "away", "s"); 9],
        });
        assert_eq!(
            beside(&Mail::Answer(CallAnswer { key: KEY, answer })),
            1 + 9 * (7 + size_of::<Profile>())
        );
        assert_eq!(beside(&Mail::Answer(CallAnswer { key: KEY, answer: Answer::Done })), 0);
    }
}
