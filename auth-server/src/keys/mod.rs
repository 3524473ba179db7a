//! Keys at rest and in use: the shared keys that sign, and the server key that stays private.

pub mod file;
mod server_key;
mod signing;

pub use self::{server_key::ServerKey, signing::SigningKeys};

/// Why a key file cannot be used: one line for whoever runs the server.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It cannot be read or made.
    #[error("{}: {cause}", path.display())]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Its content is no shared key.
    #[error("{}: {cause}", path.display())]
    SharedKey {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        cause: scopegate_core::key::KeyFileError,
    },
    /// Its content is no server key.
    #[error("{}: not a server key; it holds 64 hexadecimal digits", path.display())]
    ServerKey {
        /// The file.
        path: std::path::PathBuf,
    },
}
