//! A shared-key file that is read again when it changes.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use arc_swap::ArcSwapOption;
use scopegate_core::{
    key::{SharedKey, SharedKeys},
    verify::VerifyingKeys,
};
use tokio::{sync::Notify, time::MissedTickBehavior};

use crate::source_state::SourceState;

/// How often the file is looked at. Its content is compared, not its date: dates are coarse, and
/// mounted secrets keep theirs.
const POLL: Duration = Duration::from_secs(1);

/// More than any file of eight keys; beyond it something else lies at the path.
const MAX_FILE_BYTES: u64 = 64 * 1024;

pub(crate) struct KeyFile {
    path: PathBuf,
    keys: ArcSwapOption<VerifyingKeys>,
    filled: Notify,
    /// The last content, or why there was none: what was reported already.
    last: Mutex<Option<Result<Vec<u8>, io::ErrorKind>>>,
}

impl KeyFile {
    /// Reads the file and starts the task that watches it.
    #[track_caller]
    pub(crate) fn watch(path: PathBuf) -> Arc<Self> {
        let file = Arc::new(Self {
            path,
            keys: ArcSwapOption::empty(),
            filled: Notify::new(),
            last: Mutex::new(None),
        });
        file.read();
        tokio::spawn(poll(Arc::downgrade(&file)));
        file
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.keys.load().is_some()
    }

    pub(crate) async fn ready(&self) {
        loop {
            let filled = self.filled.notified();
            if self.is_ready() {
                return;
            }
            filled.await;
        }
    }

    pub(crate) fn with<T>(&self, job: impl FnOnce(&VerifyingKeys) -> T) -> Option<T> {
        self.keys.load().as_deref().map(job)
    }

    pub(crate) fn state(&self) -> SourceState {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let error = match last.as_ref() {
            Some(Ok(content)) => SharedKeys::parse(content).err().map(|error| error.to_string()),
            Some(Err(kind)) => Some(kind.to_string()),
            None => None,
        };
        SourceState {
            name: "the shared key file".to_owned(),
            keys: self.with(VerifyingKeys::len),
            age: None,
            error,
        }
    }

    /// Reads the file off the async threads.
    pub(crate) async fn reload(self: Arc<Self>) {
        let done = tokio::task::spawn_blocking(move || self.read()).await;
        if let Err(error) = done {
            tracing::error!(%error, "the shared key file was not read");
        }
    }

    /// Reads the file; what it says takes effect if it is new.
    fn read(&self) {
        let found = content(&self.path).map_err(|error| error.kind());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() == Some(&found) {
            return;
        }
        match &found {
            Ok(content) => self.apply(content),
            Err(kind) => self.report_missing(*kind),
        }
        *last = Some(found);
    }

    fn apply(&self, content: &[u8]) {
        let path = self.path.display();
        match SharedKeys::parse(content) {
            Ok(keys) => {
                let kids: Vec<_> = keys.iter().map(SharedKey::kid).collect();
                tracing::info!(%path, ?kids, "shared keys read");
                self.keys.store(Some(Arc::new(VerifyingKeys::hs256(&keys))));
                self.filled.notify_waiters();
            }
            Err(error) if self.is_ready() => {
                tracing::warn!(%path, %error, "bad shared key file, the old keys stay in force");
            }
            Err(error) => tracing::warn!(%path, %error, "bad shared key file, waiting for another"),
        }
    }

    fn report_missing(&self, kind: io::ErrorKind) {
        let path = self.path.display();
        if self.is_ready() {
            tracing::warn!(%path, error = %kind, "no shared key file, the old keys stay in force");
        } else if kind == io::ErrorKind::NotFound {
            tracing::info!(%path, "waiting for the shared key file");
        } else {
            tracing::warn!(%path, error = %kind, "cannot read the shared key file, waiting");
        }
    }
}

/// Reads until nobody holds the file any more.
async fn poll(file: Weak<KeyFile>) {
    let mut ticks = tokio::time::interval(POLL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(file) = file.upgrade() else { return };
        file.reload().await;
    }
}

fn content(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut content)?;
    if content.len() as u64 > MAX_FILE_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(content)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{fs, io::Write};

    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    #[tokio::test]
    async fn what_a_file_says_is_logged_once() {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).finish();
        let _recording = tracing::subscriber::set_default(subscriber);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shared.key");
        let file = KeyFile::watch(path.clone());
        for (content, expected) in [
            (None, "INFO waiting for the shared key file"),
            (Some("short"), "WARN bad shared key file, waiting for another"),
            (Some(KEY), "INFO shared keys read"),
            (Some(""), "WARN bad shared key file, the old keys stay in force"),
            (Some("shorter"), "WARN bad shared key file, the old keys stay in force"),
            (Some(KEY), "INFO shared keys read"),
        ] {
            if let Some(content) = content {
                fs::write(&path, content).unwrap();
            }
            file.read();
            file.read();
            let (level, message) = expected.split_once(' ').unwrap();
            let lines = log.take();
            assert_eq!(lines.lines().count(), 1, "{content:?}: {lines}");
            assert!(lines.contains(level) && lines.contains(message), "{content:?}: {lines}");
            assert!(!lines.contains(KEY), "{lines}");
        }
    }

    /// Collects what is logged.
    #[derive(Clone, Default)]
    pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

    impl Log {
        pub(crate) fn take(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
        }
    }

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Log {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }
}
