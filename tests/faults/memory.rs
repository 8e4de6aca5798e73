//! What the kernel shows of the server: memory and descriptors.
//!
//! Owns: reading `/proc`, and this process's own limit of descriptors. Must not: judge.

use std::collections::BTreeMap;
use std::fs;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the limit of descriptors as far as it goes. Returns it.
pub(crate) fn descriptors_max() -> u64 {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).unwrap();
    hard
}

/// The memory of a process, in bytes.
pub(crate) fn resident_bytes(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kibibytes * 1_024
}

/// The number of descriptors of each thread of a process: threads may have tables of their own.
pub(crate) fn descriptors(process: u32) -> BTreeMap<String, u64> {
    // A thread may end meanwhile.
    let names = |folder: &str| {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok())
    };
    let tasks = format!("/proc/{process}/task");
    let count = |thread: &str| names(&format!("{tasks}/{thread}/fd")).count() as u64;
    names(&tasks).map(|thread| (thread.clone(), count(&thread))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_descriptors() {
        let files: Vec<_> = (0..200).map(|_| fs::File::open("/proc/self/stat").unwrap()).collect();
        let found = descriptors(std::process::id());
        assert!(found[&nix::unistd::gettid().to_string()] >= 200, "{found:?}");
        drop(files);
        assert!(resident_bytes(std::process::id()) > 0);
    }
}
