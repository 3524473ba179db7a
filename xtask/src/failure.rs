//! The one kind of error here: a line for the person who ran the command.

/// What went wrong, in one line.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

/// Adds what was being done to an error of someone else's.
pub(crate) trait Doing<T> {
    /// Turns the error into `doing: error`.
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T, Failure>;
}

impl<T, E: std::fmt::Display> Doing<T> for Result<T, E> {
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T, Failure> {
        self.map_err(|error| Failure(format!("{}: {error}", doing())))
    }
}
