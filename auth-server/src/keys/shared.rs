//! The shared-key file in use: read again when it changes, without a restart.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use scopegate_core::{clock::Timestamp, key::SharedKeys, mint::Minter, verify::VerifyingKeys};

use super::{KeyError, file, timeline::Timeline};
use crate::id;

/// How long a new first line waits until it signs, so that every resource server has read it.
pub const SETTLE: Duration = Duration::from_secs(5);

/// The key file and the keys that were last read from it.
pub struct SharedKeyFile {
    path: PathBuf,
    /// As it was last read, for good or bad: one bad file is one line in the log.
    content: Vec<u8>,
    first: Signing,
    verifying: VerifyingKeys,
    /// The key that signs until the first one does, if the file still holds it.
    before: Option<Signing>,
}

/// A key and when it begins to sign. Of a key that was there at the start nobody knows more than when
/// its file was last changed.
#[derive(Clone)]
struct Signing {
    since: Timestamp,
    minter: Arc<Minter>,
}

impl SharedKeyFile {
    /// Reads the key file, and makes it first where there is none.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        let fault = |cause| KeyError::File { path: path.to_owned(), cause };
        if file::write_new(path, format!("{}\n", id::shared_key().expose())).map_err(fault)? {
            tracing::info!(path = %path.display(), "shared key made");
        }
        let content = fs::read(path).map_err(fault)?;
        let keys = SharedKeys::parse(&content)
            .map_err(|cause| KeyError::SharedKey { path: path.to_owned(), cause })?;
        Ok(Self {
            path: path.to_owned(),
            content,
            first: Signing {
                since: changed_at(path).map_err(fault)?,
                minter: Arc::new(Minter::hs256(keys.signing())),
            },
            verifying: VerifyingKeys::hs256(&keys),
            before: None,
        })
    }

    /// What signs.
    pub fn timeline(&self) -> Timeline {
        let keys = self.before.iter().chain([&self.first]);
        Timeline::new(keys.map(|key| (key.since, Arc::clone(&key.minter))).collect())
    }

    /// What verifies: every line.
    pub const fn verifying(&self) -> &VerifyingKeys {
        &self.verifying
    }

    /// Reads the file again, off the async threads. A bad file leaves the old keys in force and says
    /// so. Says whether other keys are in force now.
    pub async fn reload(&mut self, now: Timestamp) -> bool {
        let path = self.path.clone();
        match tokio::task::spawn_blocking(move || fs::read(path)).await {
            Ok(found) => self.take(found, now),
            // The runtime is shutting down.
            Err(_) => false,
        }
    }

    fn take(&mut self, found: io::Result<Vec<u8>>, now: Timestamp) -> bool {
        match found {
            Ok(content) if content == self.content => false,
            Ok(content) => {
                self.content = content;
                self.parse(now)
            }
            // No key file is empty: this is what was remembered below.
            Err(_) if self.content.is_empty() => false,
            Err(error) => {
                tracing::warn!(path = %self.path.display(), %error, "shared key unreadable; the old keys stay in force");
                self.content = Vec::new();
                false
            }
        }
    }

    fn parse(&mut self, now: Timestamp) -> bool {
        let keys = match SharedKeys::parse(&self.content) {
            Ok(keys) => keys,
            Err(error) => {
                tracing::warn!(path = %self.path.display(), %error, "bad shared key file; the old keys stay in force");
                return false;
            }
        };
        let kid = keys.signing().kid();
        tracing::info!(kid, keys = keys.iter().count(), "shared keys read again");
        self.follow(&keys, now);
        self.verifying = VerifyingKeys::hs256(&keys);
        true
    }

    /// Which key signs from now on, and which one for a moment before it.
    fn follow(&mut self, keys: &SharedKeys, now: Timestamp) {
        let Some(signing) = self.signing(now).cloned() else { return };
        let first = keys.signing().kid();
        let stays = keys.iter().any(|key| key.kid() == signing.minter.kid());
        if first == signing.minter.kid() {
            (self.first, self.before) = (signing, None);
            return;
        }
        if first != self.first.minter.kid() {
            let minter = Arc::new(Minter::hs256(keys.signing()));
            self.first = Signing { since: now.plus(SETTLE), minter };
            self.before = Some(signing);
        }
        if !stays {
            // A key that left the file verifies nowhere any more, so it cannot sign on.
            self.before = None;
            self.first.since = now;
        }
    }

    /// The key that signs at that moment.
    fn signing(&self, now: Timestamp) -> Option<&Signing> {
        let has_begun = self.first.since <= now;
        if has_begun { Some(&self.first) } else { self.before.as_ref().or(Some(&self.first)) }
    }
}

/// When the file was last changed.
fn changed_at(path: &Path) -> io::Result<Timestamp> {
    let since = fs::metadata(path)?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
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

    fn signing(file: &SharedKeyFile, now: i64) -> String {
        file.timeline().at(Timestamp::from_seconds(now)).unwrap().kid().to_owned()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[tokio::test]
    async fn a_new_first_line_signs_five_seconds_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shared.key");
        let write = |content: &str| fs::write(&path, content).unwrap();
        write(A);
        let mut file = SharedKeyFile::load_or_create(&path).unwrap();
        assert_eq!(signing(&file, 0), kid(A));

        write(&format!("{B}\n{A}\n"));
        assert!(file.reload(at(100)).await);
        assert_eq!(signing(&file, 104), kid(A));
        assert_eq!(signing(&file, 105), kid(B));

        write("short");
        assert!(!file.reload(at(110)).await);
        assert_eq!(signing(&file, 110), kid(B), "KR06 a bad file changes nothing");

        fs::remove_file(&path).unwrap();
        assert!(!file.reload(at(115)).await);
        assert_eq!(signing(&file, 115), kid(B), "KR06 a lost file changes nothing");

        write(A);
        assert!(file.reload(at(120)).await);
        assert_eq!(signing(&file, 120), kid(A), "a dropped key signs no more");
    }

    #[tokio::test]
    async fn every_line_of_the_file_verifies_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shared.key");
        fs::write(&path, A).unwrap();
        let mut file = SharedKeyFile::load_or_create(&path).unwrap();
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
        let token = file.first.minter.mint(&claims).unwrap();
        let expected = Expectation { issuer: "i".into(), audience: "a".into() };
        for (row, content, good) in [
            ("as it was", A.to_owned(), true),
            ("KR03 a new first line", format!("{B}\n{A}\n"), true),
            ("KR06 a bad file", "short".to_owned(), true),
            ("KR03 the old line taken out", B.to_owned(), false),
        ] {
            fs::write(&path, content).unwrap();
            file.reload(at(100)).await;
            assert_eq!(expected.verify(&token, file.verifying(), at(100)).is_ok(), good, "{row}");
        }
    }

    #[tokio::test]
    async fn editing_other_lines_does_not_postpone_a_new_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shared.key");
        fs::write(&path, A).unwrap();
        let mut file = SharedKeyFile::load_or_create(&path).unwrap();
        fs::write(&path, format!("{B}\n{A}\n")).unwrap();
        file.reload(at(100)).await;
        fs::write(&path, format!("{B}\n\n{A}\n")).unwrap();
        file.reload(at(103)).await;
        assert_eq!(signing(&file, 105), kid(B));
    }
}
