//! Which records may come to shards.
//!
//! Owns: how long their texts may be. Must not: change a record. Shards take texts for checked: here a request was checked
//! for them, and at the other node only if that is sound and of this version.

use crate::base::limits::chat::{
    EXPIRES_S_MAX, EXPIRES_S_MIN, ID_BYTES_MAX, NAME_BYTES_MAX, NICK_BYTES_MAX, OBJECT_BYTES_MAX,
    ROOM_BYTES_MAX, SHOW_BYTES_MAX, SIGNAL_NAME_BYTES_MAX, STATUS_BYTES_MAX, STYLE_BYTES_MAX,
    TIMESTAMP_BYTES_MAX,
};
use crate::cluster::wire::record::Record;
use crate::router::call::{
    Looks, MembersQuery, NewMessage, NewSignal, Online, OnlinesQuery, RoomCall, Speaker, Subject, Verb,
};
use crate::router::mail::Part;
use crate::router::profile::Profile;

/// The longest name of a user or a room.
const TO_BYTES_MAX: usize = if NAME_BYTES_MAX > ROOM_BYTES_MAX { NAME_BYTES_MAX } else { ROOM_BYTES_MAX };

/// Whether all texts of a record are as short as those of a request.
pub(super) fn fits(record: &Record) -> bool {
    match record {
        Record::Call(record) => is_call(&record.verb),
        Record::Link(record) => is_profile(&record.profile) && are_names(&record.names),
        Record::Linked(record) => {
            record.buddies.iter().all(|(_, _, (profile, _))| is_profile(profile))
                && record.unplaced.iter().all(|(_, unplaced)| is_name(&unplaced.name))
        }
        Record::Unlink(record) => {
            is_profile(&record.profile) && record.names.iter().all(|name| is_name(name))
        }
        Record::Unicast(record) => is_name(&record.to),
        Record::Multicast(record) => is_name(&record.room),
        Record::Report(record) => match &record.part {
            Part::Profiles(profiles) => profiles.iter().all(|(_, profile)| is_profile(profile)),
            Part::Done | Part::Missing | Part::Delivered(_) | Part::Refused(_) => true,
        },
        Record::Enter(record) => is_profile(&record.profile) && are_names(&record.rooms),
        Record::Join(record) => is_profile(&record.profile) && is_name(&record.room),
        Record::Joining(record) => is_name(&record.name),
        Record::Leave(record) => is_name(&record.room),
        Record::Exit(record) => record.farewell.as_ref().is_none_or(is_profile),
        Record::Reveal(record) => record.news.as_ref().is_none_or(is_profile),
        Record::Members(record) => is_name(&record.room),
        Record::Ask(record) => are_names(&record.names),
        Record::Ended(record) => is_name(&record.name),
        Record::Moved(record) => is_profile(&record.profile),
        Record::Evict(record) => is_name(&record.name),
        Record::DomainList(_)
        | Record::Answered(_)
        | Record::Unlinked(_)
        | Record::Presence(_)
        | Record::Deliver(_)
        | Record::Broadcast(_)
        | Record::Entered(_)
        | Record::Left(_)
        | Record::Describe(_)
        | Record::Refused(_)
        | Record::Missed(_) => true,
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= TO_BYTES_MAX
}

fn are_names(names: &[(u32, Box<str>)]) -> bool {
    names.iter().all(|(_, name)| is_name(name))
}

fn is_profile(profile: &Profile) -> bool {
    is_name(profile.name())
        && profile.nick().len() <= NICK_BYTES_MAX
        && profile.show().len() <= SHOW_BYTES_MAX
        && profile.status().len() <= STATUS_BYTES_MAX
}

fn is_within(text: Option<impl AsRef<str>>, bytes_max: usize) -> bool {
    text.is_none_or(|text| text.as_ref().len() <= bytes_max)
}

fn are_looks(Looks { nick, show, status }: &Looks<'_>) -> bool {
    is_within(nick.as_deref(), NICK_BYTES_MAX)
        && is_within(show.as_deref(), SHOW_BYTES_MAX)
        && is_within(status.as_deref(), STATUS_BYTES_MAX)
}

fn is_subject(subject: &Subject<'_>) -> bool {
    match subject {
        Subject::Ticket(_) => true,
        Subject::Name(name) => is_name(name),
    }
}

fn is_speaker(speaker: &Speaker<'_>) -> bool {
    match speaker {
        Speaker::Ticket(_) => true,
        Speaker::Site(name) => is_name(name),
    }
}

fn is_call(verb: &Verb<'_>) -> bool {
    match verb {
        Verb::Online(online) => is_online(online),
        Verb::Offline(subject) => is_subject(subject),
        Verb::Show(show) => is_subject(&show.subject) && are_looks(&show.looks),
        Verb::Status(typing) => {
            is_name(&typing.to)
                && is_within(typing.nick.as_deref(), NICK_BYTES_MAX)
                && typing.show.len() <= SHOW_BYTES_MAX
        }
        Verb::Message(message) => is_message(message),
        Verb::Signal(signal) => is_signal(signal),
        Verb::Onlines(OnlinesQuery { names, .. }) => names.iter().all(|name| is_name(name)),
        Verb::Members(MembersQuery { room, .. }) => is_name(room),
        Verb::Join(RoomCall { subject, room, nick }) | Verb::Leave(RoomCall { subject, room, nick }) => {
            is_subject(subject) && is_name(room) && is_within(nick.as_deref(), NICK_BYTES_MAX)
        }
        Verb::RemoveBuddies(removal) => {
            is_name(&removal.name) && removal.buddies.iter().all(|name| is_name(name))
        }
        Verb::End(_) => true,
        Verb::Poll(_) | Verb::Ack(_) => false,
    }
}

fn is_online(online: &Online<'_>) -> bool {
    is_name(&online.name)
        && are_looks(&online.looks)
        && online.buddies.iter().chain(&online.rooms).all(|name| is_name(name))
        && online.expires_s.is_none_or(|seconds| (EXPIRES_S_MIN..=EXPIRES_S_MAX).contains(&seconds))
}

fn is_message(message: &NewMessage<'_>) -> bool {
    is_speaker(&message.speaker)
        && is_name(&message.to)
        && is_within(message.nick.as_deref(), NICK_BYTES_MAX)
        && message.style.len() <= STYLE_BYTES_MAX
        && message.timestamp.len() <= TIMESTAMP_BYTES_MAX
        && is_within(message.id.as_deref(), ID_BYTES_MAX)
        && is_within(message.meta.as_deref(), OBJECT_BYTES_MAX)
}

fn is_signal(signal: &NewSignal<'_>) -> bool {
    is_speaker(&signal.speaker)
        && is_name(&signal.to)
        && signal.name.len() <= SIGNAL_NAME_BYTES_MAX
        && signal.data.len() <= OBJECT_BYTES_MAX
        && is_within(signal.key.as_deref(), OBJECT_BYTES_MAX)
}
