//! The cost of reading a request: bytes to a head and a body, a form to its pairs, a request to a call.
//!
//! Owns: one poll as a browser sends it, and one message as a site's PHP sends it. Must not: open a socket.
//!
//! A number here is the CPU time of one pure function on one core, with input, code and domains in the caches and the
//! branches predicted. It shows whether a change of `http/` or `api/` made that function faster or slower, on the same
//! machine and day. It is not the cost of a request: the read from the kernel, the search for the connection, the chat
//! itself and the answer are not included, and the kernel's share is by far the largest. Requests in pieces or chunks, and
//! servers with thousands of domains, are not measured.

use std::hint::black_box;
use std::num::NonZeroU32;

use criterion::{Criterion, Throughput};
use nextim::internals::{
    Context, Domains, Parsed, Partial, Place, Request, Route, SessionKey, Slot, Ticket, form_pairs, parse,
    policy, route,
};
use nextim::{DomainConfig, Limits};

const DOMAIN: &str = "community.example";
const APIKEY: &str = "b1946ac92492d2347c6235b4d2611184";

fn ticket() -> String {
    let slot = Slot { index: 4_711, generation: NonZeroU32::MIN };
    Ticket { epoch: 1, session: SessionKey { place: Place::new(0), slot }, secret: [0xA5; 16] }.text()
}

/// A poll, as a script element of a page makes it.
fn poll() -> String {
    format!(
        "GET /packets?domain={DOMAIN}&ticket={}&callback=jsonp1700000000123&seq=41&_=1700000012345 HTTP/1.1\r\n\
         Host: im.{DOMAIN}\r\n\
         User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
         Accept: */*\r\n\
         Accept-Language: zh-CN,zh;q=0.8,en-US;q=0.5,en;q=0.3\r\n\
         Accept-Encoding: gzip, deflate\r\n\
         Connection: keep-alive\r\n\
         Referer: http://{DOMAIN}/forum/thread/1234\r\n\
         Sec-Fetch-Dest: script\r\n\
         Sec-Fetch-Mode: no-cors\r\n\
         Sec-Fetch-Site: same-site\r\n\r\n",
        ticket()
    )
}

/// The parameters of a message, encoded as PHP encodes them: half of its text is Chinese.
fn message_form() -> String {
    format!(
        "version=3&domain={DOMAIN}&apikey={APIKEY}&ticket={}&nick=Alice&type=unicast&to=bob\
         &body=Shall+we+meet+at+eight%3F+%E6%99%9A%E4%B8%8A%E5%85%AB%E7%82%B9%E5%9C%A8%E8%80%81%E5%9C%B0%E6%96%B9\
         &timestamp=1700000012345.67&style=",
        ticket()
    )
}

/// The same number of pairs, without anything to decode.
fn plain_form() -> String {
    format!(
        "version=3&domain={DOMAIN}&apikey={APIKEY}&ticket={}&nick=Alice&type=unicast&to=bob\
         &body=half-past-eight,as-always,at-the-old-place&timestamp=1700000012345&style=",
        ticket()
    )
}

/// A message, as PHP's curl sends it.
fn message() -> String {
    let body = message_form();
    format!(
        "POST /messages HTTP/1.1\r\n\
         Host: 10.0.0.7:8000\r\n\
         Accept: */*\r\n\
         Content-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
        body.len()
    )
}

/// The whole of `input` as one request.
fn parsed<'b>(input: &'b str, scratch: &'b mut Vec<u8>) -> Request<'b> {
    match parse(input.as_bytes(), &mut Partial::default(), scratch, &policy(&Limits::DEFAULT)) {
        Parsed::Complete { request, bytes } if bytes == input.len() => request,
        Parsed::Complete { .. } | Parsed::Incomplete | Parsed::Rejected(_) => panic!("one request: {input}"),
    }
}

fn parsing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for (name, input) in [("poll", poll()), ("message", message())] {
        let mut scratch = Vec::new();
        group.throughput(Throughput::Bytes(input.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                black_box(parsed(black_box(&input), &mut scratch));
            });
        });
    }
    group.finish();
}

fn decoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("form");
    for (name, input) in [("plain", plain_form()), ("escaped", message_form())] {
        assert!(form_pairs(input.as_bytes()).all(|pair| pair.name().is_ok() && pair.value().is_ok()));
        group.throughput(Throughput::Bytes(input.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for pair in form_pairs(black_box(input.as_bytes())) {
                    _ = black_box((pair.name(), pair.value()));
                }
            });
        });
    }
    group.finish();
}

fn routing(criterion: &mut Criterion) {
    let domains = Domains::new(&[DomainConfig::new(DOMAIN, APIKEY), DomainConfig::new("other.example", "k")]);
    let context = Context {
        domains: &domains,
        limits: &Limits::DEFAULT,
        is_put_off: &|_, _| false,
        wall_ms: || 1_700_000_012_345,
        now_ms: 0,
        secret: [7; 16],
    };
    let mut group = criterion.benchmark_group("route");
    for (name, input) in [("poll", poll()), ("message", message())] {
        let mut scratch = Vec::new();
        let request = parsed(&input, &mut scratch);
        assert!(matches!(route(&request, &context).route, Route::Call(_)), "{name}");
        group.bench_function(name, |bencher| {
            bencher.iter(|| route(black_box(&request), &context));
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    parsing(&mut criterion);
    decoding(&mut criterion);
    routing(&mut criterion);
    criterion.final_summary();
}
