//! Parameters: what a request says, by name.
//!
//! Owns: where parameters come from (query, form, JSON), which wins, and the checks many calls share. Must
//! not: know a call. An empty parameter counts as absent; only `status` and lists tell the two apart. A fault
//! in the text of a parameter is noted and told only by [`Params::check`], after authentication.

use std::borrow::Cow;

use super::names;
use crate::http::content_type::ContentType;
use crate::http::flat::{self, Value};
use crate::http::form::{self, BadText, Decoded};
use crate::http::request::{Method, Request};
use crate::http::response::Rejection;
use crate::limits::{NAME_BYTES_MAX, NICK_BYTES_MAX};
use crate::router::call::{Subject, Text, Version};
use crate::router::ids::Ticket;

macro_rules! params {
    ($($param:ident $name:literal)*) => {
        /// The parameters there are.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Param { $(#[doc = $name] $param,)* }

        impl Param {
            /// All, in the order of their names.
            const ALL: &[Param] = &[$(Param::$param),*];
            const COUNT: usize = Param::ALL.len();

            /// The parameter of that name.
            fn of(name: &str) -> Option<Param> {
                match name {
                    $($name => Some(Param::$param),)*
                    _ => None,
                }
            }

            /// Its name.
            pub(super) fn name(self) -> &'static str {
                match self { $(Param::$param => $name,)* }
            }
        }
    };
}

params! {
    Apikey "apikey"
    Body "body"
    Buddies "buddies"
    Callback "callback"
    Domain "domain"
    Format "format"
    From "from"
    Id "id"
    Name "name"
    Names "names"
    Nick "nick"
    Room "room"
    Rooms "rooms"
    Seq "seq"
    Show "show"
    Status "status"
    Style "style"
    Ticket "ticket"
    Timestamp "timestamp"
    To "to"
    Type "type"
    Version "version"
}

/// The parameters of one request.
pub(super) struct Params<'a> {
    values: [Option<Text<'a>>; Param::COUNT],
    /// The first thing that was wrong with one.
    fault: Option<Rejection>,
    /// Whether the body was of a type that can be read.
    readable: bool,
}

/// Where parameters stand.
struct Source {
    /// What to blame if something is wrong with none in particular.
    name: &'static str,
    /// Which parameters stood there, a bit each.
    seen: u32,
}

const _: () = assert!(Param::COUNT <= u32::BITS as usize);

impl<'a> Params<'a> {
    /// Reads query and, on POST, body.
    pub(super) fn read(request: &Request<'a>) -> Params<'a> {
        let mut params = Params::read_query(request.query);
        if request.body.is_empty() {
            return params;
        }
        if request.content_encoded {
            params.readable = false;
        } else if request.method == Method::Post {
            params.read_body(request.body, request.content_type);
        }
        params
    }

    /// Reads the query only.
    pub(super) fn read_query(query: &'a str) -> Params<'a> {
        let mut params = Params { values: [const { None }; Param::COUNT], fault: None, readable: true };
        params.read_form(form::pairs_of(query), &mut Source { name: "query", seen: 0 });
        params
    }

    fn read_body(&mut self, body: &'a [u8], content_type: ContentType) {
        let mut source = Source { name: "body", seen: 0 };
        match content_type {
            ContentType::None | ContentType::Form => self.read_form(form::pairs(body), &mut source),
            ContentType::Json => self.read_json(body, &mut source),
            ContentType::Other => self.readable = false,
        }
    }

    fn read_form(&mut self, pairs: form::Pairs<'a>, source: &mut Source) {
        for (name, value) in pairs {
            match name {
                Ok(name) => self.put(source, Param::of(&name), value),
                Err(BadText) => self.blame(source.name),
            }
        }
    }

    fn read_json(&mut self, json: &'a [u8], source: &mut Source) {
        let whole = flat::object(json, |name, value| {
            let param = Param::of(&name);
            let value = match value {
                Value::Text(text) => Ok(text),
                Value::Nested(json) if param.is_none_or(Param::is_list) => Ok(Cow::Borrowed(json)),
                // What is not known is not judged, unless it is no text.
                Value::Literal if param.is_none() => Ok(Cow::Borrowed("")),
                Value::Nested(_) | Value::Literal | Value::BadText => Err(BadText),
            };
            self.put(source, param, value);
        });
        if whole.is_err() {
            self.blame(source.name);
        }
    }

    /// Takes a parameter, unless it stood in an earlier source, which wins.
    fn put(&mut self, source: &mut Source, param: Option<Param>, value: Decoded<'a>) {
        let Some(param) = param else {
            if value.is_err() {
                self.blame(source.name);
            }
            return;
        };
        let bit = 1 << param as u32;
        if source.seen & bit != 0 {
            self.blame(param.name());
        }
        source.seen |= bit;
        match value {
            Err(BadText) => self.blame(param.name()),
            Ok(text) => {
                self.values[param as usize].get_or_insert(text);
            }
        }
    }

    fn blame(&mut self, name: &'static str) {
        self.fault.get_or_insert(Rejection::bad(name));
    }

    /// Fails if the body could not be read.
    pub(super) fn check_type(&self) -> Result<(), Rejection> {
        if self.readable { Ok(()) } else { Err(Rejection::unsupported_type()) }
    }

    /// Tells what was wrong with the text of any parameter.
    pub(super) fn check(&self) -> Result<(), Rejection> {
        self.fault.map_or(Ok(()), Err)
    }

    /// What was said, be it empty.
    pub(super) fn said(&mut self, param: Param) -> Option<Text<'a>> {
        self.values[param as usize].take()
    }

    /// What was said, unless it is empty.
    pub(super) fn text(&mut self, param: Param) -> Option<Text<'a>> {
        self.said(param).filter(|text| !text.is_empty())
    }

