//! House commands, so that a newcomer needs to know two words: `cargo stack` and `cargo generate`.
//!
//! * [`stack`]: both services with the demo data, until Ctrl-C.
//! * [`generate`]: the pages that are written by the programs themselves.
//! * [`programs`]: builds the two services and says where their executables are.

mod failure;
mod generate;
mod programs;
mod stack;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Failure;

#[derive(Parser)]
#[command(bin_name = "cargo", about = "House commands.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build both services, start them with the demo data, and stop both on Ctrl-C.
    Stack(stack::Options),
    /// Write the generated pages again.
    Generate(generate::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Stack(options) => stack::run(options).await,
        Command::Generate(options) => generate::run(&options).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(line)) => {
            eprintln!("error: {line}");
            ExitCode::FAILURE
        }
    }
}
