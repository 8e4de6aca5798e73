//! Parameters: what a request says, by name.
//!
//! Owns: where parameters come from (query, form, JSON), which wins, and the checks many calls share. Must
//! not: know a call, or split a list. An empty parameter counts as absent; only `status` and lists tell the two apart.
//! A fault in the text of a parameter is noted and told only by [`Params::check`], after authentication.

use std::borrow::Cow;

use super::dialect;
use super::names;
use super::refusal;
use crate::base::limits::chat::{NAME_BYTES_MAX, NICK_BYTES_MAX};
use crate::http::content_type::ContentType;
use crate::http::flat::{self, Value};
use crate::http::form::{self, BadText, Decoded};
use crate::http::rejection::Rejection;
use crate::http::request::{Method, Request};
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
    /// Lists that came entry by entry, in order; `None` stands for an entry that is no text.
    entries: Vec<(Param, Option<Text<'a>>)>,
    /// Which lists stood so in the query, a bit each: those of the body do not matter.
    listed: u32,
    /// The first thing that was wrong with one.
    fault: Option<Rejection>,
    /// Whether the body was of a type that can be read.
    readable: bool,
}

/// A list of names as it came.
pub(super) enum Listed<'a> {
    /// In one text. U+0000 stands for what is no text in it.
    Text(Text<'a>),
    /// Entry by entry; `None` is one that is no text.
    Entries(Vec<Option<Text<'a>>>),
}

/// Where parameters stand.
struct Source {
    /// What to blame if something is wrong with none in particular.
    name: &'static str,
    /// Which parameters stood there, a bit each.
    seen: u32,
    /// Which lists stood there entry by entry.
    listed: u32,
}

impl Source {
    fn new(name: &'static str) -> Source {
        Source { name, seen: 0, listed: 0 }
    }
}

/// What a name in a form says, if it is that of an entry of a list.
struct Entry {
    param: Param,
    /// It is in the list itself: `[]` or a number, not another key and nothing deeper.
    plain: bool,
}

const _: () = assert!(Param::COUNT <= u32::BITS as usize);

/// What some editors and languages put before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

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
            let body = request.body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(request.body);
            params.read_body(body, request.content_type);
        }
        params
    }

    /// Reads the query only.
    pub(super) fn read_query(query: &'a str) -> Params<'a> {
        let mut params = Params {
            values: [const { None }; Param::COUNT],
            entries: Vec::new(),
            listed: 0,
            fault: None,
            readable: true,
        };
        let mut source = Source::new("query");
        params.read_form(form::pairs_of(query), &mut source);
        params.listed = source.listed;
        params
    }

    fn read_body(&mut self, body: &'a [u8], content_type: ContentType) {
        let mut source = Source::new("body");
        match content_type {
            ContentType::None | ContentType::Form => self.read_form(form::pairs(body), &mut source),
            // There is nothing behind a byte order mark.
            ContentType::Json if body.is_empty() => {}
            ContentType::Json => self.read_json(body, &mut source),
            ContentType::Other => self.readable = false,
        }
    }

    fn read_form(&mut self, mut pairs: form::Pairs<'a>, source: &mut Source) {
        while let Some((name, value)) = pairs.next() {
            let Ok(name) = name else {
                self.blame(source.name);
                continue;
            };
            match Param::of(&name) {
                Some(param) if param.is_list() => {
                    let value = value.or_else(|BadText| pairs.marked_value().map(Cow::Owned));
                    self.put(source, param, value);
                }
                Some(param) => self.put(source, param, value),
                None => match (Entry::of(&name), value) {
                    (Some(entry), Err(BadText)) => {
                        self.put_entry(source, &entry, pairs.marked_value().map(|_| None));
                    }
                    (Some(entry), Ok(text)) => self.put_entry(source, &entry, Ok(Some(text))),
                    (None, Err(BadText)) => self.blame(source.name),
                    (None, Ok(_)) => {}
                },
            }
        }
    }

    /// Reads an object. What is no UTF-8 is no text where it stands, which only a list may hold.
    fn read_json(&mut self, body: &'a [u8], source: &mut Source) {
        if let Ok(json) = std::str::from_utf8(body) {
            return self.read_object(json, source, |text| text);
        }
        let marked = form::marked(body);
        let json = flat::with_zeros_escaped(&marked);
        self.read_object(&json, source, |text| Cow::Owned(text.into_owned()));
    }

    fn read_object<'j>(&mut self, json: &'j str, source: &mut Source, own: impl Fn(Text<'j>) -> Text<'a>) {
        let whole = flat::object(json, |name, value| {
            let Some(param) = Param::of(&name) else {
                return match (Entry::of(&name), value) {
                    (Some(entry), value) => {
                        self.put_entry(source, &entry, entry_text(value).map(|text| text.map(&own)));
                    }
                    // What is not known is not judged, unless it is no text.
                    (None, Value::BadText(_)) => self.blame(source.name),
                    (None, Value::Text(_) | Value::Nested(_) | Value::Null | Value::Literal) => {}
                };
            };
            let value = match value {
                Value::Text(text) => Ok(own(text)),
                Value::Nested(json) if param.is_list() => Ok(own(Cow::Borrowed(json))),
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

    /// Notes that a parameter stands in a source, where it must not stand before.
    fn see(&mut self, source: &mut Source, param: Param) {
        if (source.seen | source.listed) & param.bit() != 0 {
            self.blame(param.name());
        }
        source.seen |= param.bit();
    }

    /// Takes a parameter, unless it stood in an earlier source, which wins.
    fn put(&mut self, source: &mut Source, param: Param, value: Decoded<'a>) {
        self.see(source, param);
        match value {
            Err(BadText) => self.blame(param.name()),
            Ok(_) if self.listed & param.bit() != 0 => {}
            Ok(text) => {
                self.values[param as usize].get_or_insert(text);
            }
        }
    }

    /// Takes an entry of a list, unless the list stood in an earlier source, which wins as a whole.
    fn put_entry(&mut self, source: &mut Source, entry: &Entry, text: Result<Option<Text<'a>>, BadText>) {
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

    /// Tells what was wrong with the text of any parameter.
    pub(super) fn check(&self) -> Result<(), Rejection> {
        self.fault.map_or(Ok(()), Err)
    }

    /// What was said, be it empty.
    pub(super) fn said(&mut self, param: Param) -> Option<Text<'a>> {
        self.values[param as usize].take()
    }

    /// The list that was said, be it empty.
    pub(super) fn list(&mut self, param: Param) -> Option<Listed<'a>> {
        if let Some(text) = self.said(param) {
            return Some(Listed::Text(text));
        }
        let entries: Vec<_> =
            self.entries.extract_if(.., |(of, _)| *of == param).map(|(_, text)| text).collect();
        (!entries.is_empty()).then_some(Listed::Entries(entries))
    }

    /// What was said, unless it is empty.
    pub(super) fn text(&mut self, param: Param) -> Option<Text<'a>> {
        self.said(param).filter(|text| !text.is_empty())
    }

    /// What was said, unless it is empty; an error if it is longer than `bytes_max`.
    pub(super) fn short(&mut self, param: Param, bytes_max: usize) -> Result<Option<Text<'a>>, Rejection> {
        match self.text(param) {
            Some(text) if text.len() > bytes_max => Err(refusal::bad(param.name())),
            text => Ok(text),
        }
    }

    /// A name of a user or a room, if there is one.
    pub(super) fn name(&mut self, param: Param, bytes_max: usize) -> Result<Option<Text<'a>>, Rejection> {
        match self.text(param) {
            Some(text) if !names::is_name(&text, bytes_max) => Err(refusal::bad(param.name())),
            text => Ok(text),
        }
    }

    /// A name of a user or a room.
    pub(super) fn required_name(&mut self, param: Param, bytes_max: usize) -> Result<Text<'a>, Rejection> {
        self.name(param, bytes_max)?.ok_or(refusal::missing(param.name()))
    }

    /// The nick, if there is one.
    pub(super) fn nick(&mut self) -> Result<Option<Text<'a>>, Rejection> {
        self.short(Param::Nick, NICK_BYTES_MAX)
    }

    /// The ticket, if there is one; whether it is still good is for the router to say.
    pub(super) fn ticket(&mut self) -> Result<Option<Ticket>, Rejection> {
        self.text(Param::Ticket).map(|text| Ticket::parse(&text).ok_or(refusal::INVALID_TICKET)).transpose()
    }

    /// The ticket.
    pub(super) fn required_ticket(&mut self) -> Result<Ticket, Rejection> {
        self.ticket()?.ok_or(refusal::missing(Param::Ticket.name()))
    }

    /// Whom the call is about: the user of the ticket, or else the one named.
    pub(super) fn subject(&mut self) -> Result<Subject<'a>, Rejection> {
        if let Some(ticket) = self.ticket()? {
            return Ok(Subject::Ticket(ticket));
        }
        let name = self.name(Param::Name, NAME_BYTES_MAX)?;
        name.map(Subject::Name).ok_or(refusal::missing(Param::Ticket.name()))
    }

    /// The dialect.
    pub(super) fn version(&mut self) -> Result<Version, Rejection> {
        let name = self.text(Param::Version);
        dialect::version(name.as_deref()).ok_or(refusal::bad(Param::Version.name()))
    }
}

