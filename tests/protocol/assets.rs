//! The browser module: `/webim.js`, and the chunks it loads.

use std::fs;
use std::io::{Read, Write};
use std::thread;

use flate2::read::GzDecoder;
use nextim_testkit::paths::{BarFile, bar_files, build};

use crate::support::{Response, Setup, each_site, eventually, get, post, request};

const SCRIPT: &str = "text/javascript; charset=utf-8";
/// More than the sockets of a connection hold, at both ends.
const MUCH_BYTES: usize = 24 * 1_024 * 1_024;

const GZIP: (&str, &str) = ("Accept-Encoding", "gzip, deflate, br");

/// The paths of the files: that of the script, and those of its chunks.
fn paths() -> Vec<&'static str> {
    bar_files().iter().map(|file| file.path).collect()
}

/// What is to be found at the path.
fn file(path: &str) -> Vec<u8> {
    let files = bar_files();
    files.into_iter().find(|file| file.path == path).expect("one of the paths").source.into_bytes()
}

fn fetch(path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    request(&format!("GET {path} HTTP/1.1"), headers, b"")
}

fn unpacked(answer: &Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(&*answer.body).read_to_end(&mut bytes).expect("gzip");
    bytes
}

#[track_caller]
fn etag(answer: &Response) -> &str {
    let etag = answer.header("etag").expect("ETag");
    assert!(etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"'), "a strong one: {etag}");
    etag
}

/// What every answer with or about a file says.
#[track_caller]
fn has_common_headers(answer: &Response, path: &str) {
    let long = "public, max-age=31536000, immutable";
    let cache_control = if path == "/webim.js" { "public, max-age=3600" } else { long };
    for (name, value) in [
        ("cache-control", cache_control),
        ("vary", "Accept-Encoding"),
        ("x-content-type-options", "nosniff"),
        ("access-control-allow-origin", "*"),
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    etag(answer);
}

/// Must be the file as it is.
#[track_caller]
fn is_plain(answer: &Response, path: &str) {
    assert_eq!((answer.status, answer.header("content-encoding")), (200, None));
    assert!(answer.body == file(path), "{path}: {:?}", answer.text());
    has_common_headers(answer, path);
}

/// Must be the file, compressed.
#[track_caller]
fn is_gzip(answer: &Response, path: &str) {
    assert_eq!((answer.status, answer.header("content-encoding")), (200, Some("gzip")));
    assert!(answer.body.len() < file(path).len() && unpacked(answer) == file(path), "{path}");
    has_common_headers(answer, path);
}

/// Must say that the client has it, and nothing else.
#[track_caller]
fn is_known(answer: &Response, path: &str, tag: &str) {
    assert_eq!((answer.status, etag(answer)), (304, tag));
    assert_eq!((answer.header("content-length"), answer.header("content-type")), (None, None));
    assert!(answer.body.is_empty());
    has_common_headers(answer, path);
}

#[test]
fn the_files_are_served_to_anybody() {
    each_site(|site| {
        for path in paths() {
            let answer = site.send(&fetch(path, &[]));
            is_plain(&answer, path);
            assert_eq!(answer.header("content-type"), Some(SCRIPT));
            let foreign = [("Origin", "https://anywhere.example"), ("Sec-Fetch-Site", "cross-site")];
            is_plain(&site.send(&fetch(path, &foreign)), path);
        }
    });
}

#[test]
fn they_are_compressed_for_clients_that_accept_it() {
    each_site(|site| {
        for path in paths() {
            let (plain, gzip) = (site.send(&fetch(path, &[])), site.send(&fetch(path, &[GZIP])));
            is_gzip(&gzip, path);
            assert_eq!(gzip.header("content-type"), Some(SCRIPT));
            assert_ne!(etag(&gzip), etag(&plain), "two things have two tags");
        }
    });
}

#[test]
fn who_refuses_gzip_is_not_sent_it() {
    each_site(|site| {
        for wanted in ["gzip", "GZip;q=0.1", "*", "br, *;q=0.5", "identity;q=0.5, gzip;q=0.8"] {
            is_gzip(&site.send(&fetch("/webim.js", &[("Accept-Encoding", wanted)])), "/webim.js");
        }
        for unwanted in ["", "br", "gzip;q=0", "*, gzip;q=0.0", "*;q=0", "gzip;q=0.5, identity", "gzip;q=x"] {
            is_plain(&site.send(&fetch("/webim.js", &[("Accept-Encoding", unwanted)])), "/webim.js");
        }
        let lines = [("Accept-Encoding", "br"), ("accept-encoding", "gzip")];
        is_gzip(&site.send(&fetch("/webim.js", &lines)), "/webim.js");
    });
}

#[test]
fn who_has_a_file_is_told_so() {
    each_site(|site| {
        let mut conn = site.connect();
        for path in paths() {
            let forms = [&[][..], &[GZIP][..]];
            let tags = forms.map(|headers| etag(&conn.call(&fetch(path, headers))).to_owned());
            for (form, tag) in forms.into_iter().zip(&tags) {
                let mut ask = |headers: &[(&str, &str)]| conn.call(&fetch(path, &[form, headers].concat()));
                for known in [
                    tag.clone(),
                    format!("W/{tag}"),
                    format!("\"other\", W/\"a,b\" ,{tag}"),
                    tags.join(", "),
                    "*".to_owned(),
                ] {
                    is_known(&ask(&[("If-None-Match", &known)]), path, tag);
                }
                is_known(&ask(&[("If-None-Match", "\"other\""), ("if-none-match", tag)]), path, tag);
                let other_form = tags.iter().find(|other| *other != tag).unwrap();
                for unknown in ["\"other\"", "", &tag[1..tag.len() - 1], &tag[..tag.len() - 1], other_form] {
                    let answer = ask(&[("If-None-Match", unknown)]);
                    assert_eq!((answer.status, etag(&answer)), (200, &**tag), "{unknown}");
                }
            }
        }
    });
}

#[test]
fn head_tells_what_get_would() {
    each_site(|site| {
        let mut conn = site.connect();
        for path in paths() {
            for headers in [&[][..], &[GZIP][..], &[("If-None-Match", "*")][..]] {
                let got = conn.call(&fetch(path, headers));
                conn.send(&request(&format!("HEAD {path} HTTP/1.1"), headers, b""));
                let told = conn.bodiless_response();
                assert_eq!((told.status, told.headers()), (got.status, got.headers()), "{path} {headers:?}");
            }
        }
    });
}

#[test]
fn other_methods_are_told_the_right_ones() {
    each_site(|site| {
        let mut conn = site.connect();
        for path in paths() {
            for method in ["POST", "PUT", "DELETE", "OPTIONS", "get"] {
                let answer = conn.call(&request(&format!("{method} {path} HTTP/1.1"), &[GZIP], b""));
                answer.is(405, "method not allowed");
                assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{method} {path}");
                assert_eq!(answer.header("cache-control"), Some("no-store"), "{method} {path}");
                assert_eq!(answer.header("etag"), None, "{method} {path}");
            }
        }
    });
}

#[test]
fn a_query_is_ignored_and_other_paths_are_not_found() {
    each_site(|site| {
        for target in
            ["/webim.js?v=2", "/webim.js?", "/webim.js?%&domain=%ff", "http://im.example/webim.js?v"]
        {
            is_plain(&site.send(&fetch(target, &[])), "/webim.js");
        }
        let chat = paths()[1];
        is_plain(&site.send(&get(chat, &site.signed(&[("apikey", "twice")]))), chat);
        is_plain(&site.send(&request("GET /webim.js HTTP/1.1", &[], b"a=%")), "/webim.js");
        for path in ["/webim", "/webim.js/", "/webim.jsx", "/Webim.js", "//webim.js", "/web/dist/webim.js"] {
            site.send(&fetch(path, &[GZIP])).is(404, "not found");
        }
    });
}

#[test]
fn a_chunk_of_another_build_is_not_found_and_nobody_keeps_that() {
    each_site(|site| {
        for name in ["opened", "chat", "panels", "strangers", "jsonp", "zh"] {
            let build = build();
            let first = if build.starts_with('0') { '1' } else { '0' };
            let (older, longer) = (format!("{first}{}", &build[1..]), format!("{build}0"));
            let others = [&*older, &longer, &build[1..], &build.to_uppercase(), "", "build"];
            for target in others.map(|other| format!("/webim.{other}.{name}.js")) {
                if target == format!("/webim.{build}.{name}.js") {
                    continue; // a name without letters
                }
                let answer = site.send(&fetch(&target, &[GZIP]));
                answer.is(404, "not found");
                assert_eq!(answer.header("cache-control"), Some("no-store"), "{target}");
            }
            site.send(&fetch(&format!("/webim.{name}.js"), &[GZIP])).is(404, "not found");
        }
        site.send(&fetch("/build", &[GZIP])).is(404, "not found");
    });
}

#[test]
fn script_and_chunks_name_the_same_build() {
    for BarFile { path, source } in bar_files() {
        assert!(source.contains(&build()), "{path}");
        assert!(path == "/webim.js" || path.contains(&build()), "{path}");
    }
}

#[test]
fn http_1_0_and_close_are_answered_and_closed() {
    each_site(|site| {
        let last = |line: &str, headers: &[(&str, &str)]| {
            let mut conn = site.connect();
            conn.send(&request(line, headers, b""));
            Response::whole(&conn.rest())
        };
        let close = ("Connection", "close");
        is_plain(&last("GET /webim.js HTTP/1.0", &[]), "/webim.js");
        let chat = paths()[1];
        is_gzip(&last(&format!("GET {chat} HTTP/1.0"), &[GZIP]), chat);
        let tag = etag(&site.send(&fetch("/webim.js", &[]))).to_owned();
        for (line, headers) in [
            ("GET /webim.js HTTP/1.0", &[("If-None-Match", &*tag)][..]),
            ("GET /webim.js HTTP/1.1", &[("If-None-Match", &*tag), close][..]),
        ] {
            is_known(&last(line, headers), "/webim.js", &tag);
        }
        let closed = last("GET /webim.js HTTP/1.1", &[close]);
        is_plain(&closed, "/webim.js");
        assert_eq!(closed.header("connection"), Some("close"));

        let mut conn = site.connect();
        for _ in 0..2 {
            let kept = conn.call(&request("GET /webim.js HTTP/1.0", &[("Connection", "keep-alive")], b""));
            is_plain(&kept, "/webim.js");
            assert_eq!(kept.header("connection"), Some("keep-alive"));
        }
    });
}

#[test]
fn files_and_calls_share_a_connection() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let onlines = post("/onlines", &site.signed(&[("names", "alice")]));
        let chat = paths()[1];
        let known = fetch(chat, &[("If-None-Match", "*")]);
        let mut conn = site.connect();
        conn.send(&[fetch("/webim.js", &[]), onlines.clone(), known.clone(), alice.poll_bytes(&[])].concat());
        conn.send(&[fetch(chat, &[GZIP]), onlines, known, fetch("/webim.js", &[])].concat());
        is_plain(&conn.response(), "/webim.js");
        conn.response().is(200, "alice");
        assert_eq!(conn.response().status, 304);
        site.push("x", "alice", "for the poll");
        assert_eq!(conn.response().json()["messages"][0]["body"], "for the poll");
        is_gzip(&conn.response(), chat);
        conn.response().is(200, "alice");
        assert_eq!(conn.response().status, 304);
        is_plain(&conn.response(), "/webim.js");
    });
}

