//! Which file a database is: what a path leads to can be removed or replaced while it is in use.

use std::{
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use crate::StoreError;

/// Which file a path led to when it was opened. A database that was removed or replaced under way
/// still answers from the old file, while new connections go to what is there now.
#[derive(Debug)]
pub(crate) struct FileId {
    path: PathBuf,
    empty: bool,
    #[cfg(unix)]
    identity: (u64, u64),
}

/// The file that a store was opened with, and whether its path led elsewhere when that was last
/// looked at. Says once in the log that it does, and once that it no longer does.
#[derive(Debug)]
pub(crate) struct PinnedFile {
    id: FileId,
    away: AtomicBool,
}

impl FileId {
    /// The file that is there now.
    pub(crate) fn of(path: &Path) -> Result<Self, StoreError> {
        let metadata = std::fs::metadata(path).map_err(|reason| match reason.kind() {
            io::ErrorKind::NotFound => StoreError::NotThere,
            _ => StoreError::Unavailable(format!("{}: {reason}", path.display())),
        })?;
        if metadata.is_dir() {
            return Err(StoreError::Url(format!("{} is a directory", path.display())));
        }
        Ok(Self {
            path: path.to_owned(),
            empty: metadata.len() == 0,
            #[cfg(unix)]
            identity: {
                use std::os::unix::fs::MetadataExt;
                (metadata.dev(), metadata.ino())
            },
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether nothing had been written to it.
    pub(crate) const fn is_empty(&self) -> bool {
        self.empty
    }

    /// Fails unless the path still leads to this file. One `stat`, too short to leave the thread for.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let same = match Self::of(&self.path) {
            #[cfg(unix)]
            Ok(found) => found.identity == self.identity,
            #[cfg(not(unix))]
            Ok(_) => true,
            Err(StoreError::NotThere | StoreError::Url(_)) => false,
            Err(other) => return Err(other),
        };
        if same {
            return Ok(());
        }
        Err(StoreError::Unavailable(format!(
            "{} was removed or replaced while in use: put it back, or restart to use what is there",
            self.path.display()
        )))
    }
}

impl PinnedFile {
    /// The file that is there now.
    pub(crate) fn of(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { id: FileId::of(path)?, away: AtomicBool::new(false) })
    }

    pub(crate) const fn id(&self) -> &FileId {
        &self.id
    }

    /// Fails unless the path still leads to this file.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let checked = self.id.check();
        if self.away.load(Ordering::Relaxed) == checked.is_err() {
            return checked;
        }
        // Of several that see the change one says so.
        let was_away = self.away.swap(checked.is_err(), Ordering::Relaxed);
        match &checked {
            Err(error) if !was_away => tracing::error!(%error, "the database file is away"),
            Ok(()) if was_away => tracing::info!("the database file is back"),
            _ => {}
        }
        checked
    }

    /// Whether the last check failed.
    pub(crate) fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::{
        Event, Level, Metadata, Subscriber,
        span::{Attributes, Id, Record},
        subscriber::with_default,
    };

    use super::*;

    /// Keeps the level of each line.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<Level>>>);

    impl Subscriber for Lines {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, event: &Event<'_>) {
            self.0.lock().expect("no line panics").push(*event.metadata().level());
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn a_file_that_goes_away_is_told_of_once_and_once_when_it_is_back() {
        let folder = tempfile::tempdir().expect("the machine has a folder for temporary files");
        let (path, aside) = (folder.path().join("x.db"), folder.path().join("aside"));
        std::fs::write(&path, "x").expect("the folder is ours");
        let file = PinnedFile::of(&path).expect("the file is there");
        let lines = Lines::default();
        with_default(lines.clone(), || {
            for _ in 0..2 {
                assert_eq!((file.check(), file.check()), (Ok(()), Ok(())));
                std::fs::rename(&path, &aside).expect("the folder is ours");
                assert!(file.check().is_err_and(|error| error.is_unavailable()), "removed");
                std::fs::create_dir(&path).expect("the folder is ours");
                assert!(file.check().is_err_and(|error| error.is_unavailable()), "a folder");
                std::fs::remove_dir(&path).expect("the folder is ours");
                std::fs::write(&path, "x").expect("the folder is ours");
                assert!(file.check().is_err_and(|error| error.is_unavailable()), "replaced");
                assert!(file.is_away());
                std::fs::rename(&aside, &path).expect("the folder is ours");
            }
            assert_eq!(file.check(), Ok(()));
        });
        let lines = lines.0.lock().expect("no line panics");
        assert_eq!(*lines, [Level::ERROR, Level::INFO, Level::ERROR, Level::INFO]);
    }
}
