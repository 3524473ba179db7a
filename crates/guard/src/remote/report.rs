//! What the last fetch gave, logged when it differs from the one before.

use std::time::Duration;

use scopegate_core::{jwk::JwkError, verify::VerifyingKeys};
use tokio::time::Instant;

use super::fetch::FetchError;

/// The last fetch, and when one last went well.
#[derive(Default)]
pub(super) struct Report {
    succeeded_at: Option<Instant>,
    last: Option<Result<Found, FetchError>>,
}

/// What a good answer held.
#[derive(PartialEq, Eq)]
struct Found {
    kids: Vec<String>,
    skipped: Vec<(usize, JwkError)>,
}

impl Report {
    /// The keys that were given, and those that are not used, by their place in the set.
    pub(super) fn succeeded(
        &mut self,
        name: &str,
        keys: &VerifyingKeys,
        skipped: &[(usize, JwkError)],
    ) {
        self.succeeded_at = Some(Instant::now());
        let kids = keys.kids().map(super::cut).collect();
        let found = Found { kids, skipped: skipped.to_vec() };
        if matches!(&self.last, Some(Ok(last)) if *last == found) {
            return;
        }
        let (count, kids) = (keys.len(), &found.kids);
        if skipped.is_empty() {
            tracing::info!(count, ?kids, "fetched {name}");
        } else {
            let skipped: Vec<String> =
                skipped.iter().map(|(at, why)| format!("{at}: {why}")).collect();
            tracing::warn!(count, ?kids, ?skipped, "fetched {name}, of which some are not used");
        }
        self.last = Some(Ok(found));
    }

    /// Nothing was given.
    pub(super) fn failed(&mut self, name: &str, error: &FetchError) {
        if self.last.as_ref().and_then(|last| last.as_ref().err()) == Some(error) {
            return;
        }
        if self.succeeded_at.is_some() {
            tracing::warn!(%error, "cannot fetch {name}, the old ones stay in force");
        } else {
            tracing::warn!(%error, "waiting for {name}");
        }
        self.last = Some(Err(error.clone()));
    }

    /// How long ago a fetch last went well.
    pub(super) fn age(&self) -> Option<Duration> {
        self.succeeded_at.map(|at| at.elapsed())
    }

    /// Why the last one did not.
    pub(super) fn error(&self) -> Option<String> {
        self.last.as_ref()?.as_ref().err().map(ToString::to_string)
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use scopegate_core::{
        algorithm::Algorithm,
        jwk::{Jwk, JwkSet},
        signing_key::SigningKey,
    };

    use super::*;
    use crate::key_file::tests::Log;

    #[tokio::test]
    async fn what_a_fetch_gave_is_logged_when_it_is_something_else_than_before() {
        let log = Log::default();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(log.clone()).finish();
        let _recording = tracing::subscriber::set_default(subscriber);
        let [a, b] = [public_key(), public_key()];
        let (only_a, both) = (JwkSet::new(vec![a.clone()]), JwkSet::new(vec![a, b]));
        let good = |set: &JwkSet| Ok((VerifyingKeys::public(set), Vec::new()));
        let spoiled =
            Ok((VerifyingKeys::public(&only_a), vec![(1, JwkError::Private), (2, JwkError::Size)]));
        let slow = || Err(FetchError::Timeout(Duration::from_secs(5)));
        let mut report = Report::default();
        for (given, expected) in [
            (slow(), &["WARN", "waiting for the keys", "no answer within 5s"][..]),
            (Err(FetchError::Status(StatusCode::NOT_FOUND)), &["WARN", "waiting for", "404"]),
            (good(&only_a), &["INFO", "fetched the keys", "count=1"]),
            (good(&both), &["INFO", "fetched the keys", "count=2"]),
            (slow(), &["WARN", "cannot fetch the keys", "stay in force", "no answer within 5s"]),
            (good(&both), &["INFO", "fetched the keys", "count=2"]),
            (spoiled, &["WARN", "some are not used", "1: a private key", "2: a key of the wrong"]),
        ] {
            for _ in 0..3 {
                match &given {
                    Ok((keys, skipped)) => report.succeeded("the keys", keys, skipped),
                    Err(error) => report.failed("the keys", error),
                }
            }
            let lines = log.take();
            assert_eq!(lines.lines().count(), 1, "{expected:?}: {lines}");
            assert!(expected.iter().all(|part| lines.contains(part)), "{expected:?}: {lines}");
            assert_eq!(report.error().is_some(), given.is_err());
        }
    }

    #[test]
    fn what_another_server_wrote_is_shown_in_part() {
        for (text, shown) in [
            ("a-kid".to_owned(), "a-kid".to_owned()),
            ("é".repeat(128), "é".repeat(128)),
            ("é".repeat(10_000), format!("{}…", "é".repeat(128))),
        ] {
            assert_eq!(super::super::cut(&text), shown);
        }
    }

    fn public_key() -> Jwk {
        SigningKey::generate(Algorithm::EdDsa).unwrap().0.public().clone()
    }
}
