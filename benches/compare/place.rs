//! Where everything is: programs, peers, folders; and what the words of a command line stand for.

use std::{
    env, fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::failure::{Doing, Failure};

/// The programs under comparison, and where they may write.
pub(crate) struct Place {
    auth_server: PathBuf,
    resource_api: PathBuf,
    compare: PathBuf,
    work: PathBuf,
}

/// What one peer's command lines may speak of.
pub(crate) struct Words {
    pairs: Vec<(&'static str, String)>,
}

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("benches is a folder of the workspace")
}

/// The folder of the peers' apps.
pub(crate) fn apps() -> PathBuf {
    root().join("benches/compare/peers")
}

impl Place {
    /// Builds both programs with optimisations and makes a folder below `target/` to work in: on the
    /// disk, for a temporary folder may be in memory, where a commit costs nothing.
    pub(crate) fn build() -> Result<Self, Failure> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--release", "--message-format=json-render-diagnostics"])
            .args(["--package", "auth-server", "--package", "resource-api"])
            .current_dir(root())
            .stderr(Stdio::inherit())
            .output()
            .doing(|| "cannot run cargo".to_owned())?;
        if !built.status.success() {
            return Err(Failure::new("the build failed"));
        }
        let messages = String::from_utf8_lossy(&built.stdout);
        let work = root().join("target/compare");
        fs::create_dir_all(&work).doing(|| work.display().to_string())?;
        Ok(Self {
            auth_server: executable(&messages, "auth-server")?,
            resource_api: executable(&messages, "resource-api")?,
            compare: env::current_exe().doing(|| "this program".to_owned())?,
            work,
        })
    }

    /// Where results and logs are written.
    pub(crate) fn work(&self) -> &Path {
        &self.work
    }

    /// An empty folder that goes away with its handle.
    pub(crate) fn folder(&self) -> Result<TempDir, Failure> {
        let folder = tempfile::Builder::new().prefix("data-").tempdir_in(&self.work);
        folder.doing(|| self.work.display().to_string())
    }

    /// This very program.
    pub(crate) fn compare(&self) -> &Path {
        &self.compare
    }

    /// Both programs of this project, with their sizes to be told.
    pub(crate) fn programs(&self) -> [&Path; 2] {
        [&self.auth_server, &self.resource_api]
    }

    /// The words for a peer that keeps its data there and listens on these ports.
    pub(crate) fn words(&self, data: &Path, ports: &[u16]) -> Words {
        let path = |path: &Path| path.display().to_string();
        let mut pairs = vec![
            ("{auth-server}", path(&self.auth_server)),
            ("{resource-api}", path(&self.resource_api)),
            ("{compare}", path(&self.compare)),
            ("{data}", path(data)),
            ("{here}", path(&apps())),
            ("{peers}", path(&root().join("target/peers"))),
        ];
        pairs.extend(["{port}", "{port2}"].into_iter().zip(ports.iter().map(u16::to_string)));
        Words { pairs }
    }
}

impl Words {
    /// Puts what they stand for in the place of the words.
    pub(crate) fn fill(&self, text: &str) -> String {
        self.pairs.iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value))
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let address = listener.and_then(|listener| listener.local_addr());
    Ok(address.doing(|| "cannot find a free port".to_owned())?.port())
}

/// The executable of a target among cargo's messages, one JSON object per line.
fn executable(messages: &str, name: &str) -> Result<PathBuf, Failure> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == name)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .ok_or_else(|| Failure(format!("cargo built no program named {name}")))
}
