//! What the system knows of the process, read from `/proc` when it is asked for.

use std::{fmt, fs};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::gauge::ConstGauge,
    registry::Unit,
};

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
        ];
        for (name, unit, help, value) in rows {
            if let Some(value) = value {
                show(&mut encoder, (&format!("process_{name}"), help, &unit), value)?;
            }
        }
        Ok(())
    }
}

fn show(
    encoder: &mut DescriptorEncoder,
    (name, help, unit): (&str, &str, &Unit),
    value: f64,
) -> Result<(), fmt::Error> {
    let gauge = ConstGauge::new(value);
    let help = format!("{help}.");
    gauge.encode(encoder.encode_descriptor(name, &help, Some(unit), gauge.metric_type())?)
}

/// In seconds of Unix time: the system's start, and the ticks from there to the process's.
#[expect(clippy::cast_precision_loss, reason = "ticks since the system's start fit a float")]
fn started_at() -> Option<f64> {
    let system = fs::read_to_string("/proc/stat").ok()?;
    let system = system.lines().find_map(|line| line.strip_prefix("btime "))?;
    let process = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in brackets and may hold anything; the 22nd is ours.
    let after_name = process.rsplit_once(')')?.1;
    let ticks: u64 = after_name.split_whitespace().nth(19)?.parse().ok()?;
    let ticks_per_second = rustix::param::clock_ticks_per_second();
    Some(system.trim().parse::<f64>().ok()? + ticks as f64 / ticks_per_second as f64)
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
    }
}
