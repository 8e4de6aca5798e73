//! Messages: what a client says, and what clients are shown.
//!
//! Owns: their forms. Must not: decide who is shown a message.

use tokio_xmpp::Stanza;
use xmpp_parsers::jid::{BareJid, Jid};
use xmpp_parsers::message::{Id, Lang, Message, MessageType};
use xmpp_parsers::minidom::Element;

use super::calls::{self, Channel};
use crate::limits::CID_BYTES_MAX;
use crate::names::{Domains, resource};
use crate::xml::{clean, element, with, with_text};

const CHAT_STATES: &str = "http://jabber.org/protocol/chatstates";
const HINTS: &str = "urn:xmpp:hints";
const FORWARD: &str = "urn:xmpp:forward:0";
const CARBONS: &str = "urn:xmpp:carbons:2";
/// The ids of XEP-0359.
pub(crate) const SID: &str = "urn:xmpp:sid:0";
const CLIENT: &str = "jabber:client";
const OOB: &str = "jabber:x:oob";
/// What changes or comments on an earlier message: it is never a message of its own, whatever text comes with it.
const AMENDMENTS: [&str; 5] = [
    "urn:xmpp:message-correct:0",
    "urn:xmpp:message-retract:0",
    "urn:xmpp:message-retract:1",
    "urn:xmpp:fasten:0",
    "urn:xmpp:reactions:0",
];

/// What a client's message is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said<'a> {
    /// A text.
    Text(&'a str),
    /// Whether the member is typing.
    Typing(bool),
    /// A change of an earlier message.
    Amendment,
    /// Nothing that is known here.
    Nothing,
}

pub(crate) fn said(message: &Message) -> Said<'_> {
    if message.payloads.iter().any(|payload| AMENDMENTS.contains(&&*payload.ns())) {
        return Said::Amendment;
    }
    if let Some((_, body)) = message.get_best_body(vec!["en", ""]) {
        return Said::Text(body);
    }
    let state = message.payloads.iter().find(|payload| payload.ns() == CHAT_STATES);
    state.map_or(Said::Nothing, |state| Said::Typing(state.name() == "composing"))
}

/// The id by which the site knows a message that comes twice. Ids of clients that count on from the start of each
/// connection name other messages later, so a short one is kept apart by a word of the client's connection.
pub(crate) fn cid(id: Option<&str>, boot: &str, connection: u64, own: u64) -> String {
    const UNIQUE_BYTES: usize = 20;
    match id.filter(|id| !id.is_empty() && id.len() <= CID_BYTES_MAX && !id.contains(char::is_control)) {
        Some(id) if id.len() >= UNIQUE_BYTES => id.to_owned(),
        Some(id) => format!("{boot}.{connection}.{id}"),
        None => format!("{boot}.{own}"),
    }
}

/// A message of another user to a member.
pub(crate) fn chat(domains: &Domains, me: &BareJid, packet: &calls::Message) -> Option<Message> {
    let mut message =
        shown(MessageType::Chat, domains.user_web(&packet.from)?.into(), me.clone().into(), packet);
    if !packet.nick.is_empty() {
        message.payloads.push(with_text("nick", "http://jabber.org/protocol/nick", &packet.nick));
    }
    Some(message)
}

/// A message that was said before the client was there.
pub(crate) fn delayed(mut message: Message, from: &Jid, packet: &calls::Message) -> Message {
    if let Some(stamp) = packet.timestamp.as_i64().and_then(stamp) {
        message.payloads.push(element(
            "delay",
            "urn:xmpp:delay",
            &[("from", from.as_str()), ("stamp", &stamp)],
        ));
    }
    message
}

/// A message of the site to everybody.
pub(crate) fn broadcast(domains: &Domains, me: &BareJid, packet: &calls::Message) -> Message {
    shown(MessageType::Headline, domains.users_host(), me.clone().into(), packet)
}

/// A post in a channel, with a link to what it is about.
pub(crate) fn post(domains: &Domains, me: &BareJid, channel: &Channel, packet: &calls::Message) -> Message {
    let mut message = broadcast(domains, me, packet);
    if !channel.url.is_empty() {
        message.payloads.push(with(element("x", OOB, &[]), [with_text("url", OOB, &channel.url)]));
    }
    message
}

/// A message in a room to one client; `origin` is the id that its sender's client knows it by.
pub(crate) fn in_room(from: Jid, to: Jid, packet: &calls::Message, origin: Option<&str>) -> Message {
    let mut message = shown(MessageType::Groupchat, from, to, packet);
    message.payloads.extend(origin.map(|id| element("origin-id", SID, &[("id", id)])));
    message
}

fn shown(kind: MessageType, from: Jid, to: Jid, packet: &calls::Message) -> Message {
    let mut message = Message::new_with_type(kind, to).with_body(Lang::new(), clean(&packet.body));
    message.from = Some(from);
    message.id = (!packet.id.is_empty()).then(|| Id(clean(&packet.id)));
    message.payloads.extend(files(packet));
    message
}

