//! A thread of a server that does not run, while the others do.
//!
//! Owns: stopping it as a debugger does, and letting it go. Must not: outlive the thread that made it, which alone may let
//! it go.

use std::fs;
use std::marker::PhantomData;

use nix::libc;
use nix::sys::ptrace;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use crate::patience::eventually;

/// A shard that stands still until this is dropped.
#[derive(Debug)]
pub struct Frozen {
    thread: Pid,
    not_send: PhantomData<*const ()>,
}

impl Frozen {
    /// Stops a shard of a server that is a child of this process, wherever it is.
    #[track_caller]
    pub fn shard(server: u32, shard: u16) -> Frozen {
        let thread = thread_named(server, &format!("shard-{shard}")).expect("each shard has a thread");
        ptrace::seize(thread, ptrace::Options::empty()).expect("this process may trace its children");
        ptrace::interrupt(thread).unwrap();
        waitpid(thread, Some(WaitPidFlag::__WALL)).unwrap();
        Frozen { thread, not_send: PhantomData }
    }

    /// Stops a shard while it waits for input. One that is stopped within a turn ends that later, by the time at which
    /// it began.
    #[track_caller]
    pub fn waiting_shard(server: u32, shard: u16) -> Frozen {
        eventually("the shard waits for input", || {
            Some(Frozen::shard(server, shard)).filter(|frozen| waits_for_input(server, frozen.thread))
        })
    }
}

/// Whether the system call in which a stopped thread was interrupted is one that waits for events.
fn waits_for_input(process: u32, thread: Pid) -> bool {
    let call = fs::read_to_string(format!("/proc/{process}/task/{thread}/syscall")).unwrap();
    let number = call.split_whitespace().next().and_then(|number| number.parse().ok());
    number.is_some_and(|number| WAITS.contains(&number))
}

/// The system calls that wait for events.
const WAITS: &[libc::c_long] = &[
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
];

impl Drop for Frozen {
    fn drop(&mut self) {
        ptrace::detach(self.thread, None).expect("it was stopped, and its process lives");
    }
}

fn thread_named(process: u32, name: &str) -> Option<Pid> {
    let mut tasks = fs::read_dir(format!("/proc/{process}/task")).unwrap().map(|task| task.unwrap());
    // A thread may end meanwhile.
    let task = tasks
        .find(|task| fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.trim() == name))?;
    Some(Pid::from_raw(task.file_name().to_str()?.parse().ok()?))
}
