//! The shared-key file of HS256 as a command changes it: a new first line, a line taken out.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use scopegate_core::{
    clock::Timestamp,
    key::{KeyFileError, SharedKey, SharedKeys},
};
use zeroize::Zeroizing;

use super::{KeyError, file, plan::MARGIN, rotation::Retirement, shared::SETTLE};
use crate::id;

/// The file as it was read, and as nobody else changes it by a command meanwhile.
pub struct SharedLines {
    path: PathBuf,
    content: Zeroizing<Vec<u8>>,
    keys: SharedKeys,
    changed_at: Timestamp,
    /// Another command waits for it.
    _lock: fs::File,
}

impl SharedLines {
    /// Reads the file. `None` where there is none.
    pub fn open(path: &Path) -> Result<Option<Self>, KeyError> {
        let fault = |cause| KeyError::File { path: path.to_owned(), cause };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let lock = match fs::File::open(folder.unwrap_or(Path::new("."))) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            lock => lock.map_err(fault)?,
        };
        lock.lock().map_err(fault)?;
        let content = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            content => Zeroizing::new(content.map_err(fault)?),
        };
        let keys = SharedKeys::parse(&content)
            .map_err(|cause| KeyError::SharedKey { path: path.to_owned(), cause })?;
        let changed = fs::metadata(path).and_then(|metadata| metadata.modified()).map_err(fault)?;
        let since = changed.duration_since(UNIX_EPOCH).unwrap_or_default();
        let changed_at = Timestamp::from_millis(0).plus(since);
        Ok(Some(Self { path: path.to_owned(), content, keys, changed_at, _lock: lock }))
    }

    /// The ids of its keys, the one that signs first.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(SharedKey::kid)
    }

    /// When the file was changed last.
    pub const fn changed_at(&self) -> Timestamp {
        self.changed_at
    }

    /// When no token lives that a key behind the first line has signed. The file does not tell since
    /// when each of them stands there; its last change is the latest moment.
    pub fn needed_until(&self, token_lifetime: Duration) -> Timestamp {
        self.changed_at.plus(SETTLE).plus(token_lifetime).plus(MARGIN)
    }

    /// Puts a new key into the first line. Answers with its id.
    pub fn rotate(self) -> Result<String, KeyError> {
        let new = new_line();
        let content = Zeroizing::new([new.as_bytes(), &self.content].concat());
        self.write(&content)
    }

    /// Takes the line of a key out. The first one goes `at_once` only, and a new one takes its place.
    pub fn retire(
        self,
        kid: &str,
        at_once: bool,
        token_lifetime: Duration,
        now: Timestamp,
    ) -> Result<Retirement, KeyError> {
        let Some(key) = self.keys.iter().find(|key| key.kid() == kid) else {
            return Ok(Retirement::Unknown);
        };
        let is_first = self.keys.signing().kid() == kid;
        let until = self.needed_until(token_lifetime);
        match (at_once, is_first) {
            (false, true) => return Ok(Retirement::Signs),
            (false, false) if now < until => return Ok(Retirement::Needed { until }),
            _ => {}
        }
        let rest = Zeroizing::new(without(&self.content, key));
        if !is_first {
            self.write(&rest)?;
            return Ok(Retirement::Done { successor: None });
        }
        let content = Zeroizing::new([new_line().as_bytes(), &rest].concat());
        Ok(Retirement::Done { successor: Some(self.write(&content)?) })
    }

    /// Writes what will be read, and answers with the id of its first key.
    fn write(self, content: &[u8]) -> Result<String, KeyError> {
        let path = self.path;
        let refuse = |cause: KeyFileError| KeyError::SharedKey { path: path.clone(), cause };
        let keys = SharedKeys::parse(content).map_err(refuse)?;
        file::replace(&path, content).map_err(|cause| KeyError::File { path, cause })?;
        Ok(keys.signing().kid().to_owned())
    }
}

/// Makes a file with one key. `false` where there is one by now.
pub fn create(path: &Path) -> Result<bool, KeyError> {
    let fault = |cause| KeyError::File { path: path.to_owned(), cause };
    file::write_new(path, new_line().as_bytes()).map_err(fault)
}

