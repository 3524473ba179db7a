//! What a process and its children have used, as the kernel tells in `/proc`.

use std::{fs, time::Duration};

/// Clock ticks in a second: Linux shows times in this unit on every architecture that we build for.
const TICKS: u64 = 100;

/// CPU time of the processes and all their living descendants, user and system.
pub(crate) fn cpu(roots: &[u32]) -> Duration {
    let ticks: u64 = family(roots).iter().map(|pid| ticks(*pid).unwrap_or(0)).sum();
    Duration::from_millis(ticks * 1000 / TICKS)
}

/// Resident memory now, in KiB. Pages that processes share count for each of them.
pub(crate) fn resident_kib(roots: &[u32]) -> u64 {
    total_kib(roots, "VmRSS:")
}

/// The most memory that was ever resident, in KiB: the sum of each process's own most.
pub(crate) fn peak_kib(roots: &[u32]) -> u64 {
    total_kib(roots, "VmHWM:")
}

fn total_kib(roots: &[u32], field: &str) -> u64 {
    family(roots).iter().map(|pid| kib(*pid, field).unwrap_or(0)).sum()
}

/// The processes with their descendants. One that ends meanwhile is left out.
fn family(roots: &[u32]) -> Vec<u32> {
    let mut found = Vec::new();
    let mut waiting = roots.to_vec();
    while let Some(pid) = waiting.pop() {
        found.push(pid);
        waiting.extend(children(pid));
    }
    found
}

fn children(pid: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| list.split(' ').filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// `utime` and `stime`, the 14th and 15th field; the name in the second may hold anything.
fn ticks(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let utime: u64 = fields.next()?.parse().ok()?;
    let stime: u64 = fields.next()?.parse().ok()?;
    Some(utime + stime)
}

fn kib(pid: u32, field: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_runs_uses_memory_and_has_been_bigger_before() {
        let me = [std::process::id()];
        assert!(resident_kib(&me) > 100);
        assert!(peak_kib(&me) >= resident_kib(&me) / 2);
    }

    #[test]
    fn a_process_that_is_gone_uses_nothing() {
        assert_eq!(resident_kib(&[u32::MAX]), 0);
        assert_eq!(cpu(&[u32::MAX]), Duration::ZERO);
    }
}
