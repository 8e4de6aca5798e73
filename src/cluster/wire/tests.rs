//! Records, heartbeats and greetings: whole, cut, longer, and none at all.
//!
//! Owns: what holds for every kind of them. Must not: name a field, so that a new one is tested when it is there.

use nextim_testkit::random::Random;

use super::beat::{Beat, Greeting};
use super::frame::{self, Head};
use super::made::Made;
use super::record::{self, HEAD_BYTES, KINDS, Read, Record, Said, take};
use super::{Reader, Wire};

/// The bytes of a record.
fn bytes(said: &Said) -> Vec<u8> {
    let mut out = Vec::new();
    assert!(said.put(&mut out), "it is short enough");
    out
}

/// A record of any kind, and its number.
fn made(random: &mut Random) -> (u8, Said) {
    let kind = random.pick(KINDS);
    (kind, Said { request: u32::made(random), record: Record::made(kind, random) })
}

/// A record with this body.
fn with_body(kind: u8, request: u32, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u64).to_le_bytes();
    [&[kind], &length[..3], &request.to_le_bytes(), body].concat()
}

/// The one record in these bytes.
#[track_caller]
fn read(bytes: &[u8]) -> Read {
    let mut from = Reader::new(bytes);
    let read = take(&mut from).expect("it is whole");
    assert!(from.is_empty(), "nothing is left");
    read
}

#[track_caller]
fn said(bytes: &[u8]) -> Said {
    match read(bytes) {
        Read::Said(said) => said,
        Read::Unknown(request) => panic!("request {request}: {bytes:?}"),
    }
}

#[test]
fn every_kind_of_record_survives() {
    let mut random = Random::new(1);
    for kind in KINDS {
        for _ in 0..200 {
            let request = u32::made(&mut random);
            let whole = Said { request, record: Record::made(*kind, &mut random) };
            let read = said(&bytes(&whole));
            assert_eq!(read.request, request);
            assert_eq!(format!("{:?}", read.record), format!("{:?}", whole.record));
            assert_eq!(bytes(&read), bytes(&whole), "kind {kind}");
        }
    }
}

#[test]
fn heartbeats_and_greetings_survive() {
    let mut random = Random::new(2);
    for _ in 0..500 {
        let (beat, greeting) = (Beat::made(&mut random), Greeting::made(&mut random));
        let mut out = Vec::new();
        beat.put(&mut out);
        assert_eq!(Beat::take(&mut Reader::new(&out)), Some(beat));
        out.clear();
        greeting.put(&mut out);
        assert_eq!(Greeting::take(&mut Reader::new(&out)), Some(greeting));
    }
}

#[test]
fn records_follow_one_another_in_a_frame() {
    let mut random = Random::new(3);
    for _ in 0..200 {
        let count = random.below(6);
        let all: Vec<Vec<u8>> = (0..count).map(|_| bytes(&made(&mut random).1)).collect();
        let joined = all.concat();
        let mut from = Reader::new(&joined);
        for one in &all {
            match take(&mut from) {
                Some(Read::Said(read)) => assert_eq!(bytes(&read), *one),
                other => panic!("{other:?}"),
            }
        }
        assert!(from.is_empty() && take(&mut from).is_none());
    }
}

#[test]
fn a_record_that_is_cut_is_none() {
    let mut random = Random::new(4);
    for _ in 0..300 {
        let whole = bytes(&made(&mut random).1);
        for cut in cuts(whole.len()) {
            assert!(take(&mut Reader::new(&whole[..cut])).is_none(), "{cut} of {}", whole.len());
        }
    }
}

/// A body that ends early is a record with defaults, or none; either way its request is known.
#[test]
fn a_body_that_ends_early_has_defaults_or_is_not_known() {
    let mut random = Random::new(5);
    let mut shorter = 0;
    for _ in 0..1_000 {
        let (kind, whole) = made(&mut random);
        let body = &bytes(&whole)[HEAD_BYTES..];
        for cut in cuts(body.len()) {
            match read(&with_body(kind, whole.request, &body[..cut])) {
                Read::Said(read) => {
                    assert_eq!(read.request, whole.request);
                    assert!(bytes(&said(&bytes(&read))) == bytes(&read), "it is a record like others");
                    shorter += 1;
                }
                Read::Unknown(request) => assert_eq!(request, whole.request),
            }
        }
    }
    assert!(shorter > 1_000, "{shorter}");
}

/// Where to cut: everywhere, but of what is very long only near its ends.
fn cuts(bytes: usize) -> impl Iterator<Item = usize> {
    (0..bytes).filter(move |at| *at < 600 || bytes - at < 100)
}

