//! Builds the two programs once, with cargo, which alone knows where they end up; or takes those of a
//! folder, as a long run does beside which others are built. Stories that are built with optimisation
//! (`cargo test --release`) run programs that are, too, and so it is with the feature `otel`.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde_json::Value;

/// The two executables.
pub(crate) struct Programs {
    pub(crate) auth_server: PathBuf,
    pub(crate) resource_api: PathBuf,
}

/// Names a folder with both programs, which are then not built.
const FOLDER: &str = "SCOPEGATE_TEST_PROGRAMS";

/// The executables, built by whoever asks first.
pub(crate) fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| std::env::var_os(FOLDER).map_or_else(build, |folder| of(&folder)))
}

fn of(folder: &OsStr) -> Programs {
    let folder = Path::new(folder);
    Programs { auth_server: folder.join("auth-server"), resource_api: folder.join("resource-api") }
}

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is a folder of it")
}

fn build() -> Programs {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--message-format=json-render-diagnostics"])
        .args(["--package", "auth-server", "--package", "resource-api", "--bins"])
        .args((!cfg!(debug_assertions)).then_some("--release"))
        .args(cfg!(feature = "otel").then_some("--features=auth-server/otel,resource-api/otel"))
        .current_dir(root())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(built.status.success(), "the programs do not build");
    let messages: Vec<Value> = String::from_utf8_lossy(&built.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let executable = |name: &str| {
        messages
            .iter()
            .filter(|message| message["target"]["name"] == name)
            .find_map(|message| message["executable"].as_str())
            .unwrap_or_else(|| panic!("cargo built no program named {name}"))
            .into()
    };
    Programs { auth_server: executable("auth-server"), resource_api: executable("resource-api") }
}