impl Param {
    /// Whether it is a list of names.
    fn is_list(self) -> bool {
        matches!(self, Param::Buddies | Param::Rooms | Param::Names)
    }

    fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl Entry {
    /// Reads a name that is no parameter's; `None` if it is not that of a list with a bracket behind it.
    fn of(name: &str) -> Option<Entry> {
        let (list, index) = name.split_once('[')?;
        let param = Param::of(list).filter(|param| param.is_list())?;
        let index = index.strip_suffix(']');
        let plain = index.is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()));
        Some(Entry { param, plain })
    }
}

/// What a member of a JSON object says that is named like an entry of a list; `None` if that is no text. A list in it is as
/// wrong as a name with two brackets.
fn entry_text(value: Value<'_>) -> Result<Option<Text<'_>>, BadText> {
    match value {
        Value::Text(text) => Ok(Some(text)),
        Value::Null | Value::Literal | Value::BadText(_) => Ok(None),
        Value::Nested(_) => Err(BadText),
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
        check("", r#"{"name":null,"buddies":null,"nick":"a"}"#, Ok(&[("nick", "a")]));
        check("name=a", r#"{"name":null}"#, Ok(&[("name", "a")]));
        check("", r#"{"name":null,"name":"a"}"#, Err("name"));
        check("", r#"{"show":true}"#, Err("show"));
        check("", r#"{"buddies":false}"#, Err("buddies"));
        check("", r#"{"name":["a"]}"#, Err("name"));
        check("", r#"{"name":"a\u0000"}"#, Err("name"));
        check("", r#"{"name":"\udc00"}"#, Err("name"));
        check("", r#"{"other":"\u0000"}"#, Err("body"));
        check("", r#"{"\u0000":1}"#, Err("body"));
        check("", r#"{"name":"a","name":"a"}"#, Err("name"));
        check("", r#"["name"]"#, Err("body"));
        check("", "name=a", Err("body"));
        check("", r#"{"name":"a""#, Err("body"));
    }

    /// Checks the list `buddies`, of which `?` is an entry that is no text, and a text is a list in one text.
    #[track_caller]
    fn check_list(query: &str, body: &[u8], content_type: ContentType, expected: Result<&[&str], &str>) {
        let request = Request { body, ..request(query, "", content_type) };
        let mut params = Params::read(&request);
        let what = format!("{query} {}", String::from_utf8_lossy(body));
        let expected = match expected {
            Ok(expected) => expected,
            Err(blamed) => {
                return assert_eq!(params.check().map_err(|fault| fault.text().1), Err(blamed), "{what}");
            }
        };
        assert_eq!(params.check(), Ok(()), "{what}");
        match params.list(Param::Buddies) {
            None => assert_eq!(expected, [""; 0], "{what}"),
            Some(Listed::Text(text)) => assert_eq!([&*text], expected, "{what}"),
            Some(Listed::Entries(entries)) => {
                let entries: Vec<&str> =
                    entries.iter().map(|entry| entry.as_deref().unwrap_or("?")).collect();
                assert_eq!((entries.as_slice(), "entries"), (&expected[1..], expected[0]), "{what}");
            }
        }
    }

    #[test]
    fn lists_come_entry_by_entry() {
        for name in ["buddies[]", "buddies[0]", "buddies%5B%5D", "buddies%5b17%5d", "%62uddies[00]"] {
            let form = format!("{name}=a&x=y&{name}=+b%2C&rooms[]=r&{name}=&{name}&{name}=%ff");
            let expected: &[&str] = &["entries", "a", " b,", "", "", "?"];
            check_list(&form, b"", ContentType::Form, Ok(expected));
            check_list("", form.as_bytes(), ContentType::Form, Ok(expected));
        }
        let check = |form: &str, expected| {
            check_list(form, b"", ContentType::Form, expected);
            check_list("", form.as_bytes(), ContentType::None, expected);
        };
        check("buddies[2]=a&buddies[]=b&buddies[0]=c&buddies[2]=d", Ok(&["entries", "a", "b", "c", "d"]));
        check("buddies[]=%00&buddies[]=a%00", Ok(&["entries", "?", "?"]));
        check("name[]=a&body[0]=b&x[]=c&x[y][]=d", Ok(&[]));
        for bad in [
            "buddies[]=%",
            "buddies[]=%zz",
            "buddies[x]=a",
            "buddies[0][1]=a",
            "buddies[][]=a",
            "buddies[-1]=a",
            "buddies[ ]=a",
            "buddies[=a",
            "buddies[0=a",
            "buddies[0]x=a",
            "buddies=a&buddies[]=b",
            "buddies[]=a&buddies=b",
            "buddies[]=a&buddies=",
            "buddies=a&buddies=b",
        ] {
            check(bad, Err("buddies"));
        }
    }

    #[test]
    fn lists_come_entry_by_entry_in_json_too() {
        let check = |json: &str, expected| check_list("", json.as_bytes(), ContentType::Json, expected);
        check(r#"{"buddies[]":"a"}"#, Ok(&["entries", "a"]));
        check(
            r#"{"buddies[1]":" b,","x":1,"buddies[0]":12,"buddies[]":""}"#,
            Ok(&["entries", " b,", "12", ""]),
        );
        check(r#"{"buddies[]":"a","\u0062uddies[]":"b"}"#, Ok(&["entries", "a", "b"]));
        check(
            r#"{"buddies[0]":null,"buddies[1]":true,"buddies[2]":"\u0000","buddies[3]":"a"}"#,
            Ok(&["entries", "?", "?", "?", "a"]),
        );
        check(r#"{"rooms[]":"a","name[]":["a"],"x[y]":{},"buddies":"b"}"#, Ok(&["b"]));
        check_list(
            "",
            b"{\"buddies[]\":\"a\",\"buddies[]\":\"\xFF\"}",
            ContentType::Json,
            Ok(&["entries", "a", "?"]),
        );
        for bad in [
            r#"{"buddies[]":["a","b"]}"#,
            r#"{"buddies[0]":{"a":1}}"#,
            r#"{"buddies[x]":"a"}"#,
            r#"{"buddies[0][1]":"a"}"#,
            r#"{"buddies[":"a"}"#,
            r#"{"buddies[\u0000]":"a"}"#,
            r#"{"buddies":["a"],"buddies[]":"b"}"#,
            r#"{"buddies[]":"b","buddies":null}"#,
        ] {
            check(bad, Err("buddies"));
        }
    }

    #[test]
    fn the_list_of_the_query_wins_as_a_whole() {
        let check =
            |query, body: &str, expected| check_list(query, body.as_bytes(), ContentType::Form, Ok(expected));
        check("buddies[]=a", "buddies=b", &["entries", "a"]);
        check("buddies[]=a", "buddies[]=b&buddies[1]=c", &["entries", "a"]);
        check("buddies=a", "buddies[]=b", &["a"]);
        check("buddies=", "buddies[]=b", &[""]);
        check("rooms[]=a", "buddies[]=b", &["entries", "b"]);
        check_list("buddies[]=a", br#"{"buddies":["b"]}"#, ContentType::Json, Ok(&["entries", "a"]));
        let json = br#"{"buddies[]":"b"}"#;
        check_list("buddies[]=a", json, ContentType::Json, Ok(&["entries", "a"]));
        check_list("buddies=a", json, ContentType::Json, Ok(&["a"]));
        check_list("buddies[]=a", b"buddies[x]=a", ContentType::Form, Err("buddies"));
    }

    #[test]
    fn what_is_no_text_in_a_list_is_marked() {
        let form = |body: &[u8], expected: &[&str]| check_list("", body, ContentType::Form, Ok(expected));
        form(b"buddies=a,%ff,b%00c,\xFF,\0", &["a,\0,b\0c,\0,\0"]);
        check_list("buddies=a,%C3,b", b"", ContentType::Form, Ok(&["a,\0,b"]));
        check_list("buddies=a,%C,b", b"", ContentType::Form, Err("buddies"));
        let json = |body: &[u8], expected| check_list("", body, ContentType::Json, expected);
        json(br#"{"buddies":"a,\u0000,\ud800b"}"#, Ok(&["a,\0,\0\0\0b"]));
        json(b"{\"buddies\":[\"a\",\"\xFF\"]}", Ok(&["[\"a\",\"\\u0000\"]"]));
        json(b"{\"buddies\":\"a,\xFF\"}", Ok(&["a,\0"]));
        json(b"{\"buddies\":\"a\",\"nick\":\"\xFF\"}", Err("nick"));
        json(b"{\"buddies\":\"a\",\"x\":\"\xFF\"}", Err("body"));
        json(b"{\"buddies\":\"a\"}\xFF", Err("body"));
        json(b"{\"buddies\":[\"\\\xFF\"]}", Err("body"));
    }

    #[test]
    fn a_byte_order_mark_before_a_body_is_dropped() {
        check("", "\u{feff}name=a", ContentType::Form, Ok(&[("name", "a")]));
        check("", "\u{feff}name=a", ContentType::None, Ok(&[("name", "a")]));
        check("", "\u{feff} {\"name\":\"a\"}", ContentType::Json, Ok(&[("name", "a")]));
        check("", "\u{feff}", ContentType::Json, Ok(&[]));
        check("", "\u{feff}", ContentType::Form, Ok(&[]));
        check("", "\u{feff}\u{feff}name=a", ContentType::Form, Ok(&[]));
        check("", "\u{feff}x", ContentType::Json, Err("body"));
        check("", "name=\u{feff}a", ContentType::Form, Ok(&[("name", "\u{feff}a")]));
    }

    #[test]
    fn texts_are_checked() {
        let mut params = Params::read_query("name=a%2Cb&nick=&show=123&ticket=x&version=3");
        assert_eq!(params.name(Param::Name, 9), Err(refusal::bad("name")));
        assert_eq!(params.nick(), Ok(None));
        assert_eq!(params.short(Param::Show, 2), Err(refusal::bad("show")));
        assert_eq!(params.required_name(Param::To, 9), Err(refusal::missing("to")));
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
        assert_eq!(subject("name=a,"), Err(refusal::bad("name")));
        assert_eq!(subject("name="), Err(refusal::missing("ticket")));
        assert_eq!(subject("name=a&ticket=b").map_err(|rejection| rejection.status), Err(404));
    }
}
