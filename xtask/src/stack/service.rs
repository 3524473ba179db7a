//! One running service: started, its log shown under its name, stopped with SIGTERM.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::place::Place;
use crate::failure::{Doing, Failure};

/// How long a service may take to finish what it is doing before it is killed.
const STOP: Duration = Duration::from_secs(12);

/// A running service.
pub(super) struct Service {
    name: &'static str,
    child: Child,
}

impl Service {
    /// Starts `program serve` with the settings of the place.
    pub(super) fn start(
        name: &'static str,
        program: &Path,
        place: &Place,
    ) -> Result<Self, Failure> {
        let mut child = Command::new(program)
            .arg("serve")
            .envs(place.variables())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own: Ctrl-C reaches this command alone, which then stops both in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .doing(|| format!("cannot start {name}"))?;
        show(name, child.stdout.take().expect("its output was asked for"));
        show(name, child.stderr.take().expect("its output was asked for"));
        Ok(Self { name, child })
    }

    /// Resolves when the service ends by itself, which it should not.
    pub(super) async fn ended(&mut self) -> Failure {
        match self.child.wait().await {
            Ok(status) => Failure(format!("{} ended by itself ({status})", self.name)),
            Err(error) => Failure(format!("{}: {error}", self.name)),
        }
    }

    /// Asks the service to stop, and kills it when it does not.
    pub(super) async fn stop(mut self) -> Result<(), Failure> {
        // No id: it has ended already, and whoever saw that has said so.
        let Some(pid) = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())) else {
            return Ok(());
        };
        kill_process(pid, Signal::TERM).doing(|| format!("cannot stop {}", self.name))?;
        match timeout(STOP, self.child.wait()).await {
            // The signal itself ends a service that was still starting; that is a stop as well.
            Ok(Ok(status))
                if status.success() || status.signal() == Some(Signal::TERM.as_raw()) =>
            {
                Ok(())
            }
            Ok(Ok(status)) => Err(Failure(format!("{} stopped with {status}", self.name))),
            Ok(Err(error)) => Err(Failure(format!("{}: {error}", self.name))),
            Err(_) => {
                let _ = self.child.kill().await;
                Err(Failure(format!("{} did not stop in {} s", self.name, STOP.as_secs())))
            }
        }
    }
}

/// Copies a service's output to standard error, line by line, each under its name.
fn show(name: &'static str, output: impl AsyncRead + Send + Unpin + 'static) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            eprintln!("{name:>12} | {line}");
        }
    });
}
