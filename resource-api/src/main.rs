//! The program: reads the command line, runs the command, says in one line what went wrong.

use std::process::ExitCode;

fn main() -> ExitCode {
    let matches = resource_api::cli::command().get_matches();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&error),
    };
    match runtime.block_on(resource_api::cli::run(&matches)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&error),
    }
}

fn refuse(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("resource-api: {error}");
    ExitCode::FAILURE
}
