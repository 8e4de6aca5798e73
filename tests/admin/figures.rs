//! What is shown: `/metrics`, `/stats` and `/history`, and that nothing in them is private.

use std::collections::BTreeMap;

use nextim_testkit::conn;
use nextim_testkit::http::post_form;
use nextim_testkit::patience::eventually;
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::prometheus::{Labels, Metrics};
use crate::server::{Server, small_world};

#[test]
fn metrics_are_what_prometheus_reads() {
    let (server, _poll) = small_world();
    let answer = server.watch("/metrics");
    let kind = answer.header("content-type");
    assert_eq!((answer.status, kind), (200, Some("text/plain; version=0.0.4; charset=utf-8")));
    let metrics = Metrics::read(answer.text());
    for (name, kind) in &metrics.types {
        assert_eq!(name.ends_with("_total"), kind == "counter", "{name}");
        assert!(["counter", "gauge", "histogram"].contains(&kind.as_str()), "{name}");
        for unit in ["_ms", "_us", "_millis", "_kb", "_mb"] {
            assert!(!name.contains(&format!("{unit}_")) && !name.ends_with(unit), "{name}: base units");
        }
    }
    let expected = [
        ("nextim_users", &[][..], 2.0),
        ("nextim_connections", &[("state", "parked")], 1.0),
        ("nextim_messages_total", &[], 1.0),
        ("nextim_packets_queued_total", &[("kind", "message")], 1.0),
        ("nextim_packets_waiting", &[], 0.0),
        ("nextim_domain_users", &[("domain", "a")], 2.0),
        ("nextim_domain_users", &[("domain", "b")], 0.0),
        ("nextim_domain_calls_total", &[("domain", "a")], 3.0),
        ("nextim_domain_messages_total", &[("domain", "a")], 1.0),
        ("nextim_domain_calls_total", &[("domain", ":others")], 0.0),
        ("nextim_domain_waiting_bytes", &[("domain", "a")], 0.0),
        ("nextim_domain_refused_total", &[("domain", "a")], 0.0),
        ("nextim_memory_strangers_bytes", &[], 0.0),
        ("nextim_call_duration_seconds_count", &[("call", "message")], 1.0),
        ("nextim_call_duration_seconds_count", &[("call", "online")], 2.0),
        ("nextim_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0),
        ("nextim_healthy", &[], 1.0),
        ("nextim_draining", &[], 0.0),
    ];
    for (name, labels, value) in expected {
        // A shard shows what it has counted at the end of a turn, after the answers that were written in it.
        let shown = || Metrics::read(&server.body("/metrics")).sum(name, labels);
        eventually(&format!("{name} {labels:?} is {value}"), || {
            ((shown() - value).abs() < 1e-9).then_some(())
        });
    }
    for name in ["process_resident_memory_bytes", "process_start_time_seconds", "nextim_turns_total"] {
        assert!(metrics.sum(name, &[]) > 0.0, "{name}");
    }
    check_histograms(&metrics);
}

#[test]
fn what_waits_for_a_domain_is_shown() {
    let (server, _poll) = small_world();
    server.call("/messages", &format!("from=x&to=bobname&body={}", "y".repeat(5_000)));
    eventually("the message waits for its domain and for no other", || {
        let metrics = Metrics::read(&server.body("/metrics"));
        let waits = |domain| metrics.sum("nextim_domain_waiting_bytes", &[("domain", domain)]);
        ((5_000.0..6_000.0).contains(&waits("a")) && waits("b") == 0.0).then_some(())
    });
    let domains = &server.stats()["domains"];
    let waits = |index: usize| domains[index]["waiting_bytes"].as_u64().unwrap();
    assert!((5_000..6_000).contains(&waits(0)) && waits(1) == 0, "{domains}");
    assert_eq!((&domains[0]["name"], &domains[0]["refused"]), (&"a".into(), &0.into()));
}

/// The figures of one domain, or the status of a refusal.
#[track_caller]
fn of_domain(server: &Server, query: &str) -> Metrics {
    let answer = server.watch(&format!("/metrics?domain={query}"));
    assert_eq!(answer.status, 200, "{answer:?}");
    Metrics::read(answer.text())
}

#[test]
fn one_domain_is_shown_by_its_name() {
    let (server, _poll) = small_world();
    let shown =
        |query: &str, name: &str| of_domain(&server, query).sum(&format!("nextim_domain_{name}"), &[]);
    // A room of two users on different shards, or on one, and a message back to a site that takes none.
    server.call("/messages", "from=x&to=roomname&type=multicast&body=hello");
    server.call("/messages", "from=x&to=bobname&body=bye");
    server.call("/presences/offline", "name=bobname");
    for (name, value) in [
        ("users", 1.0),
        ("sessions", 1.0),
        ("users_max", 4_294_967_295.0),
        ("calls_total", 6.0),
        ("messages_accepted_total", 3.0),
        ("messages_delivered_total", 3.0),
        ("messages_lost_total", 1.0),
        ("messages_undelivered_total", 0.0),
        ("undelivered_bytes", 0.0),
        ("refused_total", 0.0),
    ] {
        eventually(&format!("{name} is {value}"), || ((shown("a", name) - value).abs() < 1e-9).then_some(()));
    }
    assert!((200.0..2_000.0).contains(&shown("a", "packets_bytes_total")));
    for (name, labels) in of_domain(&server, "b").samples.keys() {
        let is_of_b = labels.get("domain").is_some_and(|domain| domain == "b");
        assert!(is_of_b || name == "process_start_time_seconds", "{name} {labels:?}");
    }
    assert_eq!((shown("%62", "users"), shown("b&domain=a", "calls_total")), (0.0, 0.0));
    for query in ["c", "", "A", "a%00", "aliceName", ":others"] {
        let answer = server.watch(&format!("/metrics?domain={query}"));
        assert_eq!((answer.status, answer.text()), (404, "there is no domain of this name\n"), "{query}");
    }
}

#[test]
fn a_domain_that_is_not_named_among_all_is_shown_by_its_name_and_keeps_its_figures() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let table = |number: u32| format!("[[domain]]\nname = \"site{number}\"\napikeys = [\"k\"]\n");
    let tables = (0..300).map(table).collect::<String>();
    let first = "timeouts.session_cut_ms = 3_600_000\n";
    std::fs::write(file.path(), format!("{first}{tables}")).unwrap();
    let server = Server::start(&["--config", file.path().to_str().unwrap(), "--shards", "2"]);
    let call = |path: &str, params: &str| {
        let request = post_form(path, &format!("domain=site299&apikey=k&{params}"));
        assert_eq!(conn::call(server.address, &request).status, 200);
    };
    call("/presences/online", "name=alicename");
    call("/messages", &format!("from=x&to=alicename&body={}", "y".repeat(5_000)));
    assert!(!server.body("/metrics").contains("site299"), "it is one of the others");
    let has_all = || {
        let shown = of_domain(&server, "site299");
        let is =
            |name: &str, value: f64| (shown.sum(&format!("nextim_domain_{name}"), &[]) - value).abs() < 1e-9;
        let waits = shown.sum("nextim_domain_waiting_bytes", &[]);
        (is("users", 1.0)
            && is("sessions", 1.0)
            && is("calls_total", 2.0)
            && is("messages_delivered_total", 1.0)
            && (5_000.0..7_000.0).contains(&waits))
        .then_some(())
    };
    eventually("its figures are there", has_all);
    std::fs::write(file.path(), format!("{first}{tables}{}", table(300))).unwrap();
    server.signal(Signal::SIGHUP);
    eventually("the new domain is there", || {
        (server.watch("/metrics?domain=site300").status == 200).then_some(())
    });
    eventually("a reload has changed nothing", has_all);
}

