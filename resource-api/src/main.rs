//! The program: reads the command line, runs the command, says in one line what went wrong.

use std::process::ExitCode;

use scopegate_service::program;

fn main() -> ExitCode {
    let matches = resource_api::cli::command().get_matches();
    program::run("resource-api", resource_api::cli::run(&matches))
}
