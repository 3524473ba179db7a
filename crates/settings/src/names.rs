//! Which names belong to which program, so that each can tell the other's settings from a typo.
//!
//! A test in each program holds its list against its table.

use crate::setting::key_of;

/// auth-server's own settings.
pub const AUTH_SERVER: &[&str] = &[
    "listen",
    "metrics-listen",
    "cors-origins",
    "default-client",
    "access-token-ttl",
    "authorization-code-ttl",
    "refresh-token-ttl",
    "refresh-token-max-age",
    "refresh-reuse-grace",
    "session-idle",
    "session-max-age",
    "brand-name",
    "brand-color",
    "brand-logo",
    "templates-dir",
    "no-migrate",
    "apply",
    "audit-keep",
    "server-key-file",
    "signing-key-lead",
    "argon2-memory",
    "argon2-time",
    "argon2-lanes",
    "hash-queue",
    "guess-limits",
    "trusted-proxies",
];

/// resource-api's own settings.
pub const RESOURCE_API: &[&str] = &["listen", "metrics-listen", "jwks-url", "max-staleness"];

/// Each program that reads the file, and the names of its own settings.
pub const PROGRAMS: &[(&str, &[&str])] =
    &[("auth-server", AUTH_SERVER), ("resource-api", RESOURCE_API)];

/// Variables that belong to one program or to the command line, beside those of the settings.
pub(crate) const OTHER_VARIABLES: &[&str] = &[
    "SCOPEGATE_CONFIG",
    "SCOPEGATE_AUTH_LISTEN",
    "SCOPEGATE_AUTH_METRICS_LISTEN",
    "SCOPEGATE_RESOURCE_LISTEN",
    "SCOPEGATE_RESOURCE_METRICS_LISTEN",
];

/// The programs whose own setting has this TOML key.
pub(crate) fn owners_of_key(key: &str) -> Vec<&'static str> {
    let owns = |names: &[&str]| names.iter().any(|name| key_of(name) == key);
    PROGRAMS.iter().filter(|(_, names)| owns(names)).map(|(program, _)| *program).collect()
}
