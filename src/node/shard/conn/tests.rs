//! Answers that a slow peer takes in parts.
//!
//! Owns: connections with both their ends. Must not: need a shard.

use std::io::Read;
use std::net::{TcpListener, TcpStream as Peer};

use super::*;
use crate::api::Shape;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;
use crate::router::ids::{Place, SessionKey};

/// More than the buffers of two sockets hold.
const MUCH_BYTES: usize = 32 * 1_024 * 1_024;

fn asset(bytes: usize) -> &'static [u8] {
    vec![b'a'; bytes].leak()
}

/// A connection and its other end.
fn pair() -> (Conn, Peer) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = Peer::connect(listener.local_addr().unwrap()).unwrap();
    let (stream, _) = listener.accept().unwrap();
    stream.set_nonblocking(true).unwrap();
    (Conn::new(TcpStream::from_std(stream), Visitor::Exempt), peer)
}

fn keep(memory: &Memory, owner: Owner) -> Retention<'_> {
    Retention { memory, owner, until: Tick::ZERO }
}

/// What the peer reads while the connection writes.
fn taken(conn: &mut Conn, peer: &mut Peer, bytes: usize) -> Vec<u8> {
    let mut taken = Vec::with_capacity(bytes);
    let mut chunk = [0; 16 * 1_024];
    while taken.len() < bytes {
        let count = peer.read(&mut chunk).unwrap();
        taken.extend_from_slice(&chunk[..count]);
        assert_ne!(conn.write_more(), WriteOutcome::Broken);
    }
    taken
}

#[test]
fn an_asset_is_not_copied_for_a_slow_peer() {
    let (mut conn, mut peer) = pair();
    let (asset, memory) = (asset(MUCH_BYTES), Memory::new(MUCH_BYTES));
    assert_eq!(conn.write(b"head", asset, keep(&memory, Owner::Strangers)), WriteOutcome::Unfinished);
    let unsent = conn.output.as_ref().unwrap();
    assert_eq!((unsent.bytes.capacity(), memory.bytes()), (0, size_of::<PendingOutput>()));
    assert!(unsent.asset.len() < asset.len());
    let taken = taken(&mut conn, &mut peer, asset.len() + 4);
    assert!(taken.starts_with(b"head") && taken[4..] == *asset);
    assert!(conn.output.is_none());
}

#[test]
fn an_asset_follows_a_head_that_was_cut() {
    let (mut conn, mut peer) = pair();
    let (head, asset, memory) = (vec![b'h'; MUCH_BYTES], asset(100), Memory::new(MUCH_BYTES));
    assert_eq!(conn.write(&head, asset, keep(&memory, Owner::Strangers)), WriteOutcome::Unfinished);
    let unsent = conn.output.as_ref().unwrap();
    assert!(!unsent.bytes.is_empty() && unsent.bytes.len() < head.len());
    assert_eq!(unsent.asset, asset);
    assert_eq!(memory.bytes(), unsent.bytes.len() + size_of::<PendingOutput>());
    let taken = taken(&mut conn, &mut peer, head.len() + asset.len());
    assert!(taken[..head.len()] == head && taken[head.len()..] == *asset);
    assert!(conn.output.is_none());
    assert_eq!(memory.bytes(), 0);
}

#[test]
fn an_answer_is_kept_for_a_domain_only_while_that_holds_little() {
    let (domain, memory) = (DomainId(0), Memory::new(4 * MUCH_BYTES));
    let (mut conn, _peer) = pair();
    let hog = memory.hold(Owner::Domain(domain), 3 * MUCH_BYTES);
    let (answer, owner) = (vec![b'a'; MUCH_BYTES], Owner::Domain(domain));
    assert_eq!(conn.write(&answer, &[], keep(&memory, owner)), WriteOutcome::Unkept);
    assert!(conn.output.is_none() && memory.bytes() == hog.bytes());
    let (mut conn, _peer) = pair();
    let owner = Owner::Domain(DomainId(1));
    assert_eq!(conn.write(&answer, &[], keep(&memory, owner)), WriteOutcome::Unfinished);
    assert!(memory.held_by(owner) > 0);
}

#[test]
#[should_panic(expected = "a parked connection holds no buffer")]
fn a_connection_with_a_buffer_is_not_parked() {
    let (mut conn, _peer) = pair();
    let (memory, mut tally) = (Memory::new(MUCH_BYTES), Tally::default());
    tally.count(conn.state());
    let answer = vec![b'a'; MUCH_BYTES];
    assert_eq!(conn.write(&answer, &[], keep(&memory, Owner::Strangers)), WriteOutcome::Unfinished);
    let slot = Slot { index: 0, generation: NonZeroU32::MIN };
    let session = SessionKey { place: Place::new(0), slot };
    conn.turn_to(ConnState::Parked(Shape::default(), session), &mut tally);
}
