//! What the system knows of the process, asked for when the page is written; most is in `/proc`.

use std::{fmt, fs};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::Unit,
};
use rustix::process::{Resource, getrlimit};

/// The process, under the names that dashboards know from elsewhere. What cannot be read, as on
/// systems without `/proc`, is left out.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    #[expect(clippy::cast_precision_loss, reason = "a float is what the page shows")]
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let rows = [
            ("start_time", Unit::Seconds, "When the process began, in Unix time", started_at()),
            ("resident_memory", Unit::Bytes, "Memory that is in use", resident().map(|n| n as f64)),
            ("open", Unit::Other("fds".into()), "Files that are open", files().map(|n| n as f64)),
            ("max", Unit::Other("fds".into()), "Files that may be open", most_files()),
        ];
        for (name, unit, help, value) in rows {
            if let Some(value) = value {
                let title = (&*format!("process_{name}"), help, &unit);
                show(&mut encoder, title, &ConstGauge::new(value))?;
            }
        }
        let Some(spent) = cpu_time() else { return Ok(()) };
        let help = "Time on processors, its own and the system's for it";
        show(&mut encoder, ("process_cpu", help, &Unit::Seconds), &ConstCounter::new(spent))
    }
}

fn show(
    encoder: &mut DescriptorEncoder,
    (name, help, unit): (&str, &str, &Unit),
    metric: &impl EncodeMetric,
) -> Result<(), fmt::Error> {
    let help = format!("{help}.");
    metric.encode(encoder.encode_descriptor(name, &help, Some(unit), metric.metric_type())?)
}

/// In seconds of Unix time: the system's start, and the ticks from there to the process's.
fn started_at() -> Option<f64> {
    let system = fs::read_to_string("/proc/stat").ok()?;
    let system = system.lines().find_map(|line| line.strip_prefix("btime "))?;
    let [began] = seconds([22])?;
    Some(system.trim().parse::<f64>().ok()? + began)
}

/// In seconds, since the process began.
fn cpu_time() -> Option<f64> {
    seconds([14, 15]).map(|[own, systems]| own + systems)
}

/// Fields of the process's `stat` that are ticks, by their numbers in proc(5).
#[expect(clippy::cast_precision_loss, reason = "ticks since the system's start fit a float")]
fn seconds<const N: usize>(fields: [usize; N]) -> Option<[f64; N]> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in brackets and may hold anything.
    let after_name: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks_per_second = rustix::param::clock_ticks_per_second() as f64;
    let mut found = [0.0; N];
    for (value, field) in found.iter_mut().zip(fields) {
        *value = after_name.get(field - 3)?.parse::<u64>().ok()? as f64 / ticks_per_second;
    }
    Some(found)
}

/// The limit that holds now; a process may have none.
#[expect(clippy::cast_precision_loss, reason = "a float is what the page shows")]
fn most_files() -> Option<f64> {
    getrlimit(Resource::Nofile).current.map(|most| most as f64)
}

/// In bytes.
fn resident() -> Option<u64> {
    let sizes = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = sizes.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * u64::try_from(rustix::param::page_size()).ok()?)
}

fn files() -> Option<usize> {
    // The listing itself is one of them.
    Some(fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_system_knows_when_we_began_and_what_we_hold() {
        assert!(started_at().unwrap() > 1.7e9);
        assert!(resident().unwrap() > 100_000);
        assert!(files().unwrap() >= 3);
        assert!(most_files().is_none_or(|most| most >= 3.0));
    }

    #[test]
    fn work_takes_time_on_a_processor() {
        let before = cpu_time().unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while cpu_time().unwrap() <= before {
            assert!(std::time::Instant::now() < deadline, "it works all the time");
        }
    }
}
