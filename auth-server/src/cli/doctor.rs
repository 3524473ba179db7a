//! `auth-server doctor`: what may be wrong, and what mends it.

use clap::Args;
use scopegate_settings::SettingsError;

use super::{CliError, output};
use crate::{
    config::Config,
    doctor::{self, Level, Report},
};

/// The arguments of `doctor`.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Examines the server. Refused where there is a problem; advice is none.
pub(super) async fn run(
    config: Result<Config, SettingsError>,
    args: &DoctorArgs,
) -> Result<(), CliError> {
    let report = match config {
        Ok(config) => doctor::examine(&config).await,
        Err(error) => Report::unreadable(&error.to_string()),
    };
    if args.json {
        output::json(&report)?;
    } else {
        output::print(&told(&report))?;
    }
    match report.count(Level::Problem) {
        0 => Ok(()),
        1 => Err(CliError::refused("there is 1 problem")),
        number => Err(CliError::refused(format_args!("there are {number} problems"))),
    }
}

/// A line for each check, and for each thing that it found.
fn told(report: &Report) -> String {
    let mut lines = Vec::new();
    for check in &report.checks {
        let found: Vec<_> = report.findings.iter().filter(|f| f.check == *check).collect();
        if found.is_empty() {
            lines.push(format!("ok       {check}"));
        }
        for finding in found {
            let level = match finding.level {
                Level::Problem => "PROBLEM",
                Level::Advice => "advice ",
            };
            lines.push(format!("{level}  {check}: {}", finding.text));
        }
    }
    lines.join("\n")
}
