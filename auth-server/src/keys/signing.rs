//! The shared keys in use: read again when the file changes, without a restart.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use scopegate_core::{
    clock::{Clock, Timestamp},
    key::SharedKeys,
    mint::Minter,
    verify::VerifyingKeys,
};

use super::{KeyError, file};
use crate::id;

/// How long a new first line waits until it signs, so that every resource server has read it.
const SETTLE: Duration = Duration::from_secs(5);

/// How often the file is looked at.
const POLL: Duration = Duration::from_secs(1);

/// The key file and the keys that were last read from it.
pub struct SigningKeys {
    path: PathBuf,
    current: ArcSwap<Signing>,
}

/// Which key signs, and from when; and all that verify.
struct Signing {
    content: Vec<u8>,
    kid: String,
    minter: Arc<Minter>,
    verifying: Arc<VerifyingKeys>,
    /// The key that signs until that moment, if the file still holds it.
    before: Option<(Timestamp, String, Arc<Minter>)>,
}

impl SigningKeys {
    /// Reads the key file, and makes it first where there is none.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        let fault = |cause| KeyError::File { path: path.to_owned(), cause };
        if file::write_new(path, &format!("{}\n", id::shared_key().expose())).map_err(fault)? {
            tracing::info!(path = %path.display(), "shared key made");
        }
        let content = fs::read(path).map_err(fault)?;
        let keys = SharedKeys::parse(&content)
            .map_err(|cause| KeyError::SharedKey { path: path.to_owned(), cause })?;
        let signing = Signing {
            content,
            kid: keys.signing().kid().to_owned(),
            minter: Arc::new(Minter::hs256(keys.signing())),
            verifying: Arc::new(VerifyingKeys::hs256(&keys)),
            before: None,
        };
        Ok(Self { path: path.to_owned(), current: ArcSwap::from_pointee(signing) })
    }

    /// What signs now.
    pub fn minter(&self, now: Timestamp) -> Arc<Minter> {
        Arc::clone(self.current.load().at(now).1)
    }

    /// What verifies our own tokens: every key of the file, as at a resource server.
    pub fn verifying(&self) -> Arc<VerifyingKeys> {
        Arc::clone(&self.current.load().verifying)
    }

    /// Reads the file again. A bad file leaves the old keys in force and says so.
    pub fn reload(&self, now: Timestamp) {
        match fs::read(&self.path) {
            Ok(content) if content == self.current.load().content => {}
            Ok(content) => self.replace(content, now),
            // No key file is empty: this is what was remembered below.
            Err(_) if self.current.load().content.is_empty() => {}
            Err(error) => {
                tracing::warn!(path = %self.path.display(), %error, "shared key unreadable; the old keys stay in force");
                self.current.store(Arc::new(self.current.load().with_content(Vec::new())));
            }
        }
    }

    fn replace(&self, content: Vec<u8>, now: Timestamp) {
        let old = self.current.load();
        let next = match SharedKeys::parse(&content) {
            Ok(keys) => old.followed_by(content, &keys, now),
            Err(error) => {
                tracing::warn!(path = %self.path.display(), %error, "bad shared key file; the old keys stay in force");
                // Remembered, so that one bad file is one line in the log.
                old.with_content(content)
            }
        };
        self.current.store(Arc::new(next));
    }

    /// Looks at the file for as long as the program runs.
    pub async fn watch(self: Arc<Self>, clock: Arc<dyn Clock>) {
        let mut ticks = tokio::time::interval(POLL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let keys = Arc::clone(&self);
            let now = clock.now();
            // An error means that the runtime is shutting down.
            if tokio::task::spawn_blocking(move || keys.reload(now)).await.is_err() {
                return;
            }
        }
    }
}

impl Signing {
    fn at(&self, now: Timestamp) -> (&str, &Arc<Minter>) {
        match &self.before {
            Some((until, kid, minter)) if now < *until => (kid, minter),
            _ => (&self.kid, &self.minter),
        }
    }

    fn with_content(&self, content: Vec<u8>) -> Self {
        Self {
            content,
            kid: self.kid.clone(),
            minter: Arc::clone(&self.minter),
            verifying: Arc::clone(&self.verifying),
            before: self.before.clone(),
        }
    }