/// Puts a new key alone into the file, whatever stands there, or makes the file.
pub fn renew(path: &Path) -> Result<(), KeyError> {
    let fault = |cause| KeyError::File { path: path.to_owned(), cause };
    let new = new_line();
    if file::write_new(path, new.as_bytes()).map_err(fault)? {
        return Ok(());
    }
    file::replace(path, new.as_bytes()).map_err(fault)
}

fn new_line() -> Zeroizing<String> {
    Zeroizing::new(format!("{}\n", id::shared_key().expose()))
}

/// The other lines as they are.
fn without(content: &[u8], key: &SharedKey) -> Vec<u8> {
    let is_key = |line: &[u8]| line.iter().filter(|b| !b"\r\n".contains(b)).eq(key.expose());
    content
        .split_inclusive(|&b| b == b'\n')
        .filter(|line| !is_key(line))
        .flatten()
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const A: &str = "0123456789abcdef0123456789abcdef";
    const B: &str = "fedcba9876543210fedcba9876543210";
    const TTL: Duration = Duration::from_mins(30);

    struct Place(tempfile::TempDir);

    impl Place {
        fn with(content: &str) -> Self {
            let place = Self(tempfile::tempdir().unwrap());
            fs::write(place.path(), content).unwrap();
            place
        }

        fn path(&self) -> PathBuf {
            self.0.path().join("shared.key")
        }

        fn lines(&self) -> SharedLines {
            SharedLines::open(&self.path()).unwrap().unwrap()
        }

        fn content(&self) -> String {
            fs::read_to_string(self.path()).unwrap()
        }
    }

    fn kid(key: &str) -> String {
        SharedKeys::parse(key.as_bytes()).unwrap().signing().kid().to_owned()
    }

    #[test]
    fn a_new_first_line_leaves_the_others_as_they_are() {
        let place = Place::with(&format!("{A}\r\n\n{B}"));
        let new = place.lines().rotate().unwrap();
        assert_eq!(place.lines().kids().collect::<Vec<_>>(), [new, kid(A), kid(B)]);
        assert!(place.content().ends_with(&format!("\n{A}\r\n\n{B}")));
        let mode = fs::metadata(place.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn eight_lines_are_the_most() {
        let place = Place::with(A);
        for _ in 1..SharedKeys::MAX_KEYS {
            place.lines().rotate().unwrap();
        }
        let before = place.content();
        let error = place.lines().rotate().unwrap_err().to_string();
        assert!(error.contains("more than 8 keys"), "{error}");
        assert_eq!(place.content(), before);
    }

    #[test]
    fn a_line_goes_when_its_last_token_has_expired() {
        let both = format!("{A}\n{B}\n");
        let after = |place: &Place, seconds: u64| {
            place.lines().changed_at().plus(Duration::from_secs(seconds))
        };
        for (name, key, at_once, seconds, gone) in [
            ("the first line", A, false, 9999, Err("signs")),
            ("its tokens may live", B, false, 1864, Err("needed")),
            ("they are dead", B, false, 1865, Ok(false)),
            ("KR04 compromised", B, true, 0, Ok(false)),
            ("KR04 compromised, and it signs", A, true, 0, Ok(true)),
            ("unknown", "x", true, 0, Err("unknown")),
        ] {
            let place = Place::with(&both);
            let wanted = if key == "x" { "x".to_owned() } else { kid(key) };
            let now = after(&place, seconds);
            let found = place.lines().retire(&wanted, at_once, TTL, now).unwrap();
            let found = match found {
                Retirement::Done { successor } => Ok(successor.is_some()),
                Retirement::Signs => Err("signs"),
                Retirement::Needed { .. } => Err("needed"),
                _ => Err("unknown"),
            };
            assert_eq!(found, gone, "{name}");
            let left: Vec<_> = place.lines().kids().map(str::to_owned).collect();
            assert_eq!(left.contains(&wanted), gone.is_err() && key != "x", "{name}");
            assert_eq!(left.len(), if gone == Ok(false) { 1 } else { 2 }, "{name}");
        }
    }

    #[test]
    fn where_there_is_no_file_none_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shared/shared.key");
        assert!(SharedLines::open(&path).unwrap().is_none());
        assert!(create(&path).unwrap());
        assert!(!create(&path).unwrap());
        assert_eq!(SharedLines::open(&path).unwrap().unwrap().kids().count(), 1);
    }
}
