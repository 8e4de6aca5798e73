//! Passing: a descriptor goes from the table of one shard to that of another.
//!
//! Owns: the sockets that carry descriptors (`SCM_RIGHTS`, unix(7)). Must not: know what a descriptor is of.
//!
//! Each shard has one socket to receive from. All its sending ends are made before the first shard has a table of its
//! own. A descriptor that is on its way is in no table, and closes when the process ends or the receiver drops it. How
//! many are on their way to a shard is bounded by the buffer of its socket; so the limit of the kernel for all of them
//! (`ETOOMANYREFS`, the number of descriptors that a process may have) is not met, and if it is, the sender keeps its
//! descriptor.
//!
//! That does not bound how many a shard takes in one turn, and it shows how many connections it has when the turn ends. So
//! those that were sent to it and are not in what it shows are counted here, by all senders together.

use std::collections::HashMap;
use std::io::ErrorKind::WouldBlock;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use socket2::{Domain, Socket, Type};

use crate::base::limits::turn::PASSING_BUFFER_BYTES;
use crate::router::ids::Place;

/// A pass: the place of its sender, and which of that sender's passes it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PassKey(u64);

/// The sockets of one shard.
#[derive(Debug)]
pub(crate) struct PassingSockets {
    receiver: Socket,
    /// By the place of the receiver.
    ways: Arc<[Way]>,
}

/// The way to a shard.
#[derive(Debug)]
struct Way {
    sender: Socket,
    /// Descriptors that were sent, less those that the receiver has taken and shown.
    unshown: AtomicU64,
}

impl PassingSockets {
    /// Those of all shards of a server.
    pub(crate) fn for_shards(count: usize) -> io::Result<Vec<PassingSockets>> {
        let pair = |_| {
            let (sender, receiver) =
                Socket::pair(Domain::UNIX, Type::SEQPACKET.nonblocking().cloexec(), None)?;
            sender.set_send_buffer_size(PASSING_BUFFER_BYTES)?;
            Ok((sender, receiver))
        };
        let (senders, receivers): (Vec<_>, Vec<_>) =
            (0..count).map(pair).collect::<io::Result<Vec<_>>>()?.into_iter().unzip();
        let ways: Arc<[Way]> =
            senders.into_iter().map(|sender| Way { sender, unshown: AtomicU64::new(0) }).collect();
        let of = |receiver| PassingSockets { receiver, ways: Arc::clone(&ways) };
        Ok(receivers.into_iter().map(of).collect())
    }
}

/// One shard's side of all passes.
#[derive(Debug)]
pub(super) struct Passing {
    place: Place,
    sockets: PassingSockets,
    /// The number of the last pass.
    number: u32,
    /// Descriptors that came before those that were asked for.
    early: HashMap<PassKey, OwnedFd>,
    /// Passes that have ended here and are not shown.
    taken: u64,
}

impl Passing {
    pub(super) fn new(place: Place, sockets: PassingSockets) -> Passing {
        Passing { place, sockets, number: 0, early: HashMap::new(), taken: 0 }
    }

    /// Sends a descriptor to another shard. `room`: for how many more that shard shows to have room. The sender still has
    /// its own, and closes it. An error if too many are on their way.
    pub(super) fn send(
        &mut self,
        to: Place,
        descriptor: impl AsFd,
        room: impl FnOnce() -> u64,
    ) -> io::Result<PassKey> {
        let Way { sender, unshown } = &self.sockets.ways[to.index()];
        // Counted before the room is read: what the receiver has shown is in one of the two numbers, or in both.
        let before = unshown.fetch_add(1, Ordering::Acquire);
        self.number = self.number.wrapping_add(1);
        let key = PassKey(u64::from(self.place.number()) << 32 | u64::from(self.number));
        let sent = if before < room() { send(sender, key, descriptor) } else { Err(WouldBlock.into()) };
        if sent.is_err() {
            unshown.fetch_sub(1, Ordering::Relaxed);
        }
        sent.map(|()| key)
    }