#[test]
fn a_field_that_is_not_there_has_its_default() {
    let mut random = Random::new(6);
    let packet = Made::made(&mut random);
    let record = record::Unicast { within_ms: 5, domain: 1, to: "bob".into(), packet, hops: 9 };
    let whole = bytes(&Said { request: 3, record: record.into() });
    let body = &whole[HEAD_BYTES..whole.len() - 1];
    let Record::Unicast(read) = said(&with_body(23, 3, body)).record else { panic!("another kind") };
    assert_eq!((read.within_ms, read.domain, &*read.to, read.hops), (5, 1, "bob", 0));
    // A list may be left out, a key not.
    let Record::Describe(read) = said(&with_body(38, 3, b"")).record else { panic!("another kind") };
    assert!(read.users.is_empty());
    assert!(matches!(read_left(b""), Read::Unknown(4)));
}

fn read_left(body: &[u8]) -> Read {
    read(&with_body(33, 4, body))
}

#[test]
fn what_follows_the_last_known_field_is_ignored() {
    let mut random = Random::new(7);
    for _ in 0..500 {
        let (kind, whole) = made(&mut random);
        let whole_bytes = bytes(&whole);
        let body = [&whole_bytes[HEAD_BYTES..], &[0xFF; 9]].concat();
        assert_eq!(bytes(&said(&with_body(kind, whole.request, &body))), whole_bytes, "kind {kind}");
    }
}

#[test]
fn a_kind_that_is_not_known_is_passed_over() {
    let mut random = Random::new(8);
    let next = bytes(&made(&mut random).1);
    for kind in (0..=u8::MAX).filter(|kind| !KINDS.contains(kind)) {
        let both = [with_body(kind, 77, b"something new"), next.clone()].concat();
        let mut from = Reader::new(&both);
        assert!(matches!(take(&mut from), Some(Read::Unknown(77))), "kind {kind}");
        match take(&mut from) {
            Some(Read::Said(read)) => assert_eq!(bytes(&read), next),
            other => panic!("{other:?}"),
        }
    }
}

/// A count or a length that the bytes cannot have: nothing is made for it.
#[test]
fn what_is_said_to_be_long_takes_no_memory() {
    let mut random = Random::new(9);
    for claim in [u64::from(u32::MAX), 1 << 40, u64::MAX] {
        let mut length = Vec::new();
        claim.put(&mut length);
        for kind in KINDS {
            // At every place of a body that is one.
            let body = bytes(&Said { request: 1, record: Record::made(*kind, &mut random) });
            let body = &body[HEAD_BYTES..];
            for at in 0..body.len().min(60) {
                let claimed = [&body[..at], &length[..]].concat();
                if let Read::Said(read) = read(&with_body(*kind, 1, &claimed)) {
                    assert!(bytes(&read).len() <= claimed.len() + 200, "kind {kind} at {at}");
                }
            }
        }
    }
    // A record that says it is longer than all there is.
    let longest = [16, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0, 5, 5];
    assert!(take(&mut Reader::new(&longest)).is_none());
}

#[test]
fn a_record_that_is_too_long_is_left_out() {
    let names = vec!["x".repeat(record::BODY_BYTES_MAX).into()];
    let too_long = Said { request: 1, record: record::DomainList { names }.into() };
    let mut out = b"before".to_vec();
    assert!(!too_long.put(&mut out));
    assert_eq!(out, b"before");
}

#[test]
fn any_bytes_are_records_or_none() {
    for seed in 0..20_000 {
        let mut random = Random::new(seed);
        let mut bytes = if random.chance(50) {
            // Almost a record.
            bytes(&made(&mut random).1)
        } else {
            let kind = random.pick(KINDS);
            let body: Vec<u8> = (0..random.below(80)).map(|_| u8::made(&mut random)).collect();
            with_body(kind, 1, &body)
        };
        for _ in 0..random.below(4) {
            let at = random.below(bytes.len());
            bytes[at] = u8::made(&mut random);
        }
        let mut from = Reader::new(&bytes);
        while let Some(Read::Said(_) | Read::Unknown(_)) = take(&mut from) {}
        Beat::take(&mut Reader::new(&bytes));
        Greeting::take(&mut Reader::new(&bytes));
        if let Ok((head, body)) = Head::read(&bytes) {
            assert!(body.len() == head.bytes as usize && bytes.len() == body.len() + frame::HEAD_BYTES);
        }
    }
}
