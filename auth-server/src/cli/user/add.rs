//! `auth-server user add`

use clap::Args;
use scopegate_store::{
    StoreError,
    subjects::SubjectKind,
    users::{self, NewUser},
};

use super::{ProfileArgs, change::check_profile, parse_scopes, password::PasswordSource};
use crate::{
    cli::{CliError, access, output},
    config::Config,
    identity::Username,
};

/// The arguments of `user add`.
#[derive(Debug, Args)]
pub(in crate::cli) struct AddArgs {
    /// The name, for ever
    username: String,
    #[command(flatten)]
    profile: ProfileArgs,
    /// What the user may hand on to clients, such as "me items"
    #[arg(long, value_name = "SCOPES")]
    scopes: Vec<String>,
    /// Shut the user out for now
    #[arg(long)]
    disabled: bool,
    #[command(flatten)]
    source: PasswordSource,
    /// Give no password: nobody can log in until one is set
    #[arg(long, conflicts_with = "PasswordSource")]
    no_password: bool,
}

/// Adds the user.
pub(super) async fn run(config: &Config, args: AddArgs) -> Result<(), CliError> {
    let username = Username::register(&args.username).map_err(CliError::refused)?;
    check_profile(&args.profile)?;
    let scopes = parse_scopes(&args.scopes).map_err(CliError::refused)?;
    let store = access::any(config).await?;
    access::check_scopes(&store, &scopes).await?;
    // Before the password is asked for: nobody likes to choose one in vain.
    access::check_free(&store, SubjectKind::User, username.as_str()).await?;
    let hash =
        if args.no_password { None } else { Some(args.source.read(config, &username).await?) };
    let new = NewUser {
        username: username.as_str().to_owned(),
        full_name: args.profile.full_name.filter(|text| !text.is_empty()),
        email: args.profile.email.filter(|text| !text.is_empty()),
        password_hash: hash.map(|hash| hash.as_str().to_owned()),
        scopes,
        disabled: args.disabled,
    };
    let entry = access::about_user("user.add", username.as_str());
    let added = access::write(store, entry, move |conn| {
        Box::pin(async move { users::add(conn, &new, access::now()).await })
    });
    match added.await {
        Ok(()) => output::print(&format!("user \"{username}\" added")),
        Err(CliError::Store(StoreError::Conflict(reason))) => Err(CliError::refused(reason)),
        Err(error) => Err(error),
    }
}