/// Buckets grow, the last one holds all, and there is a sum.
#[track_caller]
fn check_histograms(metrics: &Metrics) {
    let mut series: BTreeMap<(&str, Labels), Vec<(f64, f64)>> = BTreeMap::new();
    for ((name, labels), value) in &metrics.samples {
        if let Some(base) = name.strip_suffix("_bucket") {
            let mut labels = labels.clone();
            let end: f64 = labels.remove("le").expect(name).parse().unwrap();
            series.entry((base, labels)).or_default().push((end, *value));
        }
    }
    assert!(series.len() > 5, "calls by kind, and turns");
    for ((base, labels), mut buckets) in series {
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(buckets.is_sorted_by(|a, b| a.1 <= b.1), "{base} {labels:?}: {buckets:?}");
        let count = metrics.samples[&(format!("{base}_count"), labels.clone())];
        assert_eq!(buckets.last(), Some(&(f64::INFINITY, count)), "{base} {labels:?}");
        let sum = metrics.samples[&(format!("{base}_sum"), labels.clone())];
        assert_eq!(sum > 0.0, count > 0.0, "{base} {labels:?}");
    }
}

#[test]
fn stats_are_the_same_numbers_by_shard_and_in_sum() {
    let (server, _poll) = small_world();
    let stats = eventually("a look has seen it all", || {
        Some(server.stats()).filter(|stats| stats["now"]["users"] == 2 && stats["now"]["parked"] == 1)
    });
    let sum = |name: &str| {
        let shards = stats["shards"].as_array().unwrap();
        assert_eq!(shards.len(), 2);
        shards.iter().map(|shard| shard["counters"][name].as_u64().unwrap()).sum::<u64>()
    };
    for (name, total) in stats["totals"].as_object().unwrap() {
        assert!(name.ends_with("_total") || total.as_u64() == Some(sum(name)), "{name}");
    }
    assert_eq!((sum("users"), sum("messages_total")), (2, 1));
    assert_eq!(stats["domains"][0]["name"], "a");
    assert_eq!((&stats["domains"][0]["users"], &stats["domains"][0]["messages"]), (&2.into(), &1.into()));
    assert_eq!(stats["version"], env!("CARGO_PKG_VERSION"));
    let history: Value = serde_json::from_str(&server.body("/history")).unwrap();
    assert_eq!(history.as_array().unwrap().last().unwrap()["users"], 2);
}

#[test]
fn nothing_private_is_shown() {
    let (server, _poll) = small_world();
    for path in ["/", "/metrics", "/metrics?domain=a", "/stats", "/history", "/healthz", "/readyz"] {
        let body = server.body(path);
        for word in ["alicename", "bobname", "bobnick", "roomname", "secretbody"] {
            assert!(!body.contains(word), "{word} at {path}");
        }
    }
}
