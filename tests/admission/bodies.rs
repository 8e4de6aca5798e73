//! Requests that do not arrive, what is sent behind answers that are not taken, and long bodies that need not be read.
use nextim::internals::{LATE_BYTES_PER_ADDRESS_MAX, RETRY_LATER_S, UNREAD_BODY_BYTES_MIN};
use nextim::{Config, Limits};

use crate::support::{Conn, Running, Unconnected, each, eventually, get, poll, post_form, site_call, strict};

/// A body as long as bodies may be, and how much of it is sent.
const BODY_BYTES: usize = 512 * 1_024;
const SENT_BYTES: usize = 500_000;
/// `a:k`, `a:x` and `x:k`.
const RIGHT: &str = "Authorization: Basic YTpr\r\n";
const WRONG: [&str; 2] = ["Authorization: Basic YTp4\r\n", "Authorization: Basic eDpr\r\n"];

/// The beginning of a request with a body of names nobody has.
fn head(target: &str, headers: &str, body_bytes: usize) -> Vec<u8> {
    format!("POST {target} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {body_bytes}\r\n\r\n").into_bytes()
}

/// A request without a key of which the last bytes are missing.
fn unfinished(headers: &str) -> Vec<u8> {
    let mut request = head("/onlines", headers, BODY_BYTES);
    request.extend(vec![b'x'; SENT_BYTES]);
    request
}

/// Finishes it: it was read, and has no key.
#[track_caller]
fn finishes(conn: &mut Conn) {
    conn.call(&vec![b'x'; BODY_BYTES - SENT_BYTES]).is(401, "authentication failed");
}

/// More unfinished requests than an address may have on all shards: how many are needed to have one too many on one.
fn one_too_many(server: &Running) -> usize {
    (LATE_BYTES_PER_ADDRESS_MAX / SENT_BYTES) * server.shards + 1
}

/// Sends so many unfinished requests, and waits until their server has got all of it, or said no.
fn send_unfinished(
    server: &Running,
    from: &str,
    headers: impl Fn(usize) -> String,
    count: usize,
) -> Vec<Conn> {
    let send = |number| {
        let mut conn = server.from(from);
        conn.send(&unfinished(&headers(number)));
        conn
    };
    (0..count).map(send).collect()
}

/// Waits until one of them is told that they are too many; the others go on.
#[track_caller]
fn one_is_refused(conns: &mut Vec<Conn>) {
    let refused = eventually("one is refused", || conns.iter().position(Conn::is_readable));
    let mut conn = conns.swap_remove(refused);
    conn.response().refuses(429, "too many unfinished requests", RETRY_LATER_S);
    assert_eq!(conn.rest(), b"");
}

#[test]
fn bodies_that_do_not_arrive_shut_out_nobody_but_their_address() {
    for shards in [1, 2, 7] {
        let config = strict(Limits { memory_bytes: 64 * 1_024 * 1_024, ..Limits::DEFAULT });
        let config = Config { exempt: vec!["127.9.9.9".parse().unwrap()], ..config };
        let server = &Running::start(&config, shards);
        let alice = server.online("alice");
        let mut page = server.from("127.0.0.3");
        page.send(&poll(&alice, 0));
        server.counts("polls_parked_total", 1);
        let conns = send_unfinished(server, "127.0.0.2", |_| String::new(), 100);
        // Newcomers come in, and pages poll, while they arrive and when they are late.
        for _ in 0..10 {
            server.from("127.0.0.4").call(&site_call("/onlines", "names=alice")).is(200, "alice");
        }
        let most = (LATE_BYTES_PER_ADDRESS_MAX + 2 * BODY_BYTES) * server.shards;
        eventually("the address holds what it may", || {
            (server.count("memory_strangers_bytes") <= most as u64
                && server.count("requests_refused_unfinished") > 0)
                .then_some(())
        });
        for number in 0..10 {
            let mut newcomer = server.from("127.0.0.4");
            newcomer.call(&get("/packets?domain=a&ticket=x", &[])).is(404, "invalid ticket");
            server.call("/messages", &format!("from=x&to=alice&body=hello{number}")).is(200, "ok");
            let answer = page.response();
            assert!(answer.text().contains(&format!("hello{number}")), "{answer:?}");
            let (_, seq) = answer.text().rsplit_once("\"seq\":").unwrap();
            page.send(&poll(&alice, seq.trim_end_matches('}').parse().unwrap()));
        }
        assert_eq!(server.count("connections_refused_memory"), 0, "the door was open all the time");
        let told = conns.into_iter().filter(Conn::is_readable).map(|mut conn| conn.response());
        let told: Vec<_> = told.collect();
        assert!(!told.is_empty());
        for answer in told {
            answer.refuses(429, "too many unfinished requests", RETRY_LATER_S);
        }
        server.counts("memory_strangers_bytes", 0);
    }
}

