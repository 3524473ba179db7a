//! What a new password hash costs, and how many logins may wait for one.

use scopegate_settings::{Setting, SettingsError, Values};

/// The table of the section.
pub const SETTINGS: &[Setting] = &[
    Setting::new("argon2-memory", "KIB", "Memory of a new password hash, in KiB").or("65536"),
    Setting::new("argon2-time", "PASSES", "Passes of a new password hash").or("3"),
    Setting::new("argon2-lanes", "LANES", "Lanes of a new password hash").or("4"),
    Setting::new("hash-queue", "LOGINS", "Logins that may wait for a hash; more are told 503")
        .or("32"),
];

/// The most memory of a hash, in KiB: 256 MiB, the most that a login verifies.
const MAX_MEMORY: u32 = 262_144;

/// The cost of password hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashingConfig {
    /// Memory in KiB, at least eight for each lane (RFC 9106 §3.1).
    pub memory: u32,
    /// Passes.
    pub time: u32,
    /// Lanes.
    pub lanes: u32,
    /// Logins that may wait.
    pub queue: usize,
}

impl HashingConfig {
    /// Reads the section.
    pub fn read(values: &Values) -> Result<Self, SettingsError> {
        let lanes = values.number("argon2-lanes", 1..=16)?;
        let memory = values.number("argon2-memory", 8..=MAX_MEMORY)?;
        if memory < 8 * lanes {
            return Err(values.refuse(
                "argon2-memory",
                format_args!("{lanes} lanes need at least {} KiB", 8 * lanes),
            ));
        }
        let queue = values.number("hash-queue", 1..=10_000)?;
        Ok(Self {
            memory,
            time: values.number("argon2-time", 1..=10)?,
            lanes,
            // Ten thousand fits every `usize`.
            queue: usize::try_from(queue).unwrap_or(usize::MAX),
        })
    }
}
