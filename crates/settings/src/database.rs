//! Which database: a file in the data folder, or a URL that may hold a password.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// The database of both programs. `Debug` shows no URL.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// The `SQLite` file at that path; the store makes the URL of it.
    File(PathBuf),
    /// A URL as it was given.
    Url(DatabaseUrl),
}

/// A database URL; it may hold a password, so only [`expose`](Self::expose) shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

/// The text is not the URL of a database that we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a database URL; write it like sqlite:///var/lib/scopegate.db or postgres://host/name")]
pub struct DatabaseUrlError;

impl Database {
    /// Takes a `sqlite:`, `postgres:` or `postgresql:` URL; the store reads the rest of it.
    pub fn parse(text: &str) -> Result<Self, DatabaseUrlError> {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        let named = |scheme: &&str| text.strip_prefix(*scheme).is_some_and(|rest| !rest.is_empty());
        if known.iter().any(named) && !text.contains(char::is_control) {
            Ok(Self::Url(DatabaseUrl(text.to_owned())))
        } else {
            Err(DatabaseUrlError)
        }
    }

    /// The URL of the database, with whatever password it holds. The store knows how the URL of a
    /// file is written, so `of_file` is its.
    pub fn url(&self, of_file: fn(&Path) -> String) -> String {
        match self {
            Self::File(path) => of_file(path),
            Self::Url(url) => url.expose().to_owned(),
        }
    }
}

impl DatabaseUrl {
    /// The URL with whatever password it holds.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Url(url) => f.debug_tuple("Url").field(url).finish(),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseUrl").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_url_names_a_database_that_we_know() {
        for (text, fine) in [
            ("sqlite:///var/lib/scopegate.db", true),
            ("sqlite://data/scopegate.db", true),
            ("postgres://user:pw@host/name", true),
            ("postgresql://host/name", true),
            ("", false),
            ("sqlite:", false),
            ("postgres://", false),
            ("mysql://host/name", false),
            ("./data/scopegate.db", false),
            ("SQLITE://x", false),
            ("sqlite://a\nb", false),
        ] {
            assert_eq!(Database::parse(text).is_ok(), fine, "{text:?}");
        }
    }

    #[test]
    fn debug_shows_no_url() {
        let shown = format!("{:?}", Database::parse("postgres://user:hunter2@host/name"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