#[test]
fn an_address_has_so_many_late_bytes_and_others_have_their_own() {
    each(&strict(Limits::DEFAULT), |server| {
        let none = |_| String::new();
        let mut others = ["127.0.0.3", "127.0.0.4", "127.0.0.5"]
            .map(|from| send_unfinished(server, from, none, 1).remove(0));
        let mut conns = send_unfinished(server, "127.0.0.2", none, one_too_many(server));
        one_is_refused(&mut conns);
        others.iter_mut().for_each(finishes);
        drop((conns, others));
        server.counts("memory_strangers_bytes", 0);
    });
}

#[test]
fn one_long_body_may_arrive_however_slowly() {
    let limits = Limits { list_body_bytes: 4 * LATE_BYTES_PER_ADDRESS_MAX, ..Limits::DEFAULT };
    each(&strict(limits), |server| {
        let long = 3 * LATE_BYTES_PER_ADDRESS_MAX;
        let mut conn = server.from("127.0.0.2");
        conn.send(&head("/onlines", "", long));
        conn.send(&vec![b'x'; long - 1]);
        // When these are late it has been late for longer.
        let none = |_| String::new();
        let mut conns = send_unfinished(server, "127.0.0.3", none, one_too_many(server));
        one_is_refused(&mut conns);
        conn.call(b"x").is(401, "authentication failed");
    });
}

#[test]
fn exempt_addresses_have_no_such_limit_and_close_the_door_to_nobody() {
    let limits = Limits { memory_bytes: 256 * 1_024 * 1_024, ..Limits::DEFAULT };
    let config = Config { exempt: vec!["127.9.9.9".parse().unwrap()], ..strict(limits) };
    each(&config, |server| {
        let none = |_| String::new();
        // More than strangers may hold.
        let mut exempt = send_unfinished(server, "127.9.9.9", none, 180);
        server.reaches("memory_bytes", 180 * SENT_BYTES as u64);
        assert_eq!(server.count("memory_strangers_bytes"), 0);
        let mut conns = send_unfinished(server, "127.0.0.2", none, one_too_many(server));
        one_is_refused(&mut conns);
        assert_eq!(server.count("requests_refused_memory") + server.count("connections_refused_memory"), 0);
        exempt.iter_mut().for_each(finishes);
    });
}

#[test]
fn behind_a_trusted_proxy_it_is_the_forwarded_address_that_is_late() {
    let mut config = strict(Limits::DEFAULT);
    config.exempt = vec!["10.0.0.0/8".parse().unwrap()];
    config.trusted_proxies = vec!["127.0.2.1".parse().unwrap()];
    each(&config, |server| {
        let count = one_too_many(server);
        let asks_for = |whom: String| format!("X-Forwarded-For: {whom}\r\n");
        let mut different =
            send_unfinished(server, "127.0.2.1", |number| asks_for(format!("192.0.2.{number}")), count);
        let mut exempt = send_unfinished(server, "127.0.2.1", |_| asks_for("10.0.0.1".to_owned()), count);
        let same = |_| asks_for("203.0.113.5, 198.51.100.1".to_owned());
        one_is_refused(&mut send_unfinished(server, "127.0.2.1", same, count));
        let nobody = |_| asks_for("unknown".to_owned());
        one_is_refused(&mut send_unfinished(server, "127.0.2.1", nobody, count));
        // The X-Forwarded-For of a stranger is ignored.
        let pretends = |number| asks_for(format!("198.51.100.{number}"));
        one_is_refused(&mut send_unfinished(server, "127.0.0.2", pretends, count));
        different.iter_mut().chain(&mut exempt).for_each(finishes);
    });
}

