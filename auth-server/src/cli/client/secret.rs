//! A client's secret: made here or given, shown once, kept as a SHA-256.

use std::time::Duration;

use clap::Args;
use scopegate_store::{StoreError, clients};
use serde::Serialize;

use crate::{
    cli::{CliError, access, input, output},
    config::Config,
    id,
    oauth::client_secret,
    secret::Secret,
};

/// Where a new secret comes from; it is made here, unless this is given.
#[derive(Debug, Args)]
pub(in crate::cli) struct SecretSource {
    /// Read the secret from standard input instead of making one
    #[arg(long)]
    secret_stdin: bool,
}

/// A secret that was made or read.
#[derive(Debug)]
pub(super) struct NewSecret {
    pub(super) sha256: String,
    /// The secret itself where it was made here: it is shown once.
    made: Option<Secret>,
}

/// What a program reads when a client was added or its secret rotated.
#[derive(Debug, Serialize)]
struct SecretView<'a> {
    client_id: &'a str,
    /// `null` for a public client and for a secret that came from outside.
    client_secret: Option<&'a str>,
}

impl SecretSource {
    /// Makes the secret, or reads it.
    pub(super) fn read(&self) -> Result<NewSecret, CliError> {
        if self.secret_stdin {
            let secret = input::from_stdin("secret")?;
            client_secret::check_given(&secret).map_err(CliError::refused)?;
            Ok(NewSecret { sha256: client_secret::sha256_hex(&secret), made: None })
        } else {
            let secret = id::client_secret();
            Ok(NewSecret { sha256: client_secret::sha256_hex(&secret), made: Some(secret) })
        }
    }
}

/// Says what was done, with the secret if it was made here.
pub(super) fn report(
    client_id: &str,
    done: &str,
    secret: Option<&NewSecret>,
    json: bool,
) -> Result<(), CliError> {
    let made = secret.and_then(|secret| secret.made.as_ref()).map(Secret::expose);
    if json {
        return output::json(&SecretView { client_id, client_secret: made });
    }
    output::print(&format!("client \"{client_id}\" {done}"))?;
    match made {
        None => Ok(()),
        Some(secret) => output::print(&format!(
            "client_secret: {secret}\nThis is the only time it is shown; keep it in a safe place."
        )),
    }
}

/// Gives a client a new secret.
pub(super) async fn rotate(
    config: &Config,
    client_id: String,
    keep_old: Option<Duration>,
    source: &SecretSource,
    json: bool,
) -> Result<(), CliError> {
    let store = access::existing(config).await?;
    let secret = source.read()?;
    let now = access::now();
    let keep_old_until = keep_old.map(|keep| now.plus(keep));
    let (id, sha256) = (client_id.clone(), secret.sha256.clone());
    let entry = access::about_client("client.rotate-secret", &client_id);
    let rotated = access::write(store, entry, move |conn| {
        Box::pin(
            async move { clients::rotate_secret(conn, &id, &sha256, keep_old_until, now).await },
        )
    });
    match rotated.await {
        Ok(true) => report(&client_id, "has a new secret", Some(&secret), json),
        Ok(false) => Err(CliError::unknown("client", &client_id)),
        Err(CliError::Store(StoreError::Refused(_))) => Err(CliError::refused(format_args!(
            "client \"{client_id}\" is public: it has no secret to rotate"
        ))),
        Err(error) => Err(error),
    }
}
