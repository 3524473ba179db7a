//! The program: reads the command line, runs the command, says in one line what went wrong.

use std::process::ExitCode;

use scopegate_service::program;

fn main() -> ExitCode {
    let matches = auth_server::cli::command().get_matches();
    program::run("auth-server", auth_server::cli::run(&matches))
}