#[test]
fn calls_are_neither_compressed_nor_known() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]);
        site.push("x", "alice", "hello");
        let headers = [GZIP, ("If-None-Match", "*")];
        let line = |path: &str, params: &str| format!("GET {path}?domain={}&{params} HTTP/1.1", site.domain);
        let names = line("/onlines", &format!("apikey={}&names=alice", site.apikey));
        site.send(&request(&names, &headers, b"")).is(200, "alice");
        let poll = line("/packets", &format!("ticket={}&seq=0", alice.ticket));
        let answer = site.send(&request(&poll, &headers, b""));
        assert_eq!(answer.json()["messages"][0]["body"], "hello");
        assert_eq!((answer.header("content-encoding"), answer.header("etag")), (None, None));
        alice.seq = answer.json()["seq"].as_u64();
        assert!(alice.everything().is_silent());
    });
}

/// So many pairs of requests, for the file and the compressed one, that their answers do not fit into the sockets.
fn many() -> (Vec<u8>, usize) {
    let pair = [fetch("/webim.js", &[]), fetch("/webim.js", &[GZIP])].concat();
    // Each answer has some 400 bytes of head.
    let pairs = MUCH_BYTES / (file("/webim.js").len() + 800);
    (pair.repeat(pairs), pairs)
}

