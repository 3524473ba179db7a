//! A command that runs and ends: what it prints and how it exits.

use std::{
    io::Write,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

/// A command that is about to run.
pub(crate) struct Run {
    command: Command,
    input: String,
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// A command without input.
    pub(crate) fn new(command: Command) -> Self {
        Self { command, input: String::new() }
    }

    /// With this on its standard input.
    pub(crate) fn input(mut self, text: &str) -> Self {
        text.clone_into(&mut self.input);
        self
    }

    /// Starts it, and nothing that it prints is read.
    pub(crate) fn start(mut self) -> Child {
        let command = self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("the program is there")
    }

    /// Runs it to its end.
    pub(crate) fn outcome(mut self) -> Outcome {
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program is there");
        let mut stdin = child.stdin.take().expect("it was asked for");
        // An error means that the command ended without reading it.
        let _ = stdin.write_all(self.input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("it is our child");
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs it; it must succeed. What it printed.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        let outcome = self.outcome();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        outcome.stdout
    }

    /// Runs it; it must be refused with exit 1. The one line that says why.
    #[track_caller]
    pub(crate) fn refused(self) -> String {
        let outcome = self.outcome();
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        let lines: Vec<&str> = outcome.stderr.lines().filter(|line| !is_log(line)).collect();
        assert_eq!(lines.len(), 1, "a refusal is one line: {outcome:?}");
        lines[0].to_owned()
    }

    /// Runs it; it must succeed and print JSON.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        let printed = self.done();
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
    }
}

/// Whether the line is a log line, such as `serve` writes before it finds what it refuses.
fn is_log(line: &str) -> bool {
    [" INFO ", " WARN "].iter().any(|level| line.contains(level))
}
