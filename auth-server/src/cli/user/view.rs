//! `auth-server user list` and `show`

use scopegate_store::users::{self, User};
use serde::Serialize;

use crate::{
    cli::{CliError, access, apply::cost, output},
    config::Config,
    identity::{HashCost, PasswordHash},
};

/// A user as programs read it.
#[derive(Debug, Serialize)]
struct UserView {
    username: String,
    full_name: Option<String>,
    email: Option<String>,
    disabled: bool,
    scopes: Vec<String>,
    /// The scheme of the hash; `null` where nobody can log in.
    password: Option<String>,
    weak_hash: bool,
    created_at: String,
    updated_at: String,
}

/// Lists all users, or those whose hash is weak.
pub(super) async fn list(config: &Config, weak_hash: bool, json: bool) -> Result<(), CliError> {
    let reader = access::reader(config).await?;
    let page = |after: Option<String>| {
        let reader = reader.clone();
        async move { users::list(&mut *reader.read().await?, after.as_deref(), access::PAGE).await }
    };
    let found = access::pages(page, |user: &User| &user.username).await?;
    reader.close().await;
    let cost = cost(config);
    let views: Vec<_> = found
        .into_iter()
        .map(|user| UserView::of(user, &cost))
        .filter(|view| view.weak_hash || !weak_hash)
        .collect();
    if json {
        return output::json(&views);
    }
    let rows: Vec<_> = views.into_iter().map(UserView::row).collect();
    let heads = ["USERNAME", "FULL NAME", "EMAIL", "SCOPES", "PASSWORD", "DISABLED"];
    output::print(&output::table(heads, &rows))
}

/// Shows one user.
pub(super) async fn show(config: &Config, username: &str, json: bool) -> Result<(), CliError> {
    let reader = access::reader(config).await?;
    let found = users::find(&mut *reader.read().await?, username).await;
    reader.close().await;
    let user = found?.ok_or_else(|| CliError::unknown("user", username))?;
    let view = UserView::of(user, &cost(config));
    if json { output::json(&view) } else { output::print(&view.sheet()) }
}

impl UserView {
    fn of(user: User, cost: &HashCost) -> Self {
        let hash = user.password_hash.as_deref();
        Self {
            password: hash.map(|hash| scheme(hash).to_owned()),
            weak_hash: hash.is_some_and(|hash| is_weak(hash, cost)),
            scopes: user.scopes.iter().map(str::to_owned).collect(),
            created_at: output::time(user.created_at),
            updated_at: output::time(user.updated_at),
            username: user.username,
            full_name: user.full_name,
            email: user.email,
            disabled: user.disabled,
        }
    }

    fn row(self) -> [String; 6] {
        let password = self.password_word();
        [
            self.username,
            self.full_name.unwrap_or_default(),
            self.email.unwrap_or_default(),
            self.scopes.join(" "),
            password,
            output::yes_no(self.disabled).to_owned(),
        ]
    }

    fn sheet(self) -> String {
        let password = self.password_word();
        output::properties(&[
            ("username", self.username),
            ("full name", self.full_name.unwrap_or_default()),
            ("email", self.email.unwrap_or_default()),
            ("scopes", self.scopes.join(" ")),
            ("password", password),
            ("disabled", output::yes_no(self.disabled).to_owned()),
            ("created", self.created_at),
            ("updated", self.updated_at),
        ])
    }

    fn password_word(&self) -> String {
        match &self.password {
            None => "none".to_owned(),
            Some(scheme) if self.weak_hash => format!("{scheme} (weak)"),
            Some(scheme) => scheme.clone(),
        }
    }
}

/// `argon2id` of `$argon2id$…`; bcrypt calls itself `2b`.
fn scheme(hash: &str) -> &str {
    match hash.split('$').nth(1) {
        Some("2a" | "2b" | "2y") => "bcrypt",
        Some(name) => name,
        None => "unknown",
    }
}

/// A hash that cannot be verified is worse than weak.
fn is_weak(hash: &str, cost: &HashCost) -> bool {
    PasswordHash::parse(hash).map_or(true, |hash| hash.is_weaker_than(cost))
}
