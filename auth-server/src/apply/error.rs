//! Why a file is not applied: always one line that names the entry and the field.

use std::{fmt, path::PathBuf};

use scopegate_store::StoreError;

use crate::identity::Busy;

/// Why nothing was applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The file cannot be read.
    #[error("{}: cannot read the file: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The file is not TOML, or has a key that no entry has.
    #[error("{path}: line {line}: {message}")]
    Syntax {
        /// The file.
        path: String,
        /// The line, counted from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// An entry that cannot be applied.
    #[error(transparent)]
    Entry(#[from] Refusal),
    /// The secret made for a client cannot be kept.
    #[error("{}: cannot keep a client's secret there: {cause}", path.display())]
    SecretFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: std::io::Error,
    },
    /// Logins keep every core busy.
    #[error("too many password hashes are waiting; try again")]
    Busy(#[from] Busy),
    /// Other commands kept changing the same entries.
    #[error("other commands keep changing the same entries; try again")]
    Contended,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The kinds of entries, in the order in which they are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A scope.
    Scope,
    /// A client.
    Client,
    /// A user.
    User,
    /// An item of the demo API.
    Item,
}

/// One entry, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// The field at fault.
    pub field: &'static str,
    /// What is wrong.
    pub reason: String,
}

impl Kind {
    /// The word for it, in files and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scope => "scope",
            Self::Client => "client",
            Self::User => "user",
            Self::Item => "item",
        }
    }

    /// A refusal of an entry of this kind.
    pub fn refuse(self, name: &str, field: &'static str, reason: impl fmt::Display) -> Refusal {
        Refusal { kind: self, name: name.to_owned(), field, reason: reason.to_string() }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `client "web": redirect_uris: …`
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, field, reason } = self;
        write!(f, "{kind} \"{}\": {field}: {reason}", name.escape_debug())
    }
}

impl std::error::Error for Refusal {}
