//! `auth-server client add`

use clap::Args;
use scopegate_core::scope::Scope;
use scopegate_store::{
    StoreError,
    clients::{self, NewClient},
    subjects::SubjectKind,
};

use super::{
    RightsArgs,
    change::check_name,
    parse_grants,
    secret::{self, SecretSource},
};
use crate::{
    cli::{CliError, access, user::parse_scopes},
    config::Config,
    identity::ClientId,
    oauth::registration::{self, Registration},
};

/// The arguments of `client add`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(in crate::cli) struct AddArgs {
    /// Its id, for ever
    client_id: String,
    #[command(flatten)]
    rights: RightsArgs,
    /// It runs where no secret can be kept, and so has none
    #[arg(long, conflicts_with = "secret_stdin")]
    public: bool,
    #[command(flatten)]
    source: SecretSource,
    /// It may introspect every token of the audience
    #[arg(long)]
    resource_server: bool,
    /// Shut it out for now
    #[arg(long)]
    disabled: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Adds the client.
pub(super) async fn run(config: &Config, args: AddArgs) -> Result<(), CliError> {
    let id = ClientId::parse(&args.client_id).map_err(CliError::refused)?;
    let mut new = new_client(&id, &args)?;
    let store = access::any(config).await?;
    access::check_scopes(&store, &new.scopes).await?;
    access::check_free(&store, SubjectKind::Client, id.as_str()).await?;
    let secret = if args.public { None } else { Some(args.source.read()?) };
    new.secret_sha256 = secret.as_ref().map(|secret| secret.sha256.clone());
    let entry = access::about_client("client.add", id.as_str());
    let added = access::write(store, entry, move |conn| {
        Box::pin(async move { clients::add(conn, &new, access::now()).await })
    });
    match added.await {
        Ok(()) => secret::report(id.as_str(), "added", secret.as_ref(), args.json),
        Err(CliError::Store(StoreError::Conflict(reason))) => Err(CliError::refused(reason)),
        Err(error) => Err(error),
    }
}

/// The client without its secret, checked.
fn new_client(id: &ClientId, args: &AddArgs) -> Result<NewClient, CliError> {
    let rights = &args.rights;
    check_name(rights.name.as_deref())?;
    let grants = parse_grants(rights.grants.as_deref().unwrap_or_default());
    let redirect_uris = rights.redirect_uris.clone().unwrap_or_default();
    if grants.is_empty() && !args.resource_server {
        return Err(CliError::refused(
            "a client without grants gets no token; give --grants, such as \
             --grants \"password refresh_token\"",
        ));
    }
    let scopes = match &rights.scopes {
        Some(scopes) => parse_scopes(scopes).map_err(CliError::refused)?,
        None => Scope::empty(),
    };
    registration::check(&Registration {
        public: args.public,
        grants: &grants,
        redirect_uris: &redirect_uris,
        resource_server: args.resource_server,
    })
    .map_err(|error| CliError::refused(format_args!("{}: {error}", error.field())))?;
    Ok(NewClient {
        client_id: id.as_str().to_owned(),
        name: rights.name.clone().unwrap_or_else(|| id.as_str().to_owned()),
        secret_sha256: None,
        grants,
        scopes,
        redirect_uris,
        consent: rights.consent.map(Into::into).unwrap_or_default(),
        resource_server: args.resource_server,
        disabled: args.disabled,
    })
}
