//! Keys at rest and in use: those that sign, and the server key that stays private.
//!
//! | module | what it holds |
//! |---|---|
//! | `signing` | what signs and what verifies now, behind one pointer |
//! | `timeline` | which key signs when |
//! | [`shared_lines`] | the shared-key file, changed by a command |
//! | `shared` | the shared-key file of HS256, read again when it changes |
//! | `pairs` | the key pairs that the store knows, and which of them are here |
//! | `upkeep` | what a running server does for them in the store |
//! | [`plan`] | what a key pair is good for at some moment |
//! | [`carried`] | key files in a backup |
//! | [`renewal`] | new keys for all old ones |
//! | [`rotation`] | making, following and retiring key pairs |
//! | [`folder`] | the private halves, in PEM |
//! | `server_key` | what auth-server derives its other secrets from |
//! | [`file`](mod@file) | writing secret files |

use std::{io, path::PathBuf};

use scopegate_core::{key::KeyFileError, signing_key::SigningKeyError};
use scopegate_store::StoreError;

pub mod carried;
pub mod file;
pub mod folder;
mod pairs;
pub mod plan;
pub mod renewal;
pub mod rotation;
mod server_key;
mod shared;
pub mod shared_lines;
mod signing;
mod timeline;
mod upkeep;

pub use self::{
    server_key::ServerKey,
    signing::{Published, SigningKeys},
};

/// Why a key cannot be used: one line for whoever runs the server.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file cannot be read, made or deleted.
    #[error("{}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Its content is no shared key.
    #[error("{}: {cause}", path.display())]
    SharedKey {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: KeyFileError,
    },
    /// The shared key has to be replaced, and the system does not let us.
    #[error(
        "{}: a new shared key has to stand here, and it cannot be written ({cause}); put one there \
         by other means (`openssl rand -hex 32`), then add --shared-key-is-new", path.display()
    )]
    SharedKeyFixed {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A shared key that was said to be new is not.
    #[error(
        "{}: the key {kid} stands in the backup, too, and is not new; take its line out", path.display()
    )]
    SharedKeyOld {
        /// The file.
        path: PathBuf,
        /// The key's id.
        kid: String,
    },
    /// A backup carries something under the name of a key.
    #[error("the backup's {0} is not the key that its name says")]
    Carried(String),
    /// Its content is no server key.
    #[error("{}: not a server key; it holds 64 hexadecimal digits", path.display())]
    ServerKey {
        /// The file.
        path: PathBuf,
    },
    /// Its content is no private key.
    #[error("{}: {cause}", path.display())]
    PrivateKey {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: SigningKeyError,
    },
    /// It holds the private key of another key pair.
    #[error("{}: holds another key than its name says", path.display())]
    OtherPrivateKey {
        /// The file.
        path: PathBuf,
    },
    /// The store knows the key pair, and its private half is not here.
    #[error(
        "{}: the private key is not here; copy the file from the auth-server that made it, \
         or `auth-server key retire {kid} --now` puts another key in its place", path.display()
    )]
    NoPrivateKey {
        /// Where it should be.
        path: PathBuf,
        /// The key's id.
        kid: String,
    },
    /// There are key pairs, and this server can sign with none of them.
    #[error("{0}")]
    Unusable(String),
    /// No key pair could be made.
    #[error(transparent)]
    Generation(#[from] SigningKeyError),
    /// Reading or making a key was cut short, as at the end of the program.
    #[error("{0}")]
    Interrupted(String),
    /// The store, which knows the key pairs.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Runs what waits for a disk or takes long to compute.
async fn off_async_threads<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, KeyError> + Send + 'static,
) -> Result<T, KeyError> {
    let done = tokio::task::spawn_blocking(job).await;
    done.unwrap_or_else(|error| Err(KeyError::Interrupted(error.to_string())))
}
