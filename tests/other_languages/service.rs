//! A service as a page of docs/verify/ shows it: its files are cut out of the page, with the URLs of
//! a test in the place of the page's.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    sync::Mutex,
    time::Duration,
};

use reqwest::Client;
use tempfile::TempDir;

use crate::harness::{Answer, ISSUER, Place, Process, Run, eventually, free_port, root, skip};

/// The port that the pages let their services listen on.
const PORT: &str = "8002";

/// How soon one listens, on a machine that runs everything at once.
const STARTED: Duration = Duration::from_secs(30);

/// One of the services that are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    PythonWithPublishedKeys,
    PythonWithTheSharedKey,
    Node,
    Go,
}

/// A service that runs.
pub(super) struct Service {
    _process: Process,
    _folder: TempDir,
    http: Client,
    url: String,
}

impl Shown {
    /// Starts it for this issuer. Nothing where what it runs on is not installed.
    pub(super) async fn start(self, issuer: &str, place: &Place) -> Option<Service> {
        let folder = tempfile::Builder::new().prefix("scopegate-").tempdir();
        let folder = folder.expect("the system has a place for temporary files");
        let port = free_port().to_string();
        let keys = place.data("shared/shared.key");
        for (name, text) in self.files() {
            let text = text
                .replace(ISSUER, issuer)
                .replace("data/shared/shared.key", keys.to_str().expect("it is UTF-8"))
                .replace(PORT, &port);
            fs::write(folder.path().join(name), text).expect("the folder is ours");
        }
        let mut command = self.command(&folder, &port)?;
        command.current_dir(folder.path());
        let mut process = Process::start("the service", command);
        let (http, url) = (Client::new(), format!("http://127.0.0.1:{port}"));
        eventually("the service listens", STARTED, async || {
            assert!(process.is_running(), "it ended by itself");
            http.get(&url).send().await.ok()
        })
        .await;
        Some(Service { _process: process, _folder: folder, http, url })
    }

    /// The files that its page shows, with their names.
    fn files(self) -> Vec<(&'static str, String)> {
        let shared = "## With the shared key";
        match self {
            Self::PythonWithPublishedKeys => vec![
                ("service.py", shown("python.md", "", "# service.py")),
                ("tokens.py", shown("python.md", "## With published keys", "# tokens.py")),
            ],
            Self::PythonWithTheSharedKey => vec![
                ("service.py", shown("python.md", "", "# service.py")),
                ("tokens.py", shown("python.md", shared, "# tokens.py")),
            ],
            Self::Node => vec![("service.mjs", shown("node.md", "", "// service.mjs"))],
            Self::Go => vec![("service.go", shown("go.md", "", "// service.go"))],
        }
    }

    fn command(self, folder: &TempDir, port: &str) -> Option<Command> {
        match self {
            Self::PythonWithPublishedKeys | Self::PythonWithTheSharedKey => {
                let mut command = Command::new(self.packages()?.join("venv/bin/python"));
                command.args(["-B", "-m", "uvicorn", "service:app", "--port", port]);
                Some(command)
            }
            Self::Node => {
                let modules = self.packages()?.join("node_modules");
                let link = folder.path().join("node_modules");
                std::os::unix::fs::symlink(modules, link).expect("the folder is ours");
                let mut command = Command::new("node");
                command.args(["--experimental-global-webcrypto", "service.mjs"]);
                Some(command)
            }
            Self::Go => self.build(folder),
        }
    }

    fn packages(self) -> Option<PathBuf> {
        let found = std::env::var_os("SCOPEGATE_TEST_CLIENTS").map(PathBuf::from);
        if found.is_none() {
            let missing = "the packages of tests/clients/install.sh (SCOPEGATE_TEST_CLIENTS)";
            skip(&format!("the story of {self:?}"), missing);
        }
        found
    }

    fn build(self, folder: &TempDir) -> Option<Command> {
        /// The first one fills the compiler's cache for the others.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

        let version = Command::new("go").arg("version").stdout(Stdio::null()).status();
        if !version.is_ok_and(|status| status.success()) {
            skip(&format!("the story of {self:?}"), "Go (golang-go)");
            return None;
        }
        let mut command = Command::new("go");
        command.args(["build", "-o", "service", "service.go"]).current_dir(folder.path());
        let turn = ONE_AT_A_TIME.lock();
        Run::new(command).done();
        drop(turn);
        Some(Command::new(folder.path().join("service")))
    }
}

impl Service {
    /// A GET with this token.
    pub(super) async fn ask(&self, path: &str, token: &str) -> Answer {
        Answer::to(self.http.get(format!("{}{path}", self.url)).bearer_auth(token)).await
    }

    /// A GET with this `Authorization`, or none.
    pub(super) async fn ask_as(&self, path: &str, authorization: Option<&str>) -> Answer {
        let request = self.http.get(format!("{}{path}", self.url));
        Answer::to(match authorization {
            Some(value) => request.header("authorization", value),
            None => request,
        })
        .await
    }
}

/// The first block of code behind this heading whose first line is this one.
fn shown(page: &str, heading: &str, first_line: &str) -> String {
    let text = fs::read_to_string(root().join("docs/verify").join(page)).expect("the page");
    let (_, below) = text.split_once(heading).unwrap_or_else(|| panic!("{page} has {heading}"));
    let (_, code) = below
        .split_once(&format!("\n{first_line}\n"))
        .unwrap_or_else(|| panic!("{page} shows {first_line}"));
    let (code, _) = code.split_once("\n```\n").expect("a block of code ends");
    code.to_owned() + "\n"
}
