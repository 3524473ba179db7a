//! Where a new password comes from, and what the store keeps of it.

use clap::Args;

use crate::{
    cli::{CliError, apply::cost, input},
    config::Config,
    identity::{Hasher, PasswordHash, Username, demo, policy},
};

/// Where a new password comes from; from a prompt, unless one of these is given.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(in crate::cli) struct PasswordSource {
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
    /// Read a hash of the password from standard input: $argon2id$… or $2b$…
    #[arg(long)]
    password_hash_stdin: bool,
}

impl PasswordSource {
    /// Reads the password and hashes it, or reads a hash.
    pub(super) async fn read(
        &self,
        config: &Config,
        username: &Username,
    ) -> Result<PasswordHash, CliError> {
        if self.password_hash_stdin {
            let text = input::from_stdin("hash")?;
            let hash = PasswordHash::parse(text.expose()).map_err(CliError::refused)?;
            demo::check(&hash, config.http.issuer.is_loopback()).map_err(CliError::refused)?;
            return Ok(hash);
        }
        let password = if self.password_stdin {
            input::from_stdin("password")?
        } else {
            input::new_password(username.as_str())?
        };
        policy::check(&password, username).map_err(CliError::refused)?;
        Ok(Hasher::start(cost(config), config.hashing.queue).hash(password).await?)
    }
}