#[test]
fn a_slow_reader_gets_every_byte_and_holds_nobody_up() {
    each_site(|site| {
        let (file, (requests, pairs)) = (file("/webim.js"), many());
        let mut conn = site.connect();
        let mut stream = conn.writer();
        let writer = thread::spawn(move || stream.write_all(&requests));
        let mut taken_bytes = 0;
        for _ in 0..pairs {
            let (plain, gzip) = (conn.response(), conn.response());
            assert!(plain.body == file && unpacked(&gzip) == file);
            taken_bytes += file.len();
            // It does something else now and then: so the server is faster, and has to wait.
            if taken_bytes > 256 * 1_024 {
                taken_bytes = 0;
                assert_eq!(site.onlines("nobody"), "");
            }
        }
        writer.join().unwrap().expect("the server reads");
    });
}

#[test]
fn who_takes_nothing_of_a_file_is_let_go() {
    Setup::calm().timeout("write_ms", 500).each(|site| {
        let (requests, _) = many();
        let conn = site.connect();
        let mut stream = conn.writer();
        let client = stream.local_addr().unwrap().port();
        let writer = thread::spawn(move || stream.write_all(&requests).is_ok());
        eventually("the server closes", || (!is_open(site.server.address.port(), client)).then_some(()));
        assert!(conn.rest().len() < MUCH_BYTES, "it was not sent everything");
        writer.join().unwrap();
    });
}

/// Whether the server's end of a connection is open.
fn is_open(server: u16, client: u16) -> bool {
    let (local, remote) = (format!(":{server:04X}"), format!(":{client:04X}"));
    // Number, local address, remote address, state; 01 is established.
    fs::read_to_string("/proc/net/tcp").unwrap().lines().any(|line| {
        let mut columns = line.split_whitespace().skip(1);
        let [here, there, state] = std::array::from_fn(|_| columns.next().unwrap_or_default());
        here.ends_with(&local) && there.ends_with(&remote) && state == "01"
    })
}
