//! A histogram of atomic counters: an observation waits for no other one.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::{MetricType, TypedMetric},
};

/// How values are spread over buckets. Clones share everything.
#[derive(Clone, Debug)]
pub struct Distribution(Arc<Buckets>);

#[derive(Debug)]
struct Buckets {
    bounds: &'static [u64],
    /// One more than there are bounds: the last one is for what lies beyond.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
    /// How many of what is counted make one of what is shown.
    scale: f64,
}

/// Nanoseconds in a second.
const NANOSECONDS: f64 = 1e9;

impl Distribution {
    /// Of durations, shown in seconds. The bounds are in nanoseconds, and grow.
    pub fn of_nanoseconds(bounds: &'static [u64]) -> Self {
        Self::scaled(bounds, NANOSECONDS)
    }

    /// Of whole numbers. The bounds grow.
    pub fn of_numbers(bounds: &'static [u64]) -> Self {
        Self::scaled(bounds, 1.0)
    }

    fn scaled(bounds: &'static [u64], scale: f64) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Buckets { bounds, counts, sum: AtomicU64::new(0), scale }))
    }

    /// Whether it shows seconds.
    pub(super) fn is_of_time(&self) -> bool {
        self.0.scale > 1.0
    }

    /// Counts a duration.
    pub fn took(&self, duration: Duration) {
        self.observe(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Counts a value.
    pub fn observe(&self, value: u64) {
        let Buckets { bounds, counts, sum, .. } = &*self.0;
        let bucket = bounds.partition_point(|bound| *bound < value);
        counts[bucket].fetch_add(1, Ordering::Relaxed);
        sum.fetch_add(value, Ordering::Relaxed);
    }
}

impl TypedMetric for Distribution {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Distribution {
    #[expect(clippy::cast_precision_loss, reason = "a float is what the page shows")]
    fn encode(&self, mut encoder: MetricEncoder) -> Result<(), fmt::Error> {
        let Buckets { bounds, counts, sum, scale } = &*self.0;
        let bounds = bounds.iter().map(|bound| *bound as f64 / scale).chain([f64::INFINITY]);
        let counts = counts.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = bounds.zip(counts).collect();
        // Not a counter of its own: it always is what the buckets come to.
        let all = buckets.iter().map(|(_, count)| count).sum();
        let sum = sum.load(Ordering::Relaxed) as f64 / scale;
        encoder.encode_histogram::<NoLabelSet>(sum, all, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Sheet, title};

    #[test]
    fn a_value_counts_in_the_first_bucket_that_holds_it() {
        let sizes = Distribution::of_numbers(&[1, 4]);
        let times = Distribution::of_nanoseconds(&[5_000_000, 100_000_000]);
        let mut sheet = Sheet::new("test", "0");
        sheet.distribution(title("sizes", "Sizes"), &sizes);
        sheet.distribution(title("times", "Times"), &times);
        for size in [0, 1, 2, 4, 5] {
            sizes.observe(size);
        }
        for milliseconds in [5, 6, 250] {
            times.took(Duration::from_millis(milliseconds));
        }
        let page = sheet.page().unwrap();
        for line in [
            "sizes_bucket{le=\"1.0\"} 2",
            "sizes_bucket{le=\"4.0\"} 4",
            "sizes_bucket{le=\"+Inf\"} 5",
            "sizes_count 5",
            "sizes_sum 12.0",
            "times_seconds_bucket{le=\"0.005\"} 1",
            "times_seconds_bucket{le=\"0.1\"} 2",
            "times_seconds_bucket{le=\"+Inf\"} 3",
            "times_seconds_sum 0.261",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
    }
}
