//! The program's commands, run as a shell runs them.

use std::{
    io::{PipeWriter, pipe},
    process::{Command, ExitStatus, Stdio},
};

/// A pipe whose reader has gone, as after `| head`.
fn closed() -> PipeWriter {
    let (reader, writer) = pipe().expect("the system has a pipe");
    drop(reader);
    writer
}

fn run(arguments: &[&str], out: impl Into<Stdio>, errors: impl Into<Stdio>) -> ExitStatus {
    Command::new(env!("CARGO_BIN_EXE_resource-api"))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(errors)
        .status()
        .expect("the program is built")
}

#[test]
fn output_that_nobody_reads_is_no_failure() {
    for command in ["openapi", "settings"] {
        let status = run(&[command], closed(), Stdio::null());
        assert_eq!(status.code(), Some(0), "{command}");
    }
}

#[test]
fn a_refusal_that_nobody_reads_is_still_a_refusal() {
    let status = run(&["healthcheck", "--listen", "127.0.0.1:1"], Stdio::null(), closed());
    assert_eq!(status.code(), Some(1));
}
