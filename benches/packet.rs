//! What it costs to write: packets as JSON, and the answers of polls that carry them.
//!
//! Owns: packets of usual lengths and the polls they answer. Must not: open a socket.
//!
//! A number here means the CPU time of one pure function on one core with everything in its caches. An encoding
//! includes the one allocation a packet costs, and that it is freed again by the same thread. An answer is the whole
//! of head and body, appended to a buffer that has the room already, as that of a shard has. It is good for seeing
//! whether a change of `router/packet.rs` or `api/answer.rs` made them faster or slower. It is not the cost of a
//! delivery: a packet is encoded once however many receive it, and the write to the socket, which costs many times as
//! much as the answer, is not here.

use std::hint::black_box;
use std::num::NonZeroU32;

use criterion::{BenchmarkId, Criterion, Throughput};
use nextim::internals::{
    Answer, Audience, Delivery, Detail, DomainId, Message, MessageType, Packet, Packets, Place, PresenceType,
    Profile, Reader, SessionKey, Shape, Slot, Version, write_answer,
};

/// What members of forums say to each other: 62 bytes without anything to escape.
const PLAIN: &str = "Shall we meet at eight, as always, at the old place by the sea";
/// About as many bytes, most of them Chinese, with markup, which must not close a script.
const ESCAPED: &str = "<b>\"晚上八点\"</b>在老地方见面，好吗？\nSee <you>";

fn message(kind: MessageType, body: &str) -> Packet {
    Packet::message(&Message {
        from: "alice",
        nick: "Alice",
        to: if kind == MessageType::Broadcast { "" } else { "bob" },
        timestamp: "1700000012345.67",
        kind,
        body,
        style: "",
        id: "1-4711",
        meta: None,
    })
}

fn encoding(criterion: &mut Criterion) {
    let profile = Profile::new("alice", "Alice", "away", "out for lunch");
    let broadcast = message(MessageType::Broadcast, PLAIN);
    let mut group = criterion.benchmark_group("encode");
    for (name, body) in [("message", PLAIN), ("message, escaped", ESCAPED)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| message(MessageType::Unicast, black_box(body)));
        });
    }
    group.bench_function("presence", |bencher| {
        bencher.iter(|| Packet::presence(PresenceType::Show, black_box(&profile)));
    });
    group.bench_function("status", |bencher| {
        bencher.iter(|| Packet::status(black_box("alice"), "Alice", "bob", "typing"));
    });
    group.bench_function("broadcast as unicast", |bencher| {
        let (reader, mut out) = (Reader::Older(profile.clone()), Vec::new());
        bencher.iter(|| {
            out.clear();
            broadcast.write(&mut out, black_box(&reader));
            black_box(&out);
        });
    });
    group.finish();
}

/// What a poll is answered that finds `count` packets: mostly messages, one presence in five.
fn found(count: usize) -> Answer {
    let profile = Profile::new("alice", "Alice", "away", "out for lunch");
    let packet = |number: usize| {
        if number % 5 == 4 {
            Packet::presence(PresenceType::Show, &profile)
        } else {
            message(MessageType::Unicast, PLAIN)
        }
    };
    let packets = match count {
        0 => Packets::None,
        1 => Packets::One(packet(0)),
        _ => Packets::Many((0..count).map(packet).collect()),
    };
    let session =
        SessionKey { place: Place::new(0), slot: Slot { index: 4_711, generation: NonZeroU32::MIN } };
    let domain = DomainId(0);
    let reader = Reader::V6;
    Answer::Packets(Delivery { session, domain, packets, reader, seq: 41, stopped: None, retry_ms: None })
}

/// The shape of a poll of a page, with or without a function to call.
fn shape(callback: Option<&str>) -> Shape {
    let detail = callback.map_or_else(Detail::default, |name| Detail::Word(name.into()));
    Shape { version: Version::V6, cross_origin: true, detail, ..Shape::default() }.read_by(Audience::Anybody)
}

fn answering(criterion: &mut Criterion) {
    for (name, shape) in [("answer", shape(None)), ("answer, JSONP", shape(Some("jsonp1700000000123")))] {
        let mut group = criterion.benchmark_group(name);
        for count in [0, 1, 20] {
            let answer = found(count);
            let mut out = Vec::new();
            write_answer(&mut out, &answer, &shape, "", 0);
            group.throughput(Throughput::Bytes(out.len() as u64));
            group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
                bencher.iter(|| {
                    out.clear();
                    write_answer(&mut out, black_box(&answer), &shape, "", 0);
                    black_box(&out);
                });
            });
        }
        group.finish();
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    encoding(&mut criterion);
    answering(&mut criterion);
    criterion.final_summary();
}
