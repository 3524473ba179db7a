//! `auth-server scope`: what tokens may be used for.

use clap::Subcommand;
use scopegate_store::{StoreError, scopes};
use serde::Serialize;

use super::{CliError, access, input, output};
use crate::{
    audit::{self, Entry},
    config::Config,
    oauth::registration,
};

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum ScopeCommand {
    /// Add a scope
    Add {
        /// Its name, such as `me` or `orders:read`
        name: String,
        /// The sentence that people read before they consent
        #[arg(long, default_value = "", hide_default_value = true)]
        description: String,
    },
    /// List all scopes
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Change the description of a scope
    Set {
        /// Its name
        name: String,
        /// The sentence that people read before they consent
        #[arg(long)]
        description: String,
    },
    /// Delete a scope and take it from every user and client
    Delete {
        /// Its name
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// A scope as programs read it.
#[derive(Debug, Serialize)]
struct ScopeView {
    name: String,
    description: String,
}

/// Runs the command.
pub(super) async fn run(config: &Config, command: ScopeCommand) -> Result<(), CliError> {
    match command {
        ScopeCommand::Add { name, description } => add(config, name, description).await,
        ScopeCommand::List { json } => list(config, json).await,
        ScopeCommand::Set { name, description } => set(config, name, description).await,
        ScopeCommand::Delete { name, yes } => delete(config, name, yes).await,
    }
}

async fn add(config: &Config, name: String, description: String) -> Result<(), CliError> {
    registration::check_scope_name(&name).map_err(CliError::refused)?;
    check_description(&description)?;
    let store = access::any(config).await?;
    let new = name.clone();
    let added = access::write(store, entry("scope.add", &name), move |conn| {
        Box::pin(async move { scopes::add(conn, &new, &description, access::now()).await })
    });
    match added.await {
        Ok(()) => output::print(&format!("scope \"{name}\" added")),
        Err(CliError::Store(StoreError::Conflict(_))) => Err(CliError::refused(format_args!(
            "scope \"{name}\" exists; `auth-server scope set {name}` changes its description"
        ))),
        Err(error) => Err(error),
    }
}

async fn list(config: &Config, json: bool) -> Result<(), CliError> {
    let reader = access::reader(config).await?;
    let found = scopes::list(&mut *reader.read().await?).await;
    reader.close().await;
    let views = found?
        .into_iter()
        .map(|scope| ScopeView { name: scope.name, description: scope.description })
        .collect::<Vec<_>>();
    if json {
        return output::json(&views);
    }
    let rows: Vec<_> = views.into_iter().map(|scope| [scope.name, scope.description]).collect();
    output::print(&output::table(["NAME", "DESCRIPTION"], &rows))
}

async fn set(config: &Config, name: String, description: String) -> Result<(), CliError> {
    check_description(&description)?;
    let store = access::existing(config).await?;
    let known = name.clone();
    let set = access::write(store, entry("scope.set", &name), move |conn| {
        Box::pin(async move { scopes::set(conn, &known, &description).await })
    });
    if set.await? {
        output::print(&format!("scope \"{name}\" changed"))
    } else {
        Err(CliError::unknown("scope", &name))
    }
}

async fn delete(config: &Config, name: String, yes: bool) -> Result<(), CliError> {
    let store = access::existing(config).await?;
    let exists = scopes::list(&mut *store.read().await?).await?.iter().any(|s| s.name == name);
    if !exists {
        return Err(CliError::unknown("scope", &name));
    }
    input::confirm(
        yes,
        &format!("Delete scope \"{name}\" and take it from every user and client?"),
    )?;
    let known = name.clone();
    let deleted = access::write(store, entry("scope.delete", &name), move |conn| {
        Box::pin(async move { scopes::delete(conn, &known).await })
    });
    if deleted.await? {
        output::print(&format!("scope \"{name}\" deleted"))
    } else {
        Err(CliError::unknown("scope", &name))
    }
}

/// What the audit log is to tell: the name stands in its detail, since a scope is neither user nor client.
fn entry(event: &str, name: &str) -> Entry {
    Entry { detail: audit::detail(&format!("scope {name}")), ..access::entry(event) }
}

fn check_description(description: &str) -> Result<(), CliError> {
    registration::check_text(description)
        .map_err(|error| CliError::refused(format_args!("the description cannot stand: {error}")))
}
