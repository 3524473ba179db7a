//! Where things lie in the data folder, so that both programs look in the same place.

use std::path::{Path, PathBuf};

/// The data folder: `shared/` is for both programs, `private/` for auth-server alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// The folder at that path; nothing is made or looked at.
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What both programs use.
    pub fn shared(&self) -> PathBuf {
        self.0.join("shared")
    }

    /// What is auth-server's alone.
    pub fn private(&self) -> PathBuf {
        self.0.join("private")
    }

    /// The `SQLite` database, unless a setting says otherwise.
    pub fn database_file(&self) -> PathBuf {
        self.shared().join("scopegate.db")
    }

    /// The HS256 keys, unless a setting says otherwise.
    pub fn shared_key_file(&self) -> PathBuf {
        self.shared().join("shared.key")
    }

    /// auth-server's own key, unless a setting says otherwise.
    pub fn server_key_file(&self) -> PathBuf {
        self.private().join("server.key")
    }

    /// The folder of the private keys of other algorithms than HS256.
    pub fn signing_dir(&self) -> PathBuf {
        self.private().join("signing")
    }
}