#[test]
fn heads_that_do_not_arrive_count_too() {
    each(&strict(Limits::DEFAULT), |server| {
        // Each holds about as much as its bytes, and what is kept beside them.
        let part = format!("GET /packets HTTP/1.1\r\nHost: x\r\nX: {}", "x".repeat(16_000));
        let count = LATE_BYTES_PER_ADDRESS_MAX / part.len() * server.shards + 1;
        let mut conns: Vec<Conn> = (0..count)
            .map(|_| {
                let mut conn = server.from("127.0.0.2");
                conn.send(part.as_bytes());
                conn
            })
            .collect();
        one_is_refused(&mut conns);
        server.from("127.0.0.3").call(&get("/packets?domain=a&ticket=x", &[])).is(404, "invalid ticket");
    });
}

#[test]
fn requests_behind_answers_that_are_not_taken_count_too() {
    let config = strict(Limits { memory_bytes: 64 * 1_024 * 1_024, ..Limits::DEFAULT });
    each(&config, |server| {
        let requests = get("/webim.js", &[]).repeat(1_400);
        // Of the requests of each, what was read stays until those before are answered.
        let conns: Vec<Conn> = (0..30 * server.shards)
            .map(|_| {
                let mut conn = Unconnected::new("127.0.0.2").with_small_window().connect(server.address);
                conn.send(&requests);
                conn
            })
            .collect();
        server.reaches("requests_refused_unfinished", 1);
        server.from("127.0.0.3").call(&site_call("/onlines", "names=x")).is(200, "");
        // Each shard judges for itself, and none before they are late.
        let most = (LATE_BYTES_PER_ADDRESS_MAX + 2 * requests.len()) * server.shards;
        eventually("it is little", || (server.count("memory_strangers_bytes") <= most as u64).then_some(()));
        assert_eq!(server.count("connections_refused_memory"), 0);
        drop(conns);
        server.counts("memory_strangers_bytes", 0);
    });
}

/// A long body is refused by its head, before it has been sent.
#[track_caller]
fn is_refused_unread(server: &Running, request: &[u8], status: u16, body: &str) {
    let mut conn = server.from("127.0.0.2");
    let answer = conn.call(request);
    answer.is(status, body);
    assert!(answer.header("connection") == Some("close"), "{answer:?}");
    assert_eq!(conn.rest(), b"");
}

#[test]
fn long_bodies_with_wrong_credentials_in_query_or_head_are_not_read() {
    each(&strict(Limits::DEFAULT), |server| {
        let long = UNREAD_BODY_BYTES_MIN + 1;
        let mut count = 0;
        let mut refused = |request: &[u8]| {
            is_refused_unread(server, request, 401, "authentication failed");
            count += 1;
            server.counts("requests_refused_unread", count);
        };
        for target in
            ["/onlines?domain=a&apikey=x", "/messages?domain=x&apikey=k", "/onlines?apikey=k&domain=b"]
        {
            refused(&head(target, "", long));
            refused(&head(target, RIGHT, long));
            // Nobody is encouraged to send it.
            refused(&head(target, "Expect: 100-continue\r\n", long));
            // Who is sending it already gets the answer, too.
            let mut request = head(target, "", 100_000);
            request.extend(vec![b'x'; 99_999]);
            refused(&request);
        }
        for basic in WRONG {
            refused(&head("/onlines", basic, long));
            refused(&head("/onlines?domain=&apikey=", basic, long));
            refused(&head("/presences/online", &format!("{basic}Expect: 100-continue\r\n"), long));
        }
        // Of a body in chunks it is not known how long it will be until so much is there.
        let chunk = |bytes: usize| format!("{bytes:x}\r\n{}\r\n", "x".repeat(bytes)).into_bytes();
        let mut request =
            b"POST /onlines?domain=a&apikey=x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                .to_vec();
        request.extend(chunk(UNREAD_BODY_BYTES_MIN / 2));
        let mut short = request.clone();
        request.extend(chunk(UNREAD_BODY_BYTES_MIN / 2));
        refused(&request);
        short.extend(b"0\r\n\r\n");
        let mut conn = server.from("127.0.0.2");
        conn.call(&short).is(401, "authentication failed");
        conn.call(&site_call("/onlines", "names=x")).is(200, "");
        assert_eq!(server.count("requests_refused_apikey"), 1, "it was read");
    });
}

