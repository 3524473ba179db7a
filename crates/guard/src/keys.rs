//! Where verification keys come from.

use std::{path::PathBuf, sync::Arc};

use scopegate_core::{key::SharedKeys, verify::VerifyingKeys};

use crate::key_file::KeyFile;

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

    /// Runs `job` with the present keys; `None` while there are none. Takes no lock.
    pub(crate) fn with<T>(&self, job: impl FnOnce(&VerifyingKeys) -> T) -> Option<T> {
        match &self.0 {
            Source::Fixed(keys) => Some(job(keys)),
            Source::File(file) => file.with(job),
        }
    }
}
