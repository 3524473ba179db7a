//! A refusal of the settings, always one line that says which and why.

use std::{fmt::Write as _, io};

/// Why the settings are refused. `Display` is the one line to print before exit 1.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A value of the wrong form, or one that another setting rules out.
    #[error("{given}: {reason}")]
    Value {
        /// The setting as it was given, `SCOPEGATE_ACCESS_TOKEN_TTL=30x`; without a secret value.
        given: String,
        /// What is wrong, and what is expected.
        reason: String,
    },
    /// The TOML file cannot be read.
    #[error("{given}: cannot read the file: {cause}")]
    Unreadable {
        /// How the file was named, `--config=scopegate.toml`.
        given: String,
        /// What the operating system says.
        cause: io::Error,
    },
    /// The TOML file is not TOML.
    #[error("{path}: line {line}: {message}")]
    Syntax {
        /// The file.
        path: String,
        /// The line, counted from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// A key that no program knows.
    #[error("{place}: unknown key{}", did_you_mean(.nearest.as_deref()))]
    UnknownKey {
        /// File and key.
        place: String,
        /// The known key that it resembles.
        nearest: Option<String>,
    },
    /// A key that belongs elsewhere in the file.
    #[error("{place}: belongs under {}", tables(.under))]
    Misplaced {
        /// File and key.
        place: String,
        /// The tables that may hold it.
        under: Vec<&'static str>,
    },
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(
        || "; docs/settings.md lists them all".to_owned(),
        |nearest| format!("; did you mean {nearest}?"),
    )
}

fn tables(names: &[&str]) -> String {
    names.iter().map(|name| format!("[{name}]")).collect::<Vec<_>>().join(" or ")
}

/// The text with control characters escaped, so that whatever holds it stays one line.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            // Writing to a `String` cannot fail.
            let _ = write!(line, "{}", c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}