    fn followed_by(&self, content: Vec<u8>, keys: &SharedKeys, now: Timestamp) -> Self {
        let first = keys.signing();
        let (signing, minter) = self.at(now);
        let stays = keys.iter().any(|key| key.kid() == signing);
        let before = if first.kid() == signing || !stays {
            // A key that left the file verifies nowhere any more, so it cannot sign on.
            None
        } else if first.kid() == self.kid {
            self.before.clone()
        } else {
            Some((now.plus(SETTLE), signing.to_owned(), Arc::clone(minter)))
        };
        tracing::info!(kid = first.kid(), keys = keys.iter().count(), "shared keys read again");
        Self {
            content,
            kid: first.kid().to_owned(),
            minter: Arc::new(Minter::hs256(first)),
            verifying: Arc::new(VerifyingKeys::hs256(keys)),
            before,
        }
    }
}

#[cfg(test)]
mod tests {
    use scopegate_core::{claims::Claims, scope::Scope, verify::Expectation};

    use super::*;

    const A: &str = "0123456789abcdef0123456789abcdef";
    const B: &str = "fedcba9876543210fedcba9876543210";

    fn kid(key: &str) -> String {
        SharedKeys::parse(key.as_bytes()).unwrap().signing().kid().to_owned()
    }

    fn signing(keys: &SigningKeys, now: i64) -> String {
        keys.current.load().at(Timestamp::from_seconds(now)).0.to_owned()
    }

    #[test]
    fn a_new_first_line_signs_five_seconds_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shared.key");
        let write = |content: &str| fs::write(&path, content).unwrap();
        write(A);
        let keys = SigningKeys::load_or_create(&path).unwrap();
        let reload = |now: i64| keys.reload(Timestamp::from_seconds(now));
        assert_eq!(signing(&keys, 0), kid(A));

        write(&format!("{B}\n{A}\n"));
        reload(100);
        assert_eq!(signing(&keys, 104), kid(A));
        assert_eq!(signing(&keys, 105), kid(B));

        write("short");
        reload(110);
        assert_eq!(signing(&keys, 110), kid(B), "KR06 a bad file changes nothing");

        fs::remove_file(&path).unwrap();
        reload(115);
        assert_eq!(signing(&keys, 115), kid(B), "KR06 a lost file changes nothing");

        write(A);
        reload(120);
        assert_eq!(signing(&keys, 120), kid(A), "a dropped key signs no more");
    }

    #[test]
    fn every_line_of_the_file_verifies_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shared.key");
        let now = Timestamp::from_seconds(100);
        fs::write(&path, A).unwrap();
        let keys = SigningKeys::load_or_create(&path).unwrap();
        let claims = Claims {
            iss: "i",
            sub: "s",
            aud: "a",
            exp: 200,
            iat: 100,
            jti: "j",
            client_id: "c",
            scope: &Scope::empty(),
            grant_id: "g",
        };
        let token = keys.minter(now).mint(&claims).unwrap();
        let expected = Expectation { issuer: "i".into(), audience: "a".into() };
        for (row, content, good) in [
            ("as it was", A.to_owned(), true),
            ("a new first line", format!("{B}\n{A}\n"), true),
            ("KR06 a bad file", "short".to_owned(), true),
            ("the old line taken out", B.to_owned(), false),
        ] {
            fs::write(&path, content).unwrap();
            keys.reload(now);
            assert_eq!(expected.verify(&token, &keys.verifying(), now).is_ok(), good, "{row}");
        }
    }

    #[test]
    fn editing_other_lines_does_not_postpone_a_new_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shared.key");
        fs::write(&path, A).unwrap();
        let keys = SigningKeys::load_or_create(&path).unwrap();
        fs::write(&path, format!("{B}\n{A}\n")).unwrap();
        keys.reload(Timestamp::from_seconds(100));
        fs::write(&path, format!("{B}\n\n{A}\n")).unwrap();
        keys.reload(Timestamp::from_seconds(103));
        assert_eq!(signing(&keys, 105), kid(B));
    }
}