#[test]
fn long_bodies_that_go_nowhere_are_not_read() {
    each(&strict(Limits::DEFAULT), |server| {
        let long = UNREAD_BODY_BYTES_MIN + 1;
        for (target, status, text) in [
            ("/nowhere", 404, "not found"),
            ("/", 405, "method not allowed"),
            ("/webim.js", 405, "method not allowed"),
        ] {
            is_refused_unread(server, &head(target, "", long), status, text);
        }
        let put = b"PUT /messages HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";
        is_refused_unread(server, put, 405, "method not allowed");
        assert_eq!(server.count("requests_refused_unread"), 0);
        server.counts("requests_rejected_total", 4);
    });
}

#[test]
fn long_bodies_whose_credentials_are_right_or_can_only_stand_in_them_are_read() {
    each(&strict(Limits::DEFAULT), |server| {
        let long = "y".repeat(50_000);
        let read = |target: &str, headers: &str, form: &str, status: u16| {
            let mut conn = server.from("127.0.0.2");
            conn.send(&head(target, headers, form.len()));
            server.reaches("memory_strangers_bytes", 1);
            conn.call(form.as_bytes()).is(status, if status == 200 { "" } else { "authentication failed" });
            conn.call(&site_call("/onlines", "names=x")).is(200, "");
        };
        let names = format!("names=x&other={long}");
        let whole = format!("domain=a&apikey=k&{names}");
        let wrong = format!("domain=a&apikey=x&{names}");
        for (target, headers, form, status) in [
            ("/onlines?domain=a&apikey=k", "", &names, 200),
            ("/onlines?domain=a&apikey=k", WRONG[0], &wrong, 200),
            ("/onlines", RIGHT, &names, 200),
            ("/onlines?domain=a", RIGHT, &names, 200),
            ("/onlines", "", &whole, 200),
            ("/onlines?domain=a", "", &whole, 200),
            ("/onlines?apikey=k", "Authorization: Basic x\r\n", &whole, 200),
            ("/onlines", "", &names, 401),
            ("/onlines?domain=x", "", &names, 401),
            ("/onlines", "", &wrong, 401),
        ] {
            read(target, headers, form, status);
        }
        assert_eq!(
            (server.count("requests_refused_unread"), server.count("requests_refused_apikey")),
            (0, 3)
        );
    });
}

#[test]
fn wrong_keys_before_long_bodies_count_as_requests_of_the_client() {
    let limits = Limits { requests_per_second_per_address: 1, ..Limits::DEFAULT };
    let mut config = strict(limits);
    config.trusted_proxies = vec!["127.0.2.1".parse().unwrap()];
    each(&config, |server| {
        let ask = |whom: &str| {
            let headers = format!("X-Forwarded-For: {whom}\r\n");
            server.from("127.0.2.1").call(&head("/onlines?domain=a&apikey=x", &headers, 100_000))
        };
        let refused = (0..1_000).map(|_| ask("192.0.2.1")).find(|answer| answer.status != 401).unwrap();
        refused.refuses(429, "too many requests", RETRY_LATER_S);
        ask("192.0.2.2").is(401, "authentication failed");
        server.counts("requests_refused_rate", 1);
        let mut conn = server.from("127.0.2.1");
        conn.call(&post_form("/onlines", "domain=a&apikey=k&names=x")).is(200, "");
    });
}
