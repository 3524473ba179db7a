//! What each key pair is good for at some moment: arithmetic on what the store holds.

use std::time::Duration;

use scopegate_core::{algorithm::Algorithm, clock::Timestamp, jwk::Jwk};
use scopegate_store::signing_keys::SigningKeyRow;

/// How long a key is kept beyond the last token that it signed: verifiers allow some skew, and the
/// clocks of replicas differ.
pub const MARGIN: Duration = Duration::from_mins(1);

/// What a key pair is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It is published and does not sign yet.
    Next,
    /// It signs.
    Signing,
    /// It signs no more, and is published for as long as a token of it may live.
    Verifying {
        /// Until then.
        until: Timestamp,
    },
    /// Nothing needs it; the running server will retire it.
    Expired,
    /// It counts no more.
    Retired {
        /// Since then.
        since: Timestamp,
    },
}

impl KeyState {
    /// Whether verifiers are told of the key.
    pub const fn is_published(self) -> bool {
        matches!(self, Self::Next | Self::Signing | Self::Verifying { .. })
    }
}

/// What this key is good for, given all rows as the store lists them and the algorithm that signs.
///
/// A key of another algorithm that has signed nothing is [`KeyState::Next`]: it was made ahead of a
/// change of the setting.
pub fn state(
    row: &SigningKeyRow,
    rows: &[SigningKeyRow],
    signing: Algorithm,
    now: Timestamp,
) -> KeyState {
    if let Some(since) = row.retired_at {
        return KeyState::Retired { since };
    }
    let is_current = current(rows, row.algorithm, now).is_some_and(|found| found.kid == row.kid);
    if is_current && row.algorithm == signing {
        return KeyState::Signing;
    }
    match row.tokens_until {
        _ if row.signs_at > now => KeyState::Next,
        None if is_current => KeyState::Next,
        Some(until) if now < until.plus(MARGIN) => {
            KeyState::Verifying { until: until.plus(MARGIN) }
        }
        _ => KeyState::Expired,
    }
}

/// Of the keys of an algorithm the one that signs: the last that has begun, or, where none has, the
/// first, because nothing else can sign.
pub fn current(
    rows: &[SigningKeyRow],
    algorithm: Algorithm,
    now: Timestamp,
) -> Option<&SigningKeyRow> {
    let usable = || rows.iter().filter(|r| r.algorithm == algorithm && r.retired_at.is_none());
    usable().rfind(|row| row.signs_at <= now).or_else(|| usable().next())
}

/// The public half, provided that it is the key of that name, made for that algorithm.
pub fn public_key(row: &SigningKeyRow) -> Option<Jwk> {
    let key = Jwk::parse(row.public_key.as_bytes()).ok()?;
    let is_it = key.algorithm() == row.algorithm
        && key.kid() == Some(row.kid.as_str())
        && key.thumbprint() == row.kid;
    is_it.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn row(
        kid: &str,
        algorithm: Algorithm,
        signs_at: i64,
        tokens_until: Option<i64>,
    ) -> SigningKeyRow {
        SigningKeyRow {
            kid: kid.to_owned(),
            algorithm,
            public_key: String::new(),
            created_at: at(0),
            signs_at: at(signs_at),
            tokens_until: tokens_until.map(at),
            retired_at: None,
        }
    }

    fn states(rows: &[SigningKeyRow], signing: Algorithm, now: i64) -> Vec<KeyState> {
        rows.iter().map(|row| state(row, rows, signing, at(now))).collect()
    }

    #[test]
    fn a_key_is_published_then_signs_then_verifies_then_goes() {
        use Algorithm::{EdDsa, Es256, Hs256};
        use KeyState::{Expired, Next, Signing};
        let verifying = |until: i64| KeyState::Verifying { until: at(until) };
        let alone = vec![row("a", EdDsa, 100, None)];
        let pair = vec![row("a", EdDsa, 100, Some(2000)), row("b", EdDsa, 1000, None)];
        let unused = vec![row("a", EdDsa, 100, None), row("b", EdDsa, 200, None)];
        let moved = vec![row("a", EdDsa, 100, Some(2000)), row("b", Es256, 1000, Some(3000))];
        for (name, rows, signing, now, expected) in [
            ("one key", &alone, EdDsa, 100, vec![Signing]),
            ("one key ahead of its time", &alone, EdDsa, 99, vec![Signing]),
            ("prepared under HS256", &alone, Hs256, 9999, vec![Next]),
            ("prepared, not begun", &alone, Hs256, 99, vec![Next]),
            ("publish before sign", &pair, EdDsa, 999, vec![Signing, Next]),
            ("KR01 the next takes over", &pair, EdDsa, 1000, vec![verifying(2060), Signing]),
            ("KR01 the last token lives", &pair, EdDsa, 2059, vec![verifying(2060), Signing]),
            ("KR01 the last token is dead", &pair, EdDsa, 2060, vec![Expired, Signing]),
            ("superseded and never used", &unused, EdDsa, 200, vec![Expired, Signing]),
            ("another algorithm signs", &moved, Es256, 1500, vec![verifying(2060), Signing]),
            ("and its tokens are dead", &moved, Es256, 2060, vec![Expired, Signing]),
            ("back to HS256", &moved, Hs256, 1500, vec![verifying(2060), verifying(3060)]),
            ("a replica still signs with it", &moved, EdDsa, 1500, vec![Signing, verifying(3060)]),
        ] {
            assert_eq!(states(rows, signing, now), expected, "{name}");
        }
    }

    #[test]
    fn a_retired_key_counts_for_nothing() {
        let mut rows = vec![
            row("a", Algorithm::EdDsa, 100, Some(2000)),
            row("b", Algorithm::EdDsa, 1000, Some(3000)),
        ];
        rows[1].retired_at = Some(at(1500));
        let expected = [KeyState::Signing, KeyState::Retired { since: at(1500) }];
        assert_eq!(states(&rows, Algorithm::EdDsa, 1500), expected);
        rows[0].retired_at = Some(at(1500));
        assert_eq!(current(&rows, Algorithm::EdDsa, at(1500)), None);
    }
}
