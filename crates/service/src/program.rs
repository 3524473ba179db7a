//! Running a program's command to its exit code, in words that may find no reader: a pipe to `head`
//! is closed early, and that is no reason to fail or to panic.

use std::{
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
};

use rustix::process::{Resource, Rlimit, setrlimit};

/// Runs the command; says in one line why it was refused. Exit code 0, or 1 for a refusal.
///
/// The program leaves no core file: one would hold keys and passwords.
pub fn run<E: Display>(program: &str, command: impl Future<Output = Result<(), E>>) -> ExitCode {
    // Lowering it is always allowed.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(program, &error),
    };
    match runtime.block_on(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(program, &error),
    }
}

/// Prints the text and a line break on standard output.
pub fn print(text: &str) -> io::Result<()> {
    print_to(io::stdout(), text)
}

/// Says a line on standard error, if anybody listens.
pub fn say(program: &str, line: &dyn Display) {
    // Nobody is left who could be told.
    let _ = writeln!(io::stderr(), "{program}: {line}");
}

fn refuse(program: &str, error: &dyn Display) -> ExitCode {
    say(program, error);
    ExitCode::FAILURE
}

fn print_to(mut out: impl Write, text: &str) -> io::Result<()> {
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed(io::ErrorKind);

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_no_mistake_but_a_full_disk_is() {
        assert!(print_to(Closed(io::ErrorKind::BrokenPipe), "text").is_ok());
        assert!(print_to(Closed(io::ErrorKind::StorageFull), "text").is_err());
    }
}
