//! The settings of auth-server: one struct for each section, read and checked once at the start.

use clap::{ArgMatches, Command};
use scopegate_settings::{
    Program, SettingsError, Values, data_dir::DataDir, database::Database, flags, shared::Shared,
};

pub mod audit;
pub mod hashing;
pub mod http;
pub mod keys;
pub mod limits;
pub mod logging;
pub mod pages;
pub mod sessions;
pub mod store;
pub mod tokens;

pub use audit::AuditConfig;
pub use hashing::HashingConfig;
pub use http::HttpConfig;
pub use keys::KeyConfig;
pub use limits::{LimitConfig, TrustedProxies};
pub use logging::LoggingConfig;
pub use pages::PageConfig;
pub use sessions::SessionConfig;
pub use store::StoreConfig;
pub use tokens::TokenConfig;

/// The table of auth-server's settings.
pub const PROGRAM: Program = Program {
    name: "auth-server",
    sections: &[
        http::SETTINGS,
        tokens::SETTINGS,
        sessions::SETTINGS,
        pages::SETTINGS,
        store::SETTINGS,
        audit::SETTINGS,
        keys::SETTINGS,
        hashing::SETTINGS,
        limits::SETTINGS,
    ],
};

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data folder.
    pub data_dir: DataDir,
    /// Where and as whom it answers.
    pub http: HttpConfig,
    /// Lifetimes of tokens.
    pub tokens: TokenConfig,
    /// Lifetimes of browser sessions.
    pub sessions: SessionConfig,
    /// How the pages look.
    pub pages: PageConfig,
    /// The database and what is brought into it.
    pub store: StoreConfig,
    /// How long the audit log is kept.
    pub audit: AuditConfig,
    /// Key files and the algorithm.
    pub keys: KeyConfig,
    /// The cost of password hashes.
    pub hashing: HashingConfig,
    /// How often somebody may guess.
    pub limits: LimitConfig,
    /// Log lines.
    pub logging: LoggingConfig,
}

impl Config {
    /// Adds the settings to the program's command, as flags that work after a subcommand too.
    pub fn add_flags(command: Command) -> Command {
        flags::add_to(command, &PROGRAM)
    }

    /// Resolves command line, environment and TOML file, and reads the outcome.
    pub fn load(matches: &ArgMatches) -> Result<Self, SettingsError> {
        Self::read(&scopegate_settings::load(&PROGRAM, matches)?)
    }

    /// Reads what was resolved.
    pub fn read(values: &Values) -> Result<Self, SettingsError> {
        let shared = Shared::read(values)?;
        Ok(Self {
            http: HttpConfig::read(values, &shared)?,
            tokens: TokenConfig::read(values)?,
            sessions: SessionConfig::read(values)?,
            pages: PageConfig::read(values)?,
            store: StoreConfig::read(values, &shared)?,
            audit: AuditConfig::read(values)?,
            keys: KeyConfig::read(values, &shared)?,
            hashing: HashingConfig::read(values)?,
            limits: LimitConfig::read(values)?,
            logging: LoggingConfig::read(values, &shared),
            data_dir: shared.data_dir,
        })
    }

    /// The same settings with everything that is kept in another data folder, whatever other settings
    /// say about where it is.
    #[must_use]
    pub fn kept_in(mut self, folder: std::path::PathBuf) -> Self {
        self.data_dir = DataDir::new(folder);
        self.store.database = Database::File(self.data_dir.database_file());
        self.keys.shared_key_file = self.data_dir.shared_key_file();
        self.keys.server_key_file = self.data_dir.server_key_file();
        self.keys.signing_dir = self.data_dir.signing_dir();
        self
    }

    /// The folder of what is auth-server's alone.
    pub fn private_dir(&self) -> std::path::PathBuf {
        self.data_dir.private()
    }
}

#[cfg(test)]
mod tests;
