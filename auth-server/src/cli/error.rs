//! Why a command was refused: one line, which says what to do about it where that is known.

use std::{fmt, io};

use scopegate_service::healthcheck::Unhealthy;
use scopegate_settings::SettingsError;
use scopegate_store::{CopyError, StoreError, backup::BackupError, restore::RestoreError};

use crate::{app::StartError, apply::ApplyError, identity::Busy, serve::ServeError};

/// Why a command was refused.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A setting.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The store or a key.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing was copied.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// There is no backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// Nothing was restored.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// There is no database, or an old one.
    #[error("the database is not there or not up to date; `auth-server migrate` sees to both")]
    NoDatabase,
    /// The file of `apply`.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The server.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The running server is not well.
    #[error(transparent)]
    Unhealthy(#[from] Unhealthy),
    /// The hasher is gone.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// Standard input or output.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What was asked for cannot be done; the sentence says why.
    #[error("{0}")]
    Refused(String),
}

impl CliError {
    /// A refusal in these words.
    pub(super) fn refused(sentence: impl fmt::Display) -> Self {
        Self::Refused(sentence.to_string())
    }

    /// Nobody and nothing has that name.
    pub(super) fn unknown(kind: &str, name: &str) -> Self {
        let which = if kind == "user" { "who does" } else { "which do" };
        Self::Refused(format!(
            "{kind} \"{}\" does not exist; `auth-server {kind} list` shows {which}",
            name.escape_debug()
        ))
    }
}
