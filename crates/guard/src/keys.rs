//! Where verification keys come from.

use std::{path::PathBuf, sync::Arc};

use scopegate_core::{
    claims::Verified,
    clock::Timestamp,
    key::SharedKeys,
    verify::{Expectation, VerifyingKeys},
};

use crate::{key_file::KeyFile, verifier::VerifyError};

/// A source of verification keys. Clones share one set of keys.
#[derive(Clone)]
pub struct Keys(Source);

#[derive(Clone)]
enum Source {
    Fixed(Arc<VerifyingKeys>),
    File(Arc<KeyFile>),
}

impl Keys {
    /// These keys, for as long as the program runs.
    pub fn fixed(keys: &SharedKeys) -> Self {
        Self(Source::Fixed(Arc::new(VerifyingKeys::hs256(keys))))
    }

    /// The keys of a shared-key file, read now if it is there and again within two seconds of
    /// each change. A file that cannot be read leaves the old keys in force and is logged once.
    /// While there has been no good file, guarded routes answer 503.
    ///
    /// The file is watched until the last clone is dropped.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with time enabled: the watching task runs on the current one.
    #[track_caller]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Source::File(KeyFile::watch(path.into())))
    }

    /// Whether there are keys.
    pub fn is_ready(&self) -> bool {
        match &self.0 {
            Source::Fixed(_) => true,
            Source::File(file) => file.is_ready(),
        }
    }

    /// Waits until there are keys.
    pub async fn ready(&self) {
        match &self.0 {
            Source::Fixed(_) => {}
            Source::File(file) => file.ready().await,
        }
    }

    /// Reads the source again, now, as on SIGHUP. What it found is in force when this returns.
    pub async fn reload(&self) {
        match &self.0 {
            Source::Fixed(_) => {}
            Source::File(file) => KeyFile::reload(Arc::clone(file)).await,
        }
    }

    /// Checks a token with the present keys. Takes no lock and waits for nothing.
    pub(crate) fn verify(
        &self,
        expected: &Expectation,
        token: &str,
        now: Timestamp,
    ) -> Result<Verified, VerifyError> {
        self.with(|keys| expected.verify(token, keys, now))
            .ok_or(VerifyError::NoKeys)?
            .map_err(VerifyError::Token)
    }

    /// Asks the source for the key that the token names, where that can help and is not done too
    /// often. Says whether there may be others than before.
    #[expect(clippy::unused_async, reason = "sources over the network wait here")]
    pub(crate) async fn look_again(&self, _token: &str) -> bool {
        match &self.0 {
            Source::Fixed(_) | Source::File(_) => false,
        }
    }

    fn with<T>(&self, job: impl FnOnce(&VerifyingKeys) -> T) -> Option<T> {
        match &self.0 {
            Source::Fixed(keys) => Some(job(keys)),
            Source::File(file) => file.with(job),
        }
    }
}
