//! Which files hold the keys, and what signs.

use std::{path::PathBuf, time::Duration};

use scopegate_core::algorithm::Algorithm;
use scopegate_settings::{Setting, SettingsError, Values, shared::Shared};

/// The table of the section.
pub const SETTINGS: &[Setting] = &[
    Setting::new(
        "server-key-file",
        "FILE",
        "256 bits of auth-server's own, made at the first start; the same on every replica",
    )
    .derived("<data-dir>/private/server.key"),
    Setting::new(
        "signing-key-lead",
        "DURATION",
        "How long a new public key is published before it signs",
    )
    .or("10m"),
];

/// Key files and the algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyConfig {
    /// The file of the HS256 keys, which resource-api reads too.
    pub shared_key_file: PathBuf,
    /// The file of auth-server's own key.
    pub server_key_file: PathBuf,
    /// The folder of the private keys of the other algorithms.
    pub signing_dir: PathBuf,
    /// How long a new public key is published before it signs.
    pub signing_key_lead: Duration,
    /// What signs access tokens.
    pub signing_alg: Algorithm,
    /// What is accepted of our own tokens, at introspection and revocation.
    pub verify_algs: Vec<Algorithm>,
}

impl KeyConfig {
    /// Reads the section.
    pub fn read(values: &Values, shared: &Shared) -> Result<Self, SettingsError> {
        Ok(Self {
            shared_key_file: shared.shared_key_file.clone(),
            server_key_file: values
                .optional_path("server-key-file")?
                .unwrap_or_else(|| shared.data_dir.server_key_file()),
            signing_dir: shared.data_dir.signing_dir(),
            signing_key_lead: values.duration("signing-key-lead")?,
            signing_alg: shared.signing_alg,
            verify_algs: shared.verify_algs.clone(),
        })
    }
}
