//! The database URL, read once and strictly.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use sqlx::any::AnyConnectOptions;

use crate::{StoreError, postgres_url};

/// Where the store is and how it writes.
#[derive(Clone)]
pub struct StoreOptions {
    /// `sqlite://<path>`, relative or absolute, percent-encoded; or `postgres://…`.
    pub url: String,
    /// How durable a commit is. `SQLite` only: `PostgreSQL` has its own setting.
    pub synchronous: Synchronous,
}

/// How durable a commit of `SQLite` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// What was answered survives a power cut.
    #[default]
    Full,
    /// What was answered survives a crash of the program; a power cut may lose the last moments.
    Normal,
}

/// A parsed URL.
#[derive(Clone)]
pub(crate) enum Target {
    Sqlite(PathBuf),
    Postgres(AnyConnectOptions),
}

/// What stands for itself in a `sqlite://` URL.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The URL of the `SQLite` database at that path.
///
/// ```
/// use std::path::Path;
///
/// let url = scopegate_store::sqlite_url(Path::new("/srv/a b/scopegate.db"));
/// assert_eq!(url, "sqlite:///srv/a%20b/scopegate.db");
/// ```
pub fn sqlite_url(path: &Path) -> String {
    format!("sqlite://{}", percent_encode(path.as_os_str().as_encoded_bytes(), PATH))
}

impl Target {
    pub(crate) fn parse(url: &str) -> Result<Self, StoreError> {
        if let Some(rest) = url.strip_prefix("sqlite:") {
            return sqlite_path(rest).map(Self::Sqlite);
        }
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            postgres_url::check(url)?;
            return Ok(Self::Postgres(url.parse()?));
        }
        Err(StoreError::Url("it starts with neither sqlite:// nor postgres://".to_owned()))
    }
}

fn sqlite_path(rest: &str) -> Result<PathBuf, StoreError> {
    let refused = |reason: &str| StoreError::Url(reason.to_owned());
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.contains(['?', '#']) {
        return Err(refused("a sqlite URL takes no parameters"));
    }
    let path = percent_decode_str(path)
        .decode_utf8()
        .map_err(|_| refused("the path is not UTF-8 once decoded"))?;
    if path.is_empty() || path.contains(":memory:") {
        return Err(refused("the store needs a file; memory alone is not shared"));
    }
    std::path::absolute(&*path).map_err(|reason| StoreError::Url(reason.to_string()))
}

/// The same place in the words of sqlx: every byte but letters and digits encoded, so that nothing
/// in a path is taken for a host, a parameter or `..`.
pub(crate) fn sqlite_options(path: &Path, mode: &str) -> Result<AnyConnectOptions, StoreError> {
    let path = percent_encode(path.as_os_str().as_encoded_bytes(), NON_ALPHANUMERIC);
    Ok(format!("sqlite:{path}?mode={mode}").parse()?)
}

/// Without the URL, which may hold a password.
impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions")
            .field("synchronous", &self.synchronous)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file_or_a_server_and_nothing_else() {
        for (url, expected) in [
            ("sqlite:///srv/scopegate.db", Some("/srv/scopegate.db")),
            ("sqlite:/srv/scopegate.db", Some("/srv/scopegate.db")),
            ("sqlite:///srv/a%20b%3F/../x.db", Some("/srv/a b?/../x.db")),
            ("sqlite:///srv/x.db?mode=ro", None),
            ("sqlite::memory:", None),
            ("sqlite://", None),
            ("sqlite:///%FF", None),
            ("mysql://localhost/x", None),
            ("/srv/scopegate.db", None),
        ] {
            let found = match Target::parse(url) {
                Ok(Target::Sqlite(path)) => Some(path),
                Ok(Target::Postgres(_)) => panic!("{url}"),
                Err(StoreError::Url(_)) => None,
                Err(other) => panic!("{url}: {other}"),
            };
            assert_eq!(found.as_deref(), expected.map(Path::new), "{url}");
        }
        assert!(matches!(Target::parse("postgres://localhost/x"), Ok(Target::Postgres(_))));
    }

    #[test]
    fn any_path_comes_back_from_its_url() {
        for path in ["/a/b.db", "/a b/c?d#e%20.db", "/ä/ö.db", "/a:b@c/d.db"] {
            let url = sqlite_url(Path::new(path));
            let Ok(Target::Sqlite(found)) = Target::parse(&url) else { panic!("{url}") };
            assert_eq!(found, Path::new(path));
        }
    }

    #[test]
    fn debug_shows_no_password() {
        let options = StoreOptions {
            url: "postgres://scopegate:hunter2@localhost/x".to_owned(),
            synchronous: Synchronous::Full,
        };
        assert!(!format!("{options:?}").contains("hunter2"));
    }
}
