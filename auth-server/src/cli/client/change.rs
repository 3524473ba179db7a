//! The commands that change or delete one client.

use clap::Args;
use scopegate_store::{
    Connection, JobFuture, Store,
    clients::{self, ClientChange},
};

use super::{RightsArgs, parse_grants};
use crate::{
    audit::{self, Entry},
    cli::{CliError, access, input, output, user::parse_scopes},
    config::Config,
    oauth::registration::{self, Registration},
};

/// The arguments of `client set`; what is not given stays.
#[derive(Debug, Args)]
pub(in crate::cli) struct SetArgs {
    /// Which
    client_id: String,
    #[command(flatten)]
    rights: RightsArgs,
    /// Whether it may introspect every token of the audience
    #[arg(long, value_name = "BOOL")]
    resource_server: Option<bool>,
}

/// Sets what was given.
pub(super) async fn set(config: &Config, args: SetArgs) -> Result<(), CliError> {
    let rights = args.rights;
    check_name(rights.name.as_deref())?;
    // `--redirect-uri ""` takes them all away.
    let given = |uris: Vec<String>| uris.into_iter().filter(|uri| !uri.is_empty()).collect();
    let change = ClientChange {
        name: rights.name,
        secret_sha256: None,
        grants: rights.grants.as_deref().map(parse_grants),
        scopes: rights
            .scopes
            .as_deref()
            .map(parse_scopes)
            .transpose()
            .map_err(CliError::refused)?,
        redirect_uris: rights.redirect_uris.map(given),
        consent: rights.consent.map(Into::into),
        resource_server: args.resource_server,
    };
    if change == ClientChange::default() {
        return Err(CliError::refused("nothing to set; `auth-server client set --help` says what"));
    }
    let store = access::existing(config).await?;
    check_change(&store, &args.client_id, &change).await?;
    store.close().await;
    let entry = Entry {
        detail: audit::detail(&fields(&change).join(", ")),
        ..access::about_client("client.set", &args.client_id)
    };
    mutate(config, entry, args.client_id, "changed", move |conn, id| {
        Box::pin(async move { clients::set(conn, id, &change, access::now()).await })
    })
    .await
}

/// Shuts the client out, or lets it in again.
pub(super) async fn set_disabled(
    config: &Config,
    client_id: String,
    disabled: bool,
) -> Result<(), CliError> {
    let (event, done) =
        if disabled { ("client.disable", "disabled") } else { ("client.enable", "enabled") };
    let entry = access::about_client(event, &client_id);
    mutate(config, entry, client_id, done, move |conn, id| {
        Box::pin(async move { clients::set_disabled(conn, id, disabled, access::now()).await })
    })
    .await
}

/// Deletes the client.
pub(super) async fn delete(config: &Config, client_id: String, yes: bool) -> Result<(), CliError> {
    let reader = access::reader(config).await?;
    let found = clients::find(&mut *reader.read().await?, &client_id).await;
    reader.close().await;
    if found?.is_none() {
        return Err(CliError::unknown("client", &client_id));
    }
    input::confirm(
        yes,
        &format!("Delete client \"{client_id}\"? Its id is never given out again."),
    )?;
    let entry = access::about_client("client.delete", &client_id);
    mutate(config, entry, client_id, "deleted", move |conn, id| {
        Box::pin(async move { clients::delete(conn, id, access::now()).await })
    })
    .await
}

/// Refuses a name that cannot be shown.
pub(super) fn check_name(name: Option<&str>) -> Result<(), CliError> {
    name.map_or(Ok(()), registration::check_text)
        .map_err(|error| CliError::refused(format_args!("the name cannot stand: {error}")))
}

/// Checks the client as it would be after the change.
async fn check_change(store: &Store, id: &str, change: &ClientChange) -> Result<(), CliError> {
    if let Some(scopes) = &change.scopes {
        access::check_scopes(store, scopes).await?;
    }
    let mut conn = store.read().await?;
    let Some(client) = clients::find(&mut conn, id).await? else {
        return Err(CliError::unknown("client", id));
    };
    let uris = clients::redirect_uris(&mut conn, id).await?;
    registration::check(&Registration {
        public: client.is_public(),
        grants: change.grants.as_ref().unwrap_or(&client.grants),
        redirect_uris: change.redirect_uris.as_ref().unwrap_or(&uris),
        resource_server: change.resource_server.unwrap_or(client.resource_server),
    })
    .map_err(|error| CliError::refused(format_args!("{}: {error}", error.field())))
}

/// The names of what is set, for the audit log.
fn fields(change: &ClientChange) -> Vec<&'static str> {
    [
        ("name", change.name.is_some()),
        ("grants", change.grants.is_some()),
        ("scopes", change.scopes.is_some()),
        ("redirect_uris", change.redirect_uris.is_some()),
        ("consent", change.consent.is_some()),
        ("resource_server", change.resource_server.is_some()),
    ]
    .into_iter()
    .filter_map(|(name, set)| set.then_some(name))
    .collect()
}

/// Runs one mutation of one client, and says what was done.
async fn mutate<F>(
    config: &Config,
    entry: Entry,
    id: String,
    done: &str,
    mutation: F,
) -> Result<(), CliError>
where
    F: for<'c> FnOnce(&'c mut Connection, &'c str) -> JobFuture<'c, bool> + Clone + Send + 'static,
{
    let store = access::existing(config).await?;
    let name = id.clone();
    let known = access::write(store, entry, move |conn| {
        Box::pin(async move { mutation(conn, &name).await })
    });
    if known.await? {
        output::print(&format!("client \"{id}\" {done}"))
    } else {
        Err(CliError::unknown("client", &id))
    }
}
