//! Waiting for what a running program will do soon: the only pause in these tests.

use std::time::{Duration, Instant};

/// How soon a change must reach resource-api. The contract says a second; the other one is for a
/// machine that runs these tests side by side.
pub(crate) const REACH: Duration = Duration::from_secs(2);

const PAUSE: Duration = Duration::from_millis(20);

/// Asks until there is an answer, and panics at the deadline.
pub(crate) async fn eventually<T>(
    what: &str,
    deadline: Duration,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> T {
    let end = Instant::now() + deadline;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < end, "not within {deadline:?}: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