    /// What was said, unless it is empty; an error if it is longer than `bytes_max`.
    pub(super) fn short(&mut self, param: Param, bytes_max: usize) -> Result<Option<Text<'a>>, Rejection> {
        match self.text(param) {
            Some(text) if text.len() > bytes_max => Err(Rejection::bad(param.name())),
            text => Ok(text),
        }
    }

    /// A name of a user or a room, if there is one.
    pub(super) fn name(&mut self, param: Param, bytes_max: usize) -> Result<Option<Text<'a>>, Rejection> {
        match self.text(param) {
            Some(text) if !names::is_name(&text, bytes_max) => Err(Rejection::bad(param.name())),
            text => Ok(text),
        }
    }

    /// A name of a user or a room.
    pub(super) fn required_name(&mut self, param: Param, bytes_max: usize) -> Result<Text<'a>, Rejection> {
        self.name(param, bytes_max)?.ok_or(Rejection::missing(param.name()))
    }

    /// The nick, if there is one.
    pub(super) fn nick(&mut self) -> Result<Option<Text<'a>>, Rejection> {
        self.short(Param::Nick, NICK_BYTES_MAX)
    }

    /// The ticket, if there is one; whether it is still good is for the router to say.
    pub(super) fn ticket(&mut self) -> Result<Option<Ticket>, Rejection> {
        const INVALID: Rejection = Rejection::new(404, "invalid ticket");
        self.text(Param::Ticket).map(|text| Ticket::parse(&text).ok_or(INVALID)).transpose()
    }

    /// The ticket.
    pub(super) fn required_ticket(&mut self) -> Result<Ticket, Rejection> {
        self.ticket()?.ok_or(Rejection::missing(Param::Ticket.name()))
    }

    /// Whom the call is about: the user of the ticket, or else the one named.
    pub(super) fn subject(&mut self) -> Result<Subject<'a>, Rejection> {
        if let Some(ticket) = self.ticket()? {
            return Ok(Subject::Ticket(ticket));
        }
        let name = self.name(Param::Name, NAME_BYTES_MAX)?;
        name.map(Subject::Name).ok_or(Rejection::missing(Param::Ticket.name()))
    }

    /// The dialect.
    pub(super) fn version(&mut self) -> Result<Version, Rejection> {
        match self.text(Param::Version).as_deref() {
            None => Ok(Version::Papers),
            Some("3") => Ok(Version::V3),
            Some("6") => Ok(Version::V6),
            Some(_) => Err(Rejection::bad(Param::Version.name())),
        }
    }
}

