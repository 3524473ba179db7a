//! Settings that choose one of a few words.

use std::str::FromStr;

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How hard `SQLite` syncs at a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronous {
    /// What was acknowledged survives a power cut.
    Full,
    /// What was acknowledged survives a killed process; a power cut may take the last moments.
    Normal,
}

/// Why a word is refused; what would be taken instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ChoiceError(&'static str);

impl FromStr for LogFormat {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, ChoiceError> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(ChoiceError("not a log format; write text or json")),
        }
    }
}

impl FromStr for Synchronous {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, ChoiceError> {
        match text {
            "full" => Ok(Self::Full),
            "normal" => Ok(Self::Normal),
            _ => Err(ChoiceError("not a way to sync; write full or normal")),
        }
    }
}
