//! Settings that choose one of a few words.

use std::{fmt, str::FromStr};

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

/// What signs access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningAlg {
    /// HMAC with SHA-256 and the shared key (RFC 7518 §3.2).
    Hs256,
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

impl FromStr for SigningAlg {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, ChoiceError> {
        match text {
            "HS256" => Ok(Self::Hs256),
            "EdDSA" | "ES256" | "RS256" => Err(ChoiceError("not available yet; use HS256")),
            _ => Err(ChoiceError("not a signing algorithm; use HS256")),
        }
    }
}

/// The `alg` of a token's header (RFC 7515 §4.1.1).
impl fmt::Display for SigningAlg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hs256 => f.write_str("HS256"),
        }
    }
}
