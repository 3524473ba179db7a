//! How long reads and writes take, what becomes of them, and how many share a commit.

use std::sync::Arc;

use scopegate_service::{
    metrics::{Distribution, Labels, Sheet, title},
    traces::{Outcome, Parent},
};
use scopegate_store::{End, Observer, Work};

/// From a read out of memory to the patience of a statement.
const BOUNDS: &[u64] = &[
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    1_000_000_000,
    5_000_000_000,
];

const JOBS: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256, 1024];

const ENDS: [&str; 3] = ["done", "refused", "failed"];

/// Reads and writes. Clones share everything.
#[derive(Clone, Debug)]
pub struct StoreMetrics {
    reads: [Distribution; 2],
    writes: [Distribution; 3],
    jobs: Distribution,
}

impl StoreMetrics {
    pub(super) fn new(sheet: &mut Sheet) -> Self {
        let labels = |kind: &'static str, end: &'static str| -> Labels {
            vec![("kind", kind.into()), ("outcome", end.into())]
        };
        let sets = [
            labels("read", "done"),
            labels("read", "failed"),
            labels("write", ENDS[0]),
            labels("write", ENDS[1]),
            labels("write", ENDS[2]),
        ];
        let work = title("scopegate_store_duration", "Reading, or writing up to the commit");
        let [read, no_read, written, refused, failed] = sheet.timers(work, BOUNDS, sets);
        let jobs = Distribution::of_numbers(JOBS);
        let shared = title("scopegate_store_commit_jobs", "Writes that share a commit (SQLite)");
        sheet.distribution(shared, &jobs);
        Self { reads: [read, no_read], writes: [written, refused, failed], jobs }
    }

    /// What the store tells of its work is counted, and stands in the trace of its request.
    pub fn observer(&self) -> Observer {
        let metrics = self.clone();
        Arc::new(move |work| {
            metrics.count(work);
            trace(work);
        })
    }

    fn count(&self, work: Work) {
        match work {
            Work::Read { took, end } => self.reads[usize::from(end != End::Done)].took(took),
            Work::Write { took, end } => self.writes[end as usize].took(took),
            Work::Awaited { .. } => {}
            Work::Commit { jobs } => self.jobs.observe(u64::try_from(jobs).unwrap_or(u64::MAX)),
        }
    }
}

/// A commit is many requests' and has no trace; each of them sees its write until then. Whoever writes
/// knows no request.
fn trace(work: Work) {
    let (name, took, end) = match work {
        Work::Read { took, end } => ("store read", took, end),
        Work::Awaited { took, end } => ("store write", took, end),
        Work::Write { .. } | Work::Commit { .. } => return,
    };
    let outcome = match end {
        End::Done => Outcome::Done,
        End::Refused => Outcome::Refused,
        End::Failed => Outcome::Failed,
    };
    Parent::current().had(name, took, outcome);
}
