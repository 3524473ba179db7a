//! The commands that change or delete one user.

use scopegate_store::{Connection, JobFuture, users};

use super::{ProfileArgs, parse_scopes, password::PasswordSource};
use crate::{
    audit::{self, Entry},
    cli::{CliError, access, input, output},
    config::Config,
    identity::Username,
    oauth::registration,
};

/// Sets the full name or the e-mail address.
pub(super) async fn set(
    config: &Config,
    username: String,
    profile: ProfileArgs,
) -> Result<(), CliError> {
    check_profile(&profile)?;
    if profile.full_name.is_none() && profile.email.is_none() {
        return Err(CliError::refused("nothing to set; give --full-name or --email"));
    }
    let entry = access::about_user("user.set", &username);
    change(config, entry, username, "changed", move |conn, username| {
        Box::pin(async move {
            let given = |text: &'_ Option<String>| -> Option<Option<String>> {
                text.clone().map(|text| Some(text).filter(|text| !text.is_empty()))
            };
            let (full_name, email) = (given(&profile.full_name), given(&profile.email));
            let full_name = full_name.as_ref().map(Option::as_deref);
            let email = email.as_ref().map(Option::as_deref);
            users::set_profile(conn, username, full_name, email, access::now()).await
        })
    })
    .await
}

/// Sets a new password.
pub(super) async fn set_password(
    config: &Config,
    username: String,
    source: PasswordSource,
) -> Result<(), CliError> {
    let parsed = Username::parse(&username).map_err(CliError::refused)?;
    check_known(config, parsed.as_str()).await?;
    let hash = source.read(config, &parsed).await?;
    let entry = access::about_user("user.set-password", &username);
    change(config, entry, username, "has a new password", move |conn, username| {
        Box::pin(
            async move { users::set_password(conn, username, hash.as_str(), access::now()).await },
        )
    })
    .await
}

/// Sets what the user holds.
pub(super) async fn set_scopes(
    config: &Config,
    username: String,
    scopes: &[String],
) -> Result<(), CliError> {
    let scopes = parse_scopes(scopes).map_err(CliError::refused)?;
    let store = access::existing(config).await?;
    access::check_scopes(&store, &scopes).await?;
    store.close().await;
    let entry = Entry {
        detail: audit::detail(&format!("scope \"{scopes}\"")),
        ..access::about_user("user.set-scopes", &username)
    };
    change(config, entry, username, "changed", move |conn, username| {
        Box::pin(async move { users::set_scopes(conn, username, &scopes, access::now()).await })
    })
    .await
}

/// Shuts the user out, or lets them in again.
pub(super) async fn set_disabled(
    config: &Config,
    username: String,
    disabled: bool,
) -> Result<(), CliError> {
    let (event, done) =
        if disabled { ("user.disable", "disabled") } else { ("user.enable", "enabled") };
    let entry = access::about_user(event, &username);
    change(config, entry, username, done, move |conn, username| {
        Box::pin(async move { users::set_disabled(conn, username, disabled, access::now()).await })
    })
    .await
}

/// Revokes everything that was issued.
pub(super) async fn revoke(config: &Config, username: String) -> Result<(), CliError> {
    let username = normal(username);
    check_known(config, &username).await?;
    let store = access::existing(config).await?;
    let name = username.clone();
    let entry = access::about_user("user.revoke", &username);
    let revoked = access::write(store, entry, move |conn| {
        Box::pin(async move { users::revoke(conn, &name, access::now()).await })
    });
    output::print(&format!("user \"{username}\": {} grants revoked", revoked.await?))
}

/// Deletes the user.
pub(super) async fn delete(config: &Config, username: String, yes: bool) -> Result<(), CliError> {
    let username = normal(username);
    check_known(config, &username).await?;
    input::confirm(
        yes,
        &format!("Delete user \"{username}\"? The name is never given out again."),
    )?;
    let entry = access::about_user("user.delete", &username);
    change(config, entry, username, "deleted", move |conn, username| {
        Box::pin(async move { users::delete(conn, username, access::now()).await })
    })
    .await
}

/// Refuses texts that cannot be shown.
pub(super) fn check_profile(profile: &ProfileArgs) -> Result<(), CliError> {
    for (name, text) in [("full name", &profile.full_name), ("e-mail address", &profile.email)] {
        if let Some(text) = text {
            registration::check_text(text).map_err(|error| {
                CliError::refused(format_args!("the {name} cannot stand: {error}"))
            })?;
        }
    }
    Ok(())
}

/// Runs one mutation of one user, and says what was done.
async fn change<F>(
    config: &Config,
    entry: Entry,
    username: String,
    done: &str,
    mutation: F,
) -> Result<(), CliError>
where
    F: for<'c> FnOnce(&'c mut Connection, &'c str) -> JobFuture<'c, bool> + Clone + Send + 'static,
{
    let username = normal(username);
    let store = access::existing(config).await?;
    let name = username.clone();
    let entry = Entry { subject: Some(username.clone()), ..entry };
    let known = access::write(store, entry, move |conn| {
        Box::pin(async move { mutation(conn, &name).await })
    });
    if known.await? {
        output::print(&format!("user \"{username}\" {done}"))
    } else {
        Err(CliError::unknown("user", &username))
    }
}

async fn check_known(config: &Config, username: &str) -> Result<(), CliError> {
    let reader = access::reader(config).await?;
    let found = users::find(&mut *reader.read().await?, username).await;
    reader.close().await;
    found?.map(drop).ok_or_else(|| CliError::unknown("user", username))
}

/// The name in the form that the store keeps; one that is no name at all is not found there.
fn normal(username: String) -> String {
    Username::parse(&username).map_or(username, |parsed| parsed.as_str().to_owned())
}