impl Param {
    /// Whether it may be an array or an object, if the body is JSON.
    fn is_list(self) -> bool {
        matches!(self, Param::Buddies | Param::Rooms | Param::Names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request<'a>(query: &'a str, body: &'a str, content_type: ContentType) -> Request<'a> {
        Request {
            method: Method::Post,
            path: "/",
            query,
            body: body.as_bytes(),
            content_type,
            content_encoded: false,
            basic: None,
            origin: None,
            keep_alive: true,
            http10: false,
            head: &[],
        }
    }

    /// Checks what is read: the parameters in the order of their names, or what is wrong.
    #[track_caller]
    fn check(query: &str, body: &str, content_type: ContentType, expected: Result<&[(&str, &str)], &str>) {
        let params = Params::read(&request(query, body, content_type));
        let names = Param::ALL.iter().map(|param| param.name());
        let found: Vec<(&str, &str)> =
            names.zip(&params.values).filter_map(|(name, value)| Some((name, value.as_deref()?))).collect();
        match expected {
            Ok(expected) => {
                assert_eq!(params.check(), Ok(()), "{query} {body}");
                assert_eq!(found, expected, "{query} {body}");
            }
            Err(blamed) => {
                assert_eq!(params.check().map_err(|fault| fault.text().1), Err(blamed), "{query} {body}");
            }
        }
    }

    #[test]
    fn parameters_stand_in_queries_and_forms() {
        let check = |query, body, expected| check(query, body, ContentType::Form, expected);
        check("", "", Ok(&[]));
        check("name=a+b&other=x&to=%E4%BD%A0", "", Ok(&[("name", "a b"), ("to", "你")]));
        check("%6eame=a", "nick=b&body=", Ok(&[("body", ""), ("name", "a"), ("nick", "b")]));
        check("name=a", "name=b", Ok(&[("name", "a")]));
        check("other=1&other=2", "", Ok(&[]));
        check("name=a&name=a", "", Err("name"));
        check("", "name=&%6eame=", Err("name"));
        check("name=%", "name=b", Err("name"));
        check("name=a", "name=%00", Err("name"));
        check("other=%ff", "", Err("query"));
        check("%ff=other", "", Err("query"));
        check("", "other=%0", Err("body"));
        check("to=%&name=%", "", Err("to"));
    }

    #[test]
    fn parameters_stand_in_json() {
        let check = |query, body, expected| check(query, body, ContentType::Json, expected);
        check("", "{}", Ok(&[]));
        check(
            "",
            r#"{"name":"\u4f60","timestamp":1246883572400}"#,
            Ok(&[("name", "你"), ("timestamp", "1246883572400")]),
        );
        check("name=a", r#"{"name":"b","id":1.50}"#, Ok(&[("id", "1.50"), ("name", "a")]));
        check(
            "",
            r#"{"buddies":["a",1],"rooms":{"b":2}}"#,
            Ok(&[("buddies", r#"["a",1]"#), ("rooms", r#"{"b":2}"#)]),
        );
        check("", r#"{"other":null,"another":[1,{}]}"#, Ok(&[]));
        check("", r#"{"name":null}"#, Err("name"));
        check("", r#"{"show":true}"#, Err("show"));
        check("", r#"{"name":["a"]}"#, Err("name"));
        check("", r#"{"buddies":null}"#, Err("buddies"));
        check("", r#"{"name":"a\u0000"}"#, Err("name"));
        check("", r#"{"name":"\udc00"}"#, Err("name"));
        check("", r#"{"other":"\u0000"}"#, Err("body"));
        check("", r#"{"\u0000":1}"#, Err("body"));
        check("", r#"{"name":"a","name":"a"}"#, Err("name"));
        check("", r#"["name"]"#, Err("body"));
        check("", "name=a", Err("body"));
        check("", r#"{"name":"a""#, Err("body"));
    }

    #[test]
    fn texts_are_checked() {
        let mut params = Params::read_query("name=a%2Cb&nick=&show=123&ticket=x&version=3");
        assert_eq!(params.name(Param::Name, 9), Err(Rejection::bad("name")));
        assert_eq!(params.nick(), Ok(None));
        assert_eq!(params.short(Param::Show, 2), Err(Rejection::bad("show")));
        assert_eq!(params.required_name(Param::To, 9), Err(Rejection::missing("to")));
        assert_eq!(params.ticket().map_err(|rejection| rejection.status), Err(404));
        assert_eq!(params.ticket(), Ok(None));
        assert_eq!(params.version(), Ok(Version::V3));
    }

    #[test]
    fn a_call_is_about_a_ticket_or_a_name() {
        let ticket = "B".repeat(40);
        let subject = |query: &str| {
            Params::read_query(query).subject().map(|subject| matches!(subject, Subject::Ticket(_)))
        };
        assert_eq!(subject(&format!("ticket={ticket}&name=,")), Ok(true));
        assert_eq!(subject("name=a&ticket="), Ok(false));
        assert_eq!(subject("name=a,"), Err(Rejection::bad("name")));
        assert_eq!(subject("name="), Err(Rejection::missing("ticket")));
        assert_eq!(subject("name=a&ticket=b").map_err(|rejection| rejection.status), Err(404));
    }
}
