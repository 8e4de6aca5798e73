//! Newcomers: the connections of a shard and of an address, and how fast they are accepted.
use nextim::Limits;
use nextim::internals::RETRY_CROWDED_S;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::support::{Conn, Unconnected, each, eventually, get, site_call, strict};

const ASK: &str = "/onlines";

#[test]
fn a_full_shard_refuses_newcomers_and_takes_them_again() {
    each(&strict(Limits { connections_per_shard: 10, ..Limits::DEFAULT }), |server| {
        let most = 10 * server.shards;
        let mut conns: Vec<Conn> = (0..=most).map(|_| server.from("127.0.0.2")).collect();
        let refused = eventually("one too many is refused", || conns.iter().position(Conn::is_readable));
        let answer = conns[refused].response();
        answer.refuses(503, "too many connections", RETRY_CROWDED_S);
        assert!(answer.header("access-control-allow-origin") == Some("*"));
        eventually("all of them are judged", || {
            let judged = server.count("connections_total") + server.count("connections_refused_full");
            (judged == conns.len() as u64).then_some(())
        });
        assert!(server.count("connections_refused_full") > 0);
        assert!(server.connections() <= most as u64);
        drop(conns);
        eventually("all are gone", || (server.connections() == 0).then_some(()));
        server.call(ASK, "names=x").is(200, "");
    });
}

#[test]
fn newcomers_above_the_accept_rate_wait_and_are_not_refused() {
    const NEWCOMERS: u64 = 60;
    each(&strict(Limits { accepts_per_second: 100, ..Limits::DEFAULT }), |server| {
        let mut conns: Vec<Conn> = (0..NEWCOMERS).map(|_| server.from("127.0.0.2")).collect();
        for conn in &mut conns {
            conn.send(&site_call(ASK, "names=x"));
        }
        for conn in &mut conns {
            conn.response().is(200, "");
        }
        server.counts("connections_total", NEWCOMERS);
        // A listener rests until the next newcomer is due: asking again and again meanwhile would count much more.
        let rests = server.count("accepts_delayed_total");
        assert!((1..=NEWCOMERS + server.shards as u64).contains(&rests), "{rests}");
    });
}

#[test]
fn a_shard_without_descriptors_rests_and_goes_on_when_there_are_some() {
    each(&strict(Limits::DEFAULT), |server| {
        let unconnected: Vec<Unconnected> = (0..4).map(|_| Unconnected::new("127.0.0.2")).collect();
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        // No number is left to anybody in this process, which has more than these open.
        setrlimit(Resource::RLIMIT_NOFILE, 3, hard).unwrap();
        let conns: Vec<Conn> = unconnected.into_iter().map(|socket| socket.connect(server.address)).collect();
        server.reaches("accepts_failed_total", 3);
        setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap();
        for mut conn in conns {
            conn.call(&site_call(ASK, "names=x")).is(200, "");
        }
        server.counts("connections_total", 4);
    });
}

#[test]
fn an_address_has_so_many_connections_over_all_shards() {
    each(&strict(Limits { connections_per_address: 5, ..Limits::DEFAULT }), |server| {
        let served = |from: &str| {
            let mut conn = server.from(from);
            conn.send(&site_call(ASK, "names=x"));
            let status = conn.response().status;
            (status == 200).then_some(conn)
        };
        let mut conns: Vec<Conn> = (0..5).map(|_| served("127.0.0.2").unwrap()).collect();
        let answer = server.from("127.0.0.2").response();
        answer.refuses(429, "too many connections from your address", RETRY_CROWDED_S);
        assert!(answer.header("access-control-allow-origin") == Some("*"));
        server.counts("connections_refused_address", 1);
        assert!(served("127.0.0.3").is_some());
        conns.pop();
        let again = eventually("who has closed one may open another", || served("127.0.0.2"));
        assert!(served("127.0.0.2").is_none());
        drop((conns, again));
        eventually("who has left is forgotten", || {
            (0..5).map(|_| served("127.0.0.2")).collect::<Option<Vec<_>>>()
        });
    });
}

#[test]
fn who_is_exempt_or_a_trusted_proxy_has_as_many_connections_as_there_are() {
    let mut config =
        strict(Limits { connections_per_address: 1, requests_per_second_per_address: 1, ..Limits::DEFAULT });
    config.exempt = vec!["127.0.1.0/24".parse().unwrap()];
    config.trusted_proxies = vec!["127.0.2.1".parse().unwrap()];
    each(&config, |server| {
        for from in ["127.0.1.7", "127.0.2.1"] {
            let mut conns: Vec<Conn> = (0..30).map(|_| server.from(from)).collect();
            for (number, conn) in conns.iter_mut().enumerate() {
                let whom = format!("10.0.0.{number}");
                assert_eq!(
                    conn.call(&get("/packets?domain=a&ticket=x", &[("X-Forwarded-For", &whom)])).status,
                    404
                );
            }
        }
        assert_eq!(server.count("connections_refused_address"), 0);
        assert_eq!(server.count("requests_refused_rate"), 0);
    });
}
