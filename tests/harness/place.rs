//! A data folder for one story, and the commands of auth-server on it.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use scopegate_core::algorithm::Algorithm;
use scopegate_store::sqlite_url;
use tempfile::TempDir;

use super::{
    Run, Settings, database,
    programs::{programs, root},
};

/// A folder that goes away with the story, and a database of its own.
pub(crate) struct Place {
    folder: TempDir,
    /// Where it is not the file in the data folder.
    database: Option<String>,
    apply: Option<PathBuf>,
    algorithm: Algorithm,
}

impl Place {
    /// An empty folder, into which auth-server brings the people and clients of `fixture.toml`.
    pub(crate) fn new() -> Self {
        Self { apply: Some(root().join("tests/fixture.toml")), ..Self::empty() }
    }

    /// An empty folder, into which auth-server brings the demo.
    pub(crate) fn demo() -> Self {
        Self { apply: Some(root().join("demo/demo.toml")), ..Self::empty() }
    }

    /// An empty folder, and nothing to bring into it.
    pub(crate) fn empty() -> Self {
        Self::bare(database::create())
    }

    fn bare(database: Option<String>) -> Self {
        let folder = tempfile::Builder::new().prefix("scopegate-").tempdir();
        Self {
            folder: folder.expect("the system has a place for temporary files"),
            database,
            apply: None,
            algorithm: Algorithm::Hs256,
        }
    }

    /// The same place, where access tokens are signed with another algorithm.
    pub(crate) fn signing(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// The same place, with its database at that URL.
    pub(crate) fn with_database(mut self, url: impl Into<String>) -> Self {
        self.database = Some(url.into());
        self
    }

    /// Another machine's folder: the same database and keys, and nothing to bring in.
    pub(crate) fn replica(&self) -> Self {
        let replica = Self {
            database: Some(self.database_url()),
            algorithm: self.algorithm,
            ..Self::bare(None)
        };
        for key in ["shared/shared.key", "private/server.key"] {
            let copy = replica.data(key);
            fs::create_dir_all(copy.parent().expect("it is in a folder")).expect("it is ours");
            fs::copy(self.data(key), copy).expect("auth-server made it, with its mode");
        }
        replica
    }

    /// The same people and clients and the same keys, in a database that nobody has used yet.
    pub(crate) fn anew(&self) -> Self {
        let mut replica = self.replica();
        replica.database = database::create();
        replica.apply.clone_from(&self.apply);
        replica
    }

    /// The URL of the database.
    pub(crate) fn database_url(&self) -> String {
        self.database.clone().unwrap_or_else(|| sqlite_url(&self.data("shared/scopegate.db")))
    }

    /// Whether the data folder or the database holds this text anywhere.
    pub(crate) async fn keeps(&self, text: &str) -> bool {
        holds(&self.path("data"), text)
            || match &self.database {
                Some(url) if url.starts_with("postgres") => database::holds(url, text).await,
                _ => false,
            }
    }

    /// What signs access tokens here.
    pub(crate) const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// A path in the folder, beside the data.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A path in the data folder.
    pub(crate) fn data(&self, name: &str) -> PathBuf {
        self.path("data").join(name)
    }

    /// Writes a file beside the data.
    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("the folder is ours");
        path
    }

    /// The content of the file of the shared keys.
    pub(crate) fn shared_key(&self) -> String {
        fs::read_to_string(self.data("shared/shared.key")).expect("auth-server made it")
    }

    /// Replaces the file of the shared keys at once, as an editor does.
    pub(crate) fn set_shared_key(&self, content: &str) {
        let draft = self.write("shared.key.new", content);
        fs::rename(draft, self.data("shared/shared.key")).expect("the folders are ours");
    }

    /// The permissions of a file in the data folder.
    pub(crate) fn mode(&self, name: &str) -> u32 {
        let metadata = fs::metadata(self.data(name));
        metadata.unwrap_or_else(|error| panic!("{name}: {error}")).permissions().mode() & 0o777
    }

    /// Settings that both programs share.
    pub(crate) fn shared_settings(&self) -> Settings {
        let mut settings = Settings::default();
        settings.set("data-dir", self.path("data"));
        if let Some(url) = &self.database {
            settings.set("database-url", url);
        }
        if self.algorithm.is_asymmetric() {
            settings.set("signing-alg", self.algorithm.as_str());
        }
        settings
    }

    /// Settings of auth-server on this folder: password hashes cost next to nothing.
    pub(crate) fn auth_settings(&self) -> Settings {
        let mut settings = self.shared_settings();
        settings.set("argon2-memory", "64").set("argon2-time", "1").set("argon2-lanes", "1");
        settings
    }

    /// Settings of `auth-server serve`.
    pub(crate) fn serve_settings(&self) -> Settings {
        let mut settings = self.auth_settings();
        settings
            .set("listen", "127.0.0.1:0")
            .set("metrics-listen", "127.0.0.1:0")
            .set("default-client", "first-party");
        if let Some(file) = &self.apply {
            settings.set("apply", file);
        }
        settings
    }

    /// A command of auth-server on this folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, |_| {})
    }

    /// A command of auth-server with more settings.
    pub(crate) fn run_with(&self, arguments: &[&str], change: impl FnOnce(&mut Settings)) -> Run {
        let mut settings = self.auth_settings();
        change(&mut settings);
        Run::new(settings.command(&programs().auth_server, arguments))
    }
}

/// Whether any file below the folder holds this text.
fn holds(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).expect("a folder").any(|entry| {
        let path = entry.expect("its entries can be read").path();
        if path.is_dir() {
            return holds(&path, text);
        }
        let content = fs::read(&path).expect("the files are ours");
        content.windows(text.len()).any(|window| window == text.as_bytes())
    })
}
