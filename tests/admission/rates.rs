//! Rates: the requests of an address, and the calls of a domain.
use nextim::internals::{RETRY_LATER_S, RETRY_SOON_S};
use nextim::{DomainConfig, Limits};

use crate::support::{Conn, Response, each, eventually, get, post_form, site_call, strict};

/// Requests an address with one a second has at once.
const AT_ONCE: usize = 10;
/// More than pass in any time a test takes.
const VERY_MANY: usize = 100_000;

fn slow() -> Limits {
    Limits { requests_per_second_per_address: 1, ..Limits::DEFAULT }
}

/// Asks until it is too often; how often it was not, and what was said then.
#[track_caller]
fn ask_too_often(conn: &mut Conn, request: &[u8]) -> (usize, Response) {
    for admitted in 0..VERY_MANY {
        let answer = conn.call(request);
        if answer.status == 429 {
            return (admitted, answer);
        }
    }
    panic!("nothing was refused")
}

#[test]
fn an_address_asks_so_often_over_all_shards() {
    each(&strict(slow()), |server| {
        let request = get("/packets?domain=a&ticket=x", &[]);
        let (mut admitted, mut limited) = (0, 0);
        // Each on a connection of its own, so that they come to all shards.
        let answer = loop {
            let answer = server.from("127.0.0.2").call(&request);
            if answer.status == 429 {
                break answer;
            }
            answer.is(404, "invalid ticket");
            admitted += 1;
            assert!(admitted < VERY_MANY);
        };
        limited += 1;
        assert!(admitted >= AT_ONCE, "{admitted}");
        answer.refuses(429, "too many requests", RETRY_LATER_S);
        assert!(answer.header("access-control-allow-origin") == Some("*"));

        let mut conn = server.from("127.0.0.2");
        for request in [
            get("/webim.js", &[]),
            get("/health", &[]),
            get("/", &[]),
            b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(),
            get("/nowhere", &[]),
            post_form("/messages", "domain=a&apikey=wrong"),
        ] {
            let (_, answer) = ask_too_often(&mut conn, &request);
            answer.refuses(429, "too many requests", RETRY_LATER_S);
            assert!(answer.header("access-control-allow-origin").is_none());
            limited += 1;
        }
        for _ in 0..3 * AT_ONCE {
            conn.call(&site_call("/onlines", "names=x")).is(200, "");
            assert_eq!(conn.call(&site_call("/messages", "")).status, 400, "the key is right");
        }
        server.from("127.0.0.3").call(&request).is(404, "invalid ticket");
        server.counts("requests_refused_rate", limited);
    });
}

#[test]
fn what_is_no_request_counts_too_and_the_connection_is_closed() {
    each(&strict(slow()), |server| {
        let mut refused = (0..VERY_MANY).map(|_| {
            let mut conn = server.from("127.0.0.2");
            let answer = conn.call(b"nonsense\r\n\r\n");
            assert_eq!(conn.rest(), b"");
            answer
        });
        let answer = refused.find(|answer| answer.status != 400).unwrap();
        answer.refuses(429, "too many requests", RETRY_LATER_S);
        assert!(answer.header("connection") == Some("close"));
        server.counts("requests_refused_rate", 1);
    });
}

#[test]
fn behind_a_trusted_proxy_it_is_the_forwarded_address_that_asks() {
    let mut config = strict(slow());
    config.trusted_proxies = vec!["127.0.2.0/24".parse().unwrap()];
    each(&config, |server| {
        let mut proxy = server.from("127.0.2.1");
        let asks = |whom: &str| get("/packets?domain=a&ticket=x", &[("X-Forwarded-For", whom)]);
        let (admitted, _) = ask_too_often(&mut proxy, &asks("203.0.113.5, 192.0.2.1"));
        assert!(admitted >= AT_ONCE);
        // The same client: behind two proxies, with an invented address in front.
        assert!(ask_too_often(&mut proxy, &asks("10.0.0.1, 192.0.2.1, 127.0.2.7")).0 < AT_ONCE);
        assert!(ask_too_often(&mut proxy, &asks("192.0.2.2")).0 >= AT_ONCE);
        assert!(ask_too_often(&mut proxy, &asks("unknown")).0 >= AT_ONCE, "the proxy's own");
        assert!(ask_too_often(&mut proxy, &get("/packets", &[])).0 < AT_ONCE, "the proxy's own, too");

        let mut stranger = server.from("127.0.0.2");
        let (admitted, _) = ask_too_often(&mut stranger, &asks("192.0.2.3"));
        assert!(admitted >= AT_ONCE);
        assert!(
            ask_too_often(&mut stranger, &asks("192.0.2.4")).0 < AT_ONCE,
            "the X-Forwarded-For of a stranger is ignored"
        );
    });
}

/// Requests that do not arrive, or are none in the end, count, too; behind a proxy they counted against the proxy.
#[test]
fn behind_a_trusted_proxy_it_is_the_forwarded_address_that_sends_no_request() {
    let mut config = strict(slow());
    config.trusted_proxies = vec!["127.0.2.1".parse().unwrap()];
    config.timeouts.body_ms = 300;
    each(&config, |server| {
        let begin = |number: usize| {
            let mut conn = server.from("127.0.2.1");
            let head = "POST /onlines HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n";
            conn.send(format!("{head}X-Forwarded-For: 192.0.2.{number}\r\n\r\nname").as_bytes());
            conn
        };
        let conns: Vec<Conn> = (1..=5 * AT_ONCE).map(begin).collect();
        for mut conn in conns {
            conn.response().is(408, "request timed out");
        }
        for number in 1..=5 * AT_ONCE {
            let head = "POST /onlines HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n";
            let request = format!("{head}X-Forwarded-For: 198.51.100.{number}\r\n\r\nno length\r\n");
            server.from("127.0.2.1").call(request.as_bytes()).is(400, "malformed request");
        }
    });
}

#[test]
fn a_domain_calls_so_often_whatever_the_shard_and_a_reload() {
    let mut config = strict(Limits::DEFAULT);
    let limited = |max_calls_per_second| DomainConfig { max_calls_per_second, ..DomainConfig::new("a", "k") };
    config.domains[0] = limited(20);
    let other = config.domains[1].clone();
    each(&config, |server| {
        let mut count = 0;
        let mut exceed = || {
            let call = site_call("/onlines", "names=x");
            let mut answers = (0..VERY_MANY).map(|_| server.from("127.0.0.2").call(&call));
            let admitted = answers.by_ref().take_while(|answer| answer.status == 200).count();
            count += 1;
            answers.next().filter(|answer| answer.status == 429).inspect(|answer| {
                count += 1;
                answer.refuses(429, "too many calls", RETRY_SOON_S);
            });
            admitted
        };
        assert!(exceed() >= 20, "a second's worth");
        eventually("those of the second before a reload are remembered", || {
            exceed();
            server.reload(&[limited(21), other.clone()]);
            (exceed() < 20).then_some(())
        });
        let seen = count;
        server.from("127.0.0.2").call(&post_form("/onlines", "domain=b&apikey=l&names=x")).is(200, "");
        assert_eq!(server.from("127.0.0.2").call(&get("/packets?domain=a&ticket=x", &[])).status, 404);
        server.counts("calls_refused_rate", seen);
        server.reload(&[limited(0), other.clone()]);
        let mut conn = server.from("127.0.0.2");
        let call = site_call("/onlines", "names=x");
        while conn.call(&call).status == 429 {} // until the shard has read it
        for _ in 0..100 {
            conn.call(&call).is(200, "");
        }
    });
}
