//! Which database, and what happens to it at the start.

use std::path::PathBuf;

use scopegate_settings::{
    Setting, SettingsError, Values, choice::Synchronous, database::Database, shared::Shared,
};

/// The table of the section.
pub const SETTINGS: &[Setting] = &[
    Setting::switch("no-migrate", "Do not migrate the database at the start; refuse an old one"),
    Setting::new("apply", "FILE", "TOML of scopes, clients and users, brought in at the start"),
];

/// The database and what is brought into it.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// The database.
    pub database: Database,
    /// How hard `SQLite` syncs.
    pub synchronous: Synchronous,
    /// Whether `serve` leaves the schema alone.
    pub no_migrate: bool,
    /// The file that `serve` applies.
    pub apply: Option<PathBuf>,
}

impl StoreConfig {
    /// Reads the section.
    pub fn read(values: &Values, shared: &Shared) -> Result<Self, SettingsError> {
        Ok(Self {
            database: shared.database.clone(),
            synchronous: shared.synchronous,
            no_migrate: values.switch("no-migrate")?,
            apply: values.optional_path("apply")?,
        })
    }
}