    /// Takes the descriptor of this pass, which has been sent. `None`: this table had no room for it.
    pub(super) fn receive(&mut self, key: PassKey) -> Option<OwnedFd> {
        self.taken += 1;
        if let Some(descriptor) = self.early.remove(&key) {
            return Some(descriptor);
        }
        loop {
            let (found, descriptor) = self.receive_next().ok()?;
            if found == key {
                return descriptor;
            }
            self.early.extend(descriptor.map(|descriptor| (found, descriptor)));
        }
    }

    /// The room that this shard shows has become less by all that it has taken.
    pub(super) fn shown(&mut self) {
        if self.taken > 0 {
            let taken = std::mem::take(&mut self.taken);
            self.sockets.ways[self.place.index()].unshown.fetch_sub(taken, Ordering::Release);
        }
    }

    fn receive_next(&self) -> io::Result<(PassKey, Option<OwnedFd>)> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut bytes = [0; size_of::<u64>()];
        let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
        recvmsg(&self.sockets.receiver, &mut [IoSliceMut::new(&mut bytes)], &mut control, flags)?;
        let mut descriptor = None;
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                descriptor = descriptors.last();
            }
        }
        Ok((PassKey(u64::from_ne_bytes(bytes)), descriptor))
    }
}

fn send(sender: &Socket, key: PassKey, descriptor: impl AsFd) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let descriptors = [descriptor.as_fd()];
    let has_room = control.push(SendAncillaryMessage::ScmRights(&descriptors));
    assert!(has_room, "the space is made for one descriptor");
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    sendmsg(sender, &[IoSlice::new(&key.0.to_ne_bytes())], &mut control, flags)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    fn three() -> Vec<Passing> {
        let sockets = PassingSockets::for_shards(3).unwrap().into_iter();
        (0..).zip(sockets).map(|(place, sockets)| Passing::new(Place::new(place), sockets)).collect()
    }

    /// A connection, and its other end.
    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (listener.accept().unwrap().0, peer)
    }

    #[test]
    fn each_pass_brings_its_own_descriptor_whoever_asks_first() {
        let mut shards = three();
        let (one, mut peer_of_one) = pair();
        let (other, mut peer_of_other) = pair();
        let key_of_one = shards[0].send(Place::new(2), one, || 9).unwrap();
        let key_of_other = shards[1].send(Place::new(2), other, || 9).unwrap();
        for (key, peer) in [(key_of_other, &mut peer_of_other), (key_of_one, &mut peer_of_one)] {
            let mut stream = TcpStream::from(shards[2].receive(key).unwrap());
            stream.write_all(b"x").unwrap();
            peer.read_exact(&mut [0]).unwrap();
            drop(stream);
            assert_eq!(peer.read(&mut [0]).unwrap(), 0, "no copy is left");
        }
        assert!(shards[2].receive(key_of_one).is_none());
    }

    #[test]
    fn descriptors_on_their_way_are_bounded_and_close_with_the_receiver() {
        let mut shards = three();
        let mut peers = Vec::new();
        let refused = loop {
            let (stream, peer) = pair();
            match shards[0].send(Place::new(1), stream, || u64::MAX) {
                Ok(_) => peers.push(peer),
                Err(error) => break error,
            }
        };
        assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
        assert!((16..=256).contains(&peers.len()), "{}", peers.len());
        drop(shards);
        for mut peer in peers {
            assert_eq!(peer.read(&mut [0]).unwrap(), 0);
        }
    }
    /// A shard was given more connections in one turn than its table had room for, and closed them.
    #[test]
    fn a_shard_is_sent_no_more_than_it_has_shown_room_for_however_many_it_takes_meanwhile() {
        let mut shards = three();
        let mut kept = Vec::new();
        let mut send = |shards: &mut Vec<Passing>, from: usize, room| {
            let (stream, peer) = pair();
            kept.push(peer);
            shards[from].send(Place::new(2), stream, || room)
        };
        for from in [0, 1, 0, 1, 0] {
            let key = send(&mut shards, from, 5).unwrap();
            assert!(shards[2].receive(key).is_some());
        }
        for from in [0, 1] {
            assert_eq!(send(&mut shards, from, 5).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        }
        shards[2].shown();
        assert_eq!(send(&mut shards, 0, 0).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        send(&mut shards, 0, 1).unwrap();
        assert_eq!(send(&mut shards, 1, 1).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}
