//! Parameters: the values of a request, by name.
//!
//! Owns: where parameters stand (query, form, JSON), which source wins, and the checks that many calls share. Must not:
//! import a call. An empty parameter counts as absent, except `status` and lists. The first fault in the text of a
//! parameter is kept until [`Params::check`], which comes after authentication.

mod v5;

use std::borrow::Cow;

use super::dialect;
use super::names::{self, ListRules, NameList, RawList};
use super::param::{EntryName, Param};
use super::refusal;
use crate::base::limits::chat::{
    NAME_BYTES_MAX, NICK_BYTES_MAX, OBJECT_BYTES_MAX, OBJECT_DEPTH_MAX, ROOM_BYTES_MAX,
};
use crate::http::content_type::ContentType;
use crate::http::flat::{self, Value};
use crate::http::form::{self, BadText, Decoded};
use crate::http::nested;
use crate::http::rejection::Rejection;
use crate::http::request::{Method, Request};
use crate::router::call::{Speaker, Subject, Text, Version};
use crate::router::ids::Ticket;
use crate::router::packet::MessageType;

/// The parameters of one request.
pub(super) struct Params<'a> {
    values: [Option<Text<'a>>; Param::COUNT],
    /// The entries of lists that were sent entry by entry, in order; `None` in place of an entry that is not valid
    /// text.
    entries: Vec<(Param, Option<Text<'a>>)>,
    /// The lists that stood so in the query, a bit each. The same lists in the body are ignored.
    listed: u32,
    /// The first fault in the text of a parameter.
    fault: Option<Rejection>,
    /// The body, if there is one, is of a type that can be read.
    readable: bool,
}

/// A place where parameters stand.
struct ParamSource {
    /// The name in a rejection, if no parameter is to blame.
    name: &'static str,
    /// The parameters that stood there, a bit each.
    seen: u32,
    /// The lists that stood there entry by entry, a bit each.
    listed: u32,
}

impl ParamSource {
    fn new(name: &'static str) -> ParamSource {
        ParamSource { name, seen: 0, listed: 0 }
    }
}

/// The mark that some editors and languages put before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl<'a> Params<'a> {
    /// None yet. They are read into their place, because a copy of all of them would cost as much as reading some.
    pub(super) fn new() -> Params<'a> {
        Params {
            values: std::array::from_fn(|_| None),
            entries: Vec::new(),
            listed: 0,
            fault: None,
            readable: true,
        }
    }

    /// Reads the query and, on POST, the body.
    pub(super) fn read(&mut self, request: &Request<'a>) {
        self.read_query(request.query);
        if request.content_encoded {
            self.readable = request.body.is_empty();
        } else if !request.body.is_empty() && request.method == Method::Post {
            let body = request.body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(request.body);
            self.read_body(body, request.content_type);
        }
    }

    /// Reads the query only.
    pub(super) fn read_query(&mut self, query: &'a str) {
        let mut source = ParamSource::new("query");
        self.read_form(form::pairs_of(query), &mut source);
        self.listed = source.listed;
    }

    fn read_body(&mut self, body: &'a [u8], content_type: ContentType) {
        let mut source = ParamSource::new("body");
        match content_type {
            ContentType::None | ContentType::Form => self.read_form(form::pairs(body), &mut source),
            // Nothing stood behind a byte order mark.
            ContentType::Json if body.is_empty() => {}
            ContentType::Json => self.read_json(body, &mut source),
            ContentType::Other => self.readable = false,
        }
    }

    fn read_form(&mut self, pairs: form::Pairs<'a>, source: &mut ParamSource) {
        for pair in pairs {
            match (Param::of(pair.raw_name()), pair.plain_value()) {
                (Some(param), Some(text)) => self.put_text(source, param, Cow::Borrowed(text)),
                (Some(param), None) => self.put_pair(source, param, pair),
                (None, _) => self.read_coded(pair, source),
            }
        }
    }

    /// Reads a pair whose name is not a parameter's as it stands: it may be one when it is decoded, or that of an entry.
    fn read_coded(&mut self, pair: form::Pair<'a>, source: &mut ParamSource) {
        let Ok(name) = pair.name() else { return self.blame(source.name) };
        if let Some(param) = Param::of(name.as_bytes()) {
            return self.put_pair(source, param, pair);
        }
        match (EntryName::of(&name), pair.value()) {
            (Some(entry), Err(BadText)) => {
                self.put_entry(source, &entry, pair.marked_value().map(|_| None));
            }
            (Some(entry), Ok(text)) => self.put_entry(source, &entry, Ok(Some(text))),
            (None, Err(BadText)) => self.blame(source.name),
            (None, Ok(_)) => {}
        }
    }

    fn put_pair(&mut self, source: &mut ParamSource, param: Param, pair: form::Pair<'a>) {
        match pair.value() {
            Err(BadText) if param.is_list() => self.put(source, param, pair.marked_value().map(Cow::Owned)),
            value => self.put(source, param, value),
        }
    }

    /// Reads a body of JSON. A string with invalid UTF-8 is refused, except as an entry of a list, where it is skipped.
    fn read_json(&mut self, body: &'a [u8], source: &mut ParamSource) {
        if let Ok(json) = std::str::from_utf8(body) {
            return self.read_object(json, source, |text| text);
        }
        let marked = form::marked(body);
        let json = flat::with_zeros_escaped(&marked);
        self.read_object(&json, source, |text| Cow::Owned(text.into_owned()));
    }

    fn read_object<'j>(
        &mut self,
        json: &'j str,
        source: &mut ParamSource,
        own: impl Fn(Text<'j>) -> Text<'a>,
    ) {
        let whole = flat::object(json, |name, value| {
            let Some(param) = Param::of(name.as_bytes()) else {
                return match (EntryName::of(&name), value) {
                    (Some(entry), value) => {
                        self.put_entry(source, &entry, entry_text(value).map(|text| text.map(&own)));
                    }
                    // An unknown parameter may have any value that is text.
                    (None, Value::BadText(_)) => self.blame(source.name),
                    (None, Value::Text(_) | Value::Nested(_) | Value::Null | Value::Literal) => {}
                };
            };
            let value = match value {
                // In a JSON body, `meta` and `data` must be objects; a string that holds JSON is refused.
                Value::Text(_) if param.is_object() => Err(BadText),
                Value::Text(text) => Ok(own(text)),
                Value::Nested(json) if param.is_list() || param.is_object() => Ok(own(Cow::Borrowed(json))),
                Value::BadText(marked) if param.is_list() => Ok(Cow::Owned(marked)),
                Value::Null => return self.see(source, param),
                Value::Nested(_) | Value::Literal | Value::BadText(_) => Err(BadText),
            };
            self.put(source, param, value);
        });
        if whole.is_err() {
            self.blame(source.name);
        }
    }

    /// Notes that a parameter stands in a source; it must not stand there twice.
    #[inline]
    fn see(&mut self, source: &mut ParamSource, param: Param) {
        if (source.seen | source.listed) & param.bit() != 0 {
            self.blame(param.name());
        }
        source.seen |= param.bit();
    }

    /// Takes a parameter, unless it stood in an earlier source: that one wins.
    fn put(&mut self, source: &mut ParamSource, param: Param, value: Decoded<'a>) {
        if let Ok(text) = value {
            return self.put_text(source, param, text);
        }
        self.see(source, param);
        self.blame(param.name());
    }

    #[inline]
    fn put_text(&mut self, source: &mut ParamSource, param: Param, text: Text<'a>) {
        self.see(source, param);
        if self.listed & param.bit() == 0 {
            self.values[param as usize].get_or_insert(text);
        }
    }

    /// Takes an entry of a list, unless the list stood in an earlier source: that one wins as a whole.
    fn put_entry(
        &mut self,
        source: &mut ParamSource,
        entry: &EntryName,
        text: Result<Option<Text<'a>>, BadText>,
    ) {
        let param = entry.param;
        if source.seen & param.bit() != 0 || !entry.plain {
            self.blame(param.name());
        }
        source.listed |= param.bit();
        match text {
            Err(BadText) => self.blame(param.name()),
            Ok(_) if self.listed & param.bit() != 0 || self.values[param as usize].is_some() => {}
            Ok(text) => self.entries.push((param, text)),
        }
    }

    fn blame(&mut self, name: &'static str) {
        self.fault.get_or_insert(refusal::bad(name));
    }

    /// Fails if the body could not be read.
    pub(super) fn check_type(&self) -> Result<(), Rejection> {
        if self.readable { Ok(()) } else { Err(refusal::UNSUPPORTED_TYPE) }
    }

    /// Fails if the text of any parameter had a fault.
    pub(super) fn check(&self) -> Result<(), Rejection> {
        self.fault.map_or(Ok(()), Err)
    }

    /// A value, which may be empty.
    pub(super) fn raw(&mut self, param: Param) -> Option<Text<'a>> {
        self.values[param as usize].take()
    }

    /// The names in a list, which may be empty.
    pub(super) fn names(
        &mut self,
        param: Param,
        rules: &ListRules<'_>,
    ) -> Result<Option<NameList<'a>>, Rejection> {
        self.list(param).map(|list| names::read(list, rules).ok_or(param.bad())).transpose()
    }

    fn list(&mut self, param: Param) -> Option<RawList<'a>> {
        if let Some(text) = self.raw(param) {
            return Some(RawList::Text(text));
        }
        let entries: Vec<_> =
            self.entries.extract_if(.., |(of, _)| *of == param).map(|(_, text)| text).collect();
        (!entries.is_empty()).then_some(RawList::Entries(entries))
    }

    /// A value, unless it is empty.
    pub(super) fn text(&mut self, param: Param) -> Option<Text<'a>> {
        self.raw(param).filter(|text| !text.is_empty())
    }

    /// A value, unless it is empty; an error if it is longer than `bytes_max`.
    pub(super) fn text_up_to(
        &mut self,
        param: Param,
        bytes_max: usize,
    ) -> Result<Option<Text<'a>>, Rejection> {
        match self.text(param) {
            Some(text) if text.len() > bytes_max => Err(param.bad()),
            text => Ok(text),
        }
    }

    /// A JSON object as its text, unless it is empty.
    pub(super) fn object(&mut self, param: Param) -> Result<Option<Text<'a>>, Rejection> {
        let Some(json) = self.text(param) else { return Ok(None) };
        let is_good = json.len() <= OBJECT_BYTES_MAX && nested::is_object(&json, OBJECT_DEPTH_MAX);
        if is_good { Ok(Some(json)) } else { Err(param.bad()) }
    }

    /// The name of a user or a room, unless it is empty.
    pub(super) fn name(&mut self, param: Param, bytes_max: usize) -> Result<Option<Text<'a>>, Rejection> {
        match self.text(param) {
            Some(text) if !names::is_name(&text, bytes_max) => Err(param.bad()),
            text => Ok(text),
        }
    }

    /// The name of a user or a room.
    pub(super) fn required_name(&mut self, param: Param, bytes_max: usize) -> Result<Text<'a>, Rejection> {
        self.name(param, bytes_max)?.ok_or_else(|| param.missing())
    }

    pub(super) fn nick(&mut self) -> Result<Option<Text<'a>>, Rejection> {
        self.text_up_to(Param::Nick, NICK_BYTES_MAX)
    }

    /// The ticket, if there is one. The router decides whether it is still good.
    pub(super) fn ticket(&mut self) -> Result<Option<Ticket>, Rejection> {
        self.text(Param::Ticket).map(|text| Ticket::parse(&text).ok_or(refusal::INVALID_TICKET)).transpose()
    }

    pub(super) fn required_ticket(&mut self) -> Result<Ticket, Rejection> {
        self.ticket()?.ok_or(Param::Ticket.missing())
    }

    /// The user that the call is about: the one with the ticket, or else the one with the name.
    pub(super) fn subject(&mut self) -> Result<Subject<'a>, Rejection> {
        if let Some(ticket) = self.ticket()? {
            return Ok(Subject::Ticket(ticket));
        }
        let name = self.name(Param::Name, NAME_BYTES_MAX)?;
        name.map(Subject::Name).ok_or(Param::Ticket.missing())
    }

    /// The sender: the user with the ticket, or else the site under the name `from`.
    pub(super) fn speaker(&mut self) -> Result<Speaker<'a>, Rejection> {
        if let Some(ticket) = self.ticket()? {
            return Ok(Speaker::Ticket(ticket));
        }
        let from = self.name(Param::From, NAME_BYTES_MAX)?;
        from.map(Speaker::Site).ok_or(Param::Ticket.missing())
    }

    /// The type, by its word or by the word that front ends in the field use.
    pub(super) fn message_type(&mut self) -> Result<MessageType, Rejection> {
        match self.text(Param::Type).as_deref() {
            None | Some("unicast" | "chat") => Ok(MessageType::Unicast),
            Some("multicast" | "grpchat") => Ok(MessageType::Multicast),
            Some("broadcast") => Ok(MessageType::Broadcast),
            Some(_) => Err(Param::Type.bad()),
        }
    }

    /// The same for a call that goes to nobody but a user or a room.
    pub(super) fn narrow_type(&mut self) -> Result<MessageType, Rejection> {
        let kind = self.message_type()?;
        if kind == MessageType::Broadcast { Err(Param::Type.bad()) } else { Ok(kind) }
    }

    /// The user or the room; nothing for a broadcast.
    pub(super) fn receiver(&mut self, kind: MessageType) -> Result<Text<'a>, Rejection> {
        match kind {
            MessageType::Unicast => self.required_name(Param::To, NAME_BYTES_MAX),
            MessageType::Multicast => self.required_name(Param::To, ROOM_BYTES_MAX),
            MessageType::Broadcast => Ok(Cow::Borrowed("")),
        }
    }

    pub(super) fn version(&mut self) -> Result<Version, Rejection> {
        let name = self.text(Param::Version);
        dialect::version(name.as_deref()).ok_or(Param::Version.bad())
    }

    /// The same for paths of version 5, which need not be told it.
    pub(super) fn v5_version(&mut self) -> Result<Version, Rejection> {
        let name = self.text(Param::Version);
        dialect::v5_version(name.as_deref()).ok_or(Param::Version.bad())
    }
}

/// The text of a member of a JSON object that is named like an entry of a list; `None` if it is not valid text. A list
/// in it is as wrong as a name with two brackets.
fn entry_text(value: Value<'_>) -> Result<Option<Text<'_>>, BadText> {
    match value {
        Value::Text(text) => Ok(Some(text)),
        Value::Null | Value::Literal | Value::BadText(_) => Ok(None),
        Value::Nested(_) => Err(BadText),
    }
}

#[cfg(test)]
mod tests;
