//! What one round gave, and what several of them say together.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One round.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// Answers that counted.
    pub(crate) answers: usize,
    /// How long they were counted.
    pub(crate) seconds: f64,
    /// Half of the answers took no longer.
    pub(crate) p50_ms: f64,
    /// 99 of 100 took no longer.
    pub(crate) p99_ms: f64,
    /// CPU time of the server meanwhile.
    pub(crate) cpu_ms: f64,
}

impl Sample {
    /// The sample of so many answers, with latencies of these and of some that came too late to count.
    pub(crate) fn new(
        answers: usize,
        mut latencies: Vec<Duration>,
        elapsed: Duration,
        cpu: Duration,
    ) -> Self {
        latencies.sort_unstable();
        let percentile = |hundredths: usize| {
            let last = latencies.len().saturating_sub(1);
            let at = (latencies.len() * hundredths).div_ceil(100).saturating_sub(1).min(last);
            latencies.get(at).map_or(0.0, |latency| latency.as_secs_f64() * 1000.0)
        };
        Self {
            answers,
            seconds: elapsed.as_secs_f64(),
            p50_ms: percentile(50),
            p99_ms: percentile(99),
            cpu_ms: cpu.as_secs_f64() * 1000.0,
        }
    }

    /// Answers in a second.
    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52")]
    pub(crate) fn rate(&self) -> f64 {
        self.answers as f64 / self.seconds
    }

    /// CPU milliseconds for a thousand answers.
    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52")]
    pub(crate) fn cpu_per_thousand(&self) -> f64 {
        self.cpu_ms * 1000.0 / (self.answers.max(1) as f64)
    }

    /// How many cores the server had busy.
    pub(crate) fn cores(&self) -> f64 {
        self.cpu_ms / 1000.0 / self.seconds
    }
}

/// The middle one, or of an even number the mean of the two in the middle; 0 of none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "whole numbers of milliseconds are exact")]
    fn percentiles_are_latencies_that_were_measured() {
        let latencies = (1..=200).rev().map(Duration::from_millis).collect();
        let sample = Sample::new(200, latencies, Duration::from_secs(2), Duration::from_secs(1));
        assert_eq!((sample.p50_ms, sample.p99_ms), (100.0, 198.0));
        assert_eq!(sample.rate(), 100.0);
        assert_eq!(sample.cpu_per_thousand(), 5000.0);
        assert_eq!(Sample::new(0, Vec::new(), Duration::from_secs(1), Duration::ZERO).p99_ms, 0.0);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "halves are exact")]
    fn a_median_is_the_middle_whatever_the_order() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median([]), 0.0);
    }
}
