//! Builds the two services with cargo, which alone knows where the executables end up.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::failure::{Doing, Failure};

/// Where the built services are.
pub(crate) struct Programs {
    /// The executable of `auth-server`.
    pub(crate) auth_server: PathBuf,
    /// The executable of `resource-api`.
    pub(crate) resource_api: PathBuf,
}

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the workspace")
}

/// Builds both services; cargo's own messages go to the terminal.
pub(crate) async fn build(release: bool) -> Result<Programs, Failure> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet", "--message-format=json-render-diagnostics"])
        .args(["--package", "auth-server", "--package", "resource-api"])
        .current_dir(root())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    if release {
        command.arg("--release");
    }
    let built = command.output().await.doing(|| "cannot run cargo".to_owned())?;
    if !built.status.success() {
        return Err(Failure("the build failed".to_owned()));
    }
    let messages = String::from_utf8_lossy(&built.stdout);
    Ok(Programs {
        auth_server: executable(&messages, "auth-server")?,
        resource_api: executable(&messages, "resource-api")?,
    })
}

/// Finds the executable of a target among cargo's messages, one JSON object per line.
fn executable(messages: &str, name: &str) -> Result<PathBuf, Failure> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == name)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .ok_or_else(|| Failure(format!("cargo built no program named {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_the_one_cargo_names_for_the_target() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"auth_server"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"auth-server"},"executable":"/t/debug/auth-server"}
{"reason":"build-finished","success":true}"#;
        let found = executable(messages, "auth-server").unwrap();
        assert_eq!(found, PathBuf::from("/t/debug/auth-server"));
        assert!(executable(messages, "resource-api").is_err());
    }
}
