//! Whether a shard sleeps: mail to a shard that is awake costs no system call.
//!
//! Owns: one flag and the argument for its ordering. Must not: wake a thread; `mailbox` does.
//!
//! The sleeper sets the flag and then looks once more for mail; the sender posts its mail and then looks at the flag.
//! Each has a sequentially consistent fence between the two, so at least one of them sees what the other did: either
//! the sleeper finds the mail, or the sender finds the sleeper and wakes it. A sleeper is woken at most once for each
//! time it goes to sleep.

#[cfg(loom)]
use loom::sync::atomic::{AtomicBool, Ordering, fence};
#[cfg(not(loom))]
use std::sync::atomic::{AtomicBool, Ordering, fence};

/// Set while a shard sleeps, or is about to.
#[derive(Debug)]
pub(crate) struct WakeFlag(AtomicBool);

impl WakeFlag {
    pub(crate) fn new() -> WakeFlag {
        WakeFlag(AtomicBool::new(false))
    }

    /// Announces that the shard is about to sleep. It must look for mail after this, and sleep only if there is none.
    pub(crate) fn sleep(&self) {
        self.0.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Announces that the shard is awake. It must look for mail before the next [`WakeFlag::sleep`].
    pub(crate) fn awake(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether a sender that has just posted mail must wake the shard.
    pub(crate) fn must_wake(&self) -> bool {
        fence(Ordering::SeqCst);
        self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Relaxed)
    }
}

#[cfg(all(test, loom))]
mod model {
    use loom::sync::Arc;
    use loom::sync::atomic::AtomicUsize;
    use loom::thread;

    use super::*;

    /// A mailbox no stronger than the argument above assumes: relaxed counts.
    struct WakeModel {
        flag: WakeFlag,
        mail: AtomicUsize,
        wakes: AtomicUsize,
    }

    #[test]
    fn no_mail_is_slept_through_and_no_shard_is_woken_twice() {
        loom::model(|| {
            let world = Arc::new(WakeModel {
                flag: WakeFlag::new(),
                mail: AtomicUsize::new(0),
                wakes: AtomicUsize::new(0),
            });
            let senders: Vec<_> = (0..2)
                .map(|_| {
                    let world = Arc::clone(&world);
                    thread::spawn(move || {
                        world.mail.fetch_add(1, Ordering::Relaxed);
                        if world.flag.must_wake() {
                            world.wakes.fetch_add(1, Ordering::Relaxed);
                        }
                    })
                })
                .collect();
            world.flag.sleep();
            let sleeps = world.mail.load(Ordering::Relaxed) == 0;
            for sender in senders {
                sender.join().unwrap();
            }
            let wakes = world.wakes.load(Ordering::Relaxed);
            assert!(wakes <= 1, "woken {wakes} times");
            assert!(!sleeps || wakes == 1, "slept through mail");
        });
    }
}
