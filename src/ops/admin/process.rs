//! This process as the kernel counts it.
//!
//! Owns: reading `/proc`. Must not: walk the descriptor tables of shards; they may have a hundred thousand entries. A
//! number that cannot be read is 0: the others are still worth showing.

use std::fs;

use serde::{Deserialize, Serialize};

/// The unit of the CPU times in `/proc`: hundredths of a second on every Linux.
const TICKS_PER_SECOND: u64 = 100;

/// Memory, time and descriptors of this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Process {
    /// Memory the process occupies.
    pub(crate) resident_bytes: u64,
    /// The most it has occupied.
    pub(crate) resident_max_bytes: u64,
    /// Addresses the process has reserved.
    pub(crate) virtual_bytes: u64,
    /// CPU time of all its threads, in milliseconds.
    pub(crate) cpu_ms: u64,
    /// Threads of the process.
    pub(crate) threads: u64,
    /// Descriptors open in its main table; those of connections are in the tables of the shards.
    pub(crate) descriptors: u64,
}

impl Process {
    /// Reads the numbers of this process.
    pub(crate) fn read() -> Process {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        Process {
            resident_bytes: 1_024 * number_of(&status, "VmRSS:"),
            resident_max_bytes: 1_024 * number_of(&status, "VmHWM:"),
            virtual_bytes: 1_024 * number_of(&status, "VmSize:"),
            cpu_ms: cpu_ticks(&stat) * (1_000 / TICKS_PER_SECOND),
            threads: number_of(&status, "Threads:"),
            descriptors: fs::read_dir("/proc/self/fd").map_or(0, |open| open.count() as u64),
        }
    }
}

/// The number behind a name in `/proc/self/status`.
fn number_of(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// User and system time in `/proc/self/stat`; they are counted from behind the name, which may hold anything.
fn cpu_ticks(stat: &str) -> u64 {
    let (_, fields) = stat.rsplit_once(')').unwrap_or_default();
    fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found() {
        let status = "Name:\tnextim\nVmHWM:\t    9000 kB\nVmRSS:\t    8000 kB\nThreads:\t5\n";
        assert_eq!((number_of(status, "VmRSS:"), number_of(status, "Threads:")), (8_000, 5));
        assert_eq!(number_of(status, "VmSwap:"), 0);
        assert_eq!(cpu_ticks("7 (a) b) S 1 2 3 4 5 6 7 8 9 10 30 12 13 14"), 42);
        assert_eq!(cpu_ticks(""), 0);
    }

    #[test]
    fn this_process_occupies_memory() {
        let process = Process::read();
        assert!(process.resident_bytes > 0 && process.resident_max_bytes >= process.resident_bytes);
        assert!(process.virtual_bytes > process.resident_bytes);
        assert!(process.threads > 0 && process.descriptors > 0, "{process:?}");
    }
}
