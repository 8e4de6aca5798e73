//! What the kernel says about a process and the machine.
//!
//! Owns: the reading of `/proc` and of CPU clocks. Must not: interpret. What cannot be read is absent.

use std::fs;
use std::time::Duration;

use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::number::{ratio, real};

/// The size of a page, in bytes, on the machines we measure on.
const PAGE_BYTES: u64 = 4_096;
/// What the kernel counts in `/proc/stat`: hundredths of a second, in nanoseconds.
const TICK: u64 = 10_000_000;

/// A process, and those it has started that still run: an nginx serves with several.
pub(crate) fn with_children(process: Pid) -> Vec<Pid> {
    let list = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    let children = list.split_ascii_whitespace().filter_map(|number| number.parse().ok());
    [process].into_iter().chain(children.map(Pid::from_raw)).collect()
}

/// CPU time that all threads of these processes have used, in nanoseconds. It is what `/proc/PID/stat` sums up as
/// utime and stime, but not cut to hundredths of a second.
pub(crate) fn cpu(processes: &[Pid]) -> Option<u64> {
    sum(processes, |process| {
        let time = clock_getcpuclockid(process).and_then(clock_gettime).ok()?;
        u64::try_from(Duration::from(time).as_nanos()).ok()
    })
}

/// CPU time that the thread which asks has used, in nanoseconds.
pub(crate) fn thread_cpu() -> u64 {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from);
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The share of their CPU time that processes spent in the kernel, since they began.
pub(crate) fn kernel_share(processes: &[Pid]) -> Option<f64> {
    let stat = |process| fs::read_to_string(format!("/proc/{process}/stat")).ok();
    let user = sum(processes, |process| times(&stat(process)?).map(|(user, _)| user))?;
    let system = sum(processes, |process| times(&stat(process)?).map(|(_, system)| system))?;
    Some(ratio(real(system), real(user + system)))
}

/// The sum over all, if each is known and there are any.
fn sum(processes: &[Pid], of: impl Fn(Pid) -> Option<u64>) -> Option<u64> {
    processes.iter().map(|process| of(*process)).sum::<Option<u64>>().filter(|_| !processes.is_empty())
}

/// User and system time, in ticks.
fn times(stat: &str) -> Option<(u64, u64)> {
    // The name of the process, in parentheses, may hold anything. Fields 14 and 15 are user and system time.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// How long all processors together have been busy since the machine started, in nanoseconds.
pub(crate) fn machine_busy() -> u64 {
    busy_ticks(&fs::read_to_string("/proc/stat").unwrap_or_default()) * TICK
}

/// Of `cpu  user nice system idle iowait irq softirq steal …` what is neither idle nor waiting.
fn busy_ticks(stat: &str) -> u64 {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "));
    let fields = line.unwrap_or_default().split_ascii_whitespace().map(|field| field.parse().unwrap_or(0));
    // Guests' time, the last two, is also in that of users.
    fields
        .enumerate()
        .filter(|(index, _)| ![3, 4, 8, 9].contains(index))
        .map(|(_, ticks): (usize, u64)| ticks)
        .sum()
}

/// Memory of a server's processes and of the kernel, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// What of the processes is in memory; what they share counts once for each that uses it.
    pub(crate) rss: u64,
    /// The same, shared pages counted by the number of those who share them.
    pub(crate) pss: u64,
    /// What the kernel's TCP holds in buffers, both ends.
    pub(crate) tcp: u64,
    /// What the kernel holds in small objects, sockets among them, of the whole machine.
    pub(crate) slab: u64,
}

impl Memory {
    /// The memory of these processes together, and the kernel's.
    pub(crate) fn of(processes: &[Pid]) -> Memory {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let rollups: Vec<String> =
            processes.iter().map(|process| read(&format!("/proc/{process}/smaps_rollup"))).collect();
        let all = |name| rollups.iter().map(|rollup| kibibytes(rollup, name)).sum();
        Memory {
            rss: all("Rss:"),
            pss: all("Pss:"),
            tcp: tcp_pages(&read("/proc/net/sockstat")) * PAGE_BYTES,
            slab: kibibytes(&read("/proc/meminfo"), "Slab:"),
        }
    }

    /// By how much more this is than before.
    pub(crate) fn since(&self, before: &Memory) -> Memory {
        Memory {
            rss: self.rss.saturating_sub(before.rss),
            pss: self.pss.saturating_sub(before.pss),
            tcp: self.tcp.saturating_sub(before.tcp),
            slab: self.slab.saturating_sub(before.slab),
        }
    }
}

/// A line like `Rss:      123 kB`, as bytes.
fn kibibytes(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| nextim_testkit::load::wire::whole(line.as_bytes())).unwrap_or(0) * 1_024
}

/// Of `TCP: inuse 7 orphan 0 tw 0 alloc 7 mem 48` the last number.
fn tcp_pages(sockstat: &str) -> u64 {
    let line = sockstat.lines().find_map(|line| line.strip_prefix("TCP:"));
    line.and_then(|line| line.split_once(" mem ")).and_then(|(_, mem)| mem.trim().parse().ok()).unwrap_or(0)
}

/// The machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// Processors.
    pub(crate) cores: u64,
    /// What they are.
    pub(crate) processor: String,
    /// Memory, in bytes.
    pub(crate) memory: u64,
    /// The kernel's version.
    pub(crate) kernel: String,
    /// Processes that wanted to run when the measurement began, on average over a minute: if there are others than
    /// ours, they take part in what is measured.
    pub(crate) load: f64,
}

impl Machine {
    /// This machine.
    pub(crate) fn here() -> Machine {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let info = read("/proc/cpuinfo");
        let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        Machine {
            cores: std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64),
            processor: name.map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned()),
            memory: kibibytes(&read("/proc/meminfo"), "MemTotal:"),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load: read("/proc/loadavg").split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_files() {
        assert_eq!(times("7 (a b) c) S 1 2 3 4 5 6 7 8 9 10 30 10 0 0"), Some((30, 10)));
        assert_eq!(times("7 (a"), None);
        assert_eq!(busy_ticks("cpu  1 2 4 8 16 32 64 128 256 512\ncpu0 9 9 9 9"), 1 + 2 + 4 + 32 + 64 + 128);
        assert_eq!(kibibytes("Pss: 3 kB\nRss:     12 kB\n", "Rss:"), 12 * 1_024);
        assert_eq!(kibibytes("", "Rss:"), 0);
        assert_eq!(
            tcp_pages("sockets: used 21\nTCP: inuse 7 orphan 0 tw 0 alloc 7 mem 48\nUDP: inuse 0 mem 3\n"),
            48
        );
    }

    #[test]
    fn this_process() {
        let me = Pid::this();
        assert!(cpu(&[me]).is_some_and(|time| time > 0) && cpu(&[]).is_none());
        assert!(kernel_share(&[me]).is_some_and(|share| share <= 1.0) && kernel_share(&[]).is_none());
        assert_eq!(with_children(me).first(), Some(&me));
        let memory = Memory::of(&[me]);
        assert!(memory.rss > 0 && memory.pss > 0, "{memory:?}");
        assert_eq!(memory.since(&memory), Memory::default());
        assert!(Machine::here().cores > 0);
    }
}