/// Pictures and files of a message, as links.
fn files(packet: &calls::Message) -> Vec<Element> {
    let files = packet.meta["files"].as_array().map(Vec::as_slice).unwrap_or_default();
    let link = |file: &serde_json::Value| {
        let url = file["url"].as_str().filter(|url| url.starts_with("http"))?;
        Some(with(element("x", OOB, &[]), [with_text("url", OOB, url)]))
    };
    files.iter().filter_map(link).collect()
}

/// What a member said on a page, shown to one of the member's clients as if another client had said it.
pub(crate) fn carbon(
    domains: &Domains,
    privilege: &str,
    me: &BareJid,
    client: &str,
    packet: &calls::Message,
) -> Option<Stanza> {
    let to = domains.user(&packet.to)?;
    let client = Jid::from(me.with_resource(&resource(client)?));
    let addresses =
        |from: &str, to: &str| element("message", CLIENT, &[("from", from), ("to", to), ("type", "chat")]);
    let mut said = addresses(&format!("{me}/web"), to.as_str());
    said = with(said, [with_text("body", CLIENT, &packet.body)]);
    said.set_attr(
        xmpp_parsers::minidom::rxml::Namespace::NONE,
        xmpp_parsers::minidom::rxml::NcName::try_from("id").ok()?,
        clean(&packet.id),
    );
    let sent = with(element("sent", CARBONS, &[]), [with(element("forwarded", FORWARD, &[]), [said])]);
    // The hint keeps the server from copying the copy to the member's other clients, which are sent their own.
    let copy = with(addresses(me.as_str(), client.as_str()), [sent, element("no-copy", HINTS, &[])]);
    let mut message = Message::new_with_type(MessageType::Normal, domains.login_host());
    message.from = Some(domains.users_host());
    message
        .payloads
        .push(with(element("privilege", privilege, &[]), [with(element("forwarded", FORWARD, &[]), [copy])]));
    Some(message.into())
}

/// Whether another user is typing to a member.
pub(crate) fn typing(domains: &Domains, me: &BareJid, from: &str, is_typing: bool) -> Option<Message> {
    let mut message = Message::chat(Jid::from(me.clone()));
    message.from = Some(domains.user_web(from)?.into());
    message.payloads.push(element(if is_typing { "composing" } else { "paused" }, CHAT_STATES, &[]));
    message.payloads.push(element("no-store", HINTS, &[]));
    Some(message)
}

/// An invitation into a room in which something was said.
pub(crate) fn invitation(domains: &Domains, me: &BareJid, room: &str) -> Option<Message> {
    let room = domains.room(room)?;
    let mut message = Message::new_with_type(MessageType::Normal, Jid::from(me.clone()));
    message.payloads.push(element("x", "jabber:x:conference", &[("jid", room.as_str())]));
    message.from = Some(room.into());
    Some(message)
}

/// A time in ms since 1970, as XEP-0082 writes it.
fn stamp(ms: i64) -> Option<String> {
    let (day, ms_of_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    let (seconds, ms) = (ms_of_day / 1_000, ms_of_day % 1_000);
    // Days since 0000-03-01, in eras of 400 years.
    let days = day.checked_add(719_468)?;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let (day, month) =
        (day_of_year - (153 * shifted + 2) / 5 + 1, if shifted < 10 { shifted + 3 } else { shifted - 9 });
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_clients_read_them() {
        for (ms, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_321_862_400_123, "2011-11-21T08:00:00.123Z"),
            (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(stamp(ms).unwrap(), expected);
        }
        assert_eq!(stamp(i64::MAX).map(|text| text.is_empty()), Some(false), "odd times do no harm");
    }

    #[test]
    fn short_ids_of_two_connections_name_two_messages() {
        let long = "7c0d1c9e-8a3b-4f7e-9c55";
        assert_eq!(cid(Some(long), "b", 1, 9), long);
        assert_eq!(cid(Some("m1"), "b", 1, 9), "b.1.m1");
        assert_ne!(cid(Some("m1"), "b", 1, 9), cid(Some("m1"), "b", 2, 9));
        for bad in [None, Some(""), Some("a\nb"), Some(&*"x".repeat(97))] {
            assert_eq!(cid(bad, "b", 1, 9), "b.9");
        }
    }

    #[test]
    fn a_correction_is_no_message() {
        let mut message = Message::chat(Jid::new("a@b").unwrap()).with_body(Lang::new(), "hello".to_owned());
        assert_eq!(said(&message), Said::Text("hello"));
        message.payloads.push(element("replace", AMENDMENTS[0], &[("id", "1")]));
        assert_eq!(said(&message), Said::Amendment);
        let mut message = Message::chat(Jid::new("a@b").unwrap());
        assert_eq!(said(&message), Said::Nothing);
        message.payloads.push(element("composing", CHAT_STATES, &[]));
        assert_eq!(said(&message), Said::Typing(true));
        message.payloads[0] = element("gone", CHAT_STATES, &[]);
        assert_eq!(said(&message), Said::Typing(false));
    }
}
