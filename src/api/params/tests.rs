//! Parameters in queries, forms and JSON.
//!
//! Owns: the tables of what is read and what is refused. Must not: import a call.

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
        accepts_events: false,
        keep_alive: true,
        http10: false,
        head: &[],
    }
}

/// The parameters of a request.
fn read<'a>(request: &Request<'a>) -> Params<'a> {
    let mut params = Params::new();
    params.read(request);
    params
}

/// The parameters of a query.
fn params_of(query: &str) -> Params<'_> {
    let mut params = Params::new();
    params.read_query(query);
    params
}

/// Checks the parameters that are read, in the order of their names, or the one that is blamed.
#[track_caller]
fn check(query: &str, body: &str, content_type: ContentType, expected: Result<&[(&str, &str)], &str>) {
    let params = read(&request(query, body, content_type));
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

/// Checks the list `buddies`, in which `?` is an entry that is not valid text. A list that was sent entry by entry
/// begins with `entries`; any other is one text.
#[track_caller]
fn check_list(query: &str, body: &[u8], content_type: ContentType, expected: Result<&[&str], &str>) {
    let request = Request { body, ..request(query, "", content_type) };
    let mut params = read(&request);
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
        Some(RawList::Text(text)) => assert_eq!([&*text], expected, "{what}"),
        Some(RawList::Entries(entries)) => {
            let entries: Vec<&str> = entries.iter().map(|entry| entry.as_deref().unwrap_or("?")).collect();
            assert_eq!((entries.as_slice(), "entries"), (&expected[1..], expected[0]), "{what}");
        }
    }
}

#[test]
fn lists_may_be_sent_entry_by_entry() {
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
fn lists_may_be_sent_entry_by_entry_in_json_too() {
    let check = |json: &str, expected| check_list("", json.as_bytes(), ContentType::Json, expected);
    check(r#"{"buddies[]":"a"}"#, Ok(&["entries", "a"]));
    check(r#"{"buddies[1]":" b,","x":1,"buddies[0]":12,"buddies[]":""}"#, Ok(&["entries", " b,", "12", ""]));
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
fn bad_text_in_a_list_is_marked() {
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
    let mut params = params_of("name=a%2Cb&nick=&show=123&ticket=x&version=3");
    assert_eq!(params.name(Param::Name, 9), Err(Param::Name.bad()));
    assert_eq!(params.nick(), Ok(None));
    assert_eq!(params.text_up_to(Param::Show, 2), Err(Param::Show.bad()));
    assert_eq!(params.required_name(Param::To, 9), Err(Param::To.missing()));
    assert_eq!(params.ticket().map_err(|rejection| rejection.status), Err(404));
    assert_eq!(params.ticket(), Ok(None));
    assert_eq!(params.version(), Ok(Version::V3));
}

#[test]
fn a_call_is_about_a_ticket_or_a_name() {
    let ticket = "B".repeat(40);
    let subject =
        |query: &str| params_of(query).subject().map(|subject| matches!(subject, Subject::Ticket(_)));
    assert_eq!(subject(&format!("ticket={ticket}&name=,")), Ok(true));
    assert_eq!(subject("name=a&ticket="), Ok(false));
    assert_eq!(subject("name=a,"), Err(Param::Name.bad()));
    assert_eq!(subject("name="), Err(Param::Ticket.missing()));
    assert_eq!(subject("name=a&ticket=b").map_err(|rejection| rejection.status), Err(404));
}
