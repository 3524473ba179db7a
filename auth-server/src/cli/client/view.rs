//! `auth-server client list` and `show`

use scopegate_store::clients::{self, Client};
use serde::Serialize;

use crate::{
    cli::{CliError, access, output},
    config::Config,
};

/// A client as programs read it.
#[derive(Debug, Serialize)]
struct ClientView {
    client_id: String,
    name: String,
    public: bool,
    grants: Vec<String>,
    scopes: Vec<String>,
    redirect_uris: Vec<String>,
    consent: &'static str,
    resource_server: bool,
    disabled: bool,
    /// Until when the secret before counts; `null` where there is none.
    old_secret_until: Option<String>,
    created_at: String,
    updated_at: String,
}

/// Lists all clients.
pub(super) async fn list(config: &Config, json: bool) -> Result<(), CliError> {
    let reader = access::reader(config).await?;
    let page = |after: Option<String>| {
        let reader = reader.clone();
        async move { clients::list(&mut *reader.read().await?, after.as_deref(), access::PAGE).await }
    };
    let found = access::pages(page, |client: &Client| &client.client_id).await?;
    let mut views = Vec::new();
    for client in found {
        let uris = clients::redirect_uris(&mut *reader.read().await?, &client.client_id).await?;
        views.push(ClientView::of(client, uris));
    }
    reader.close().await;
    if json {
        return output::json(&views);
    }
    let rows: Vec<_> = views.into_iter().map(ClientView::row).collect();
    let heads = ["CLIENT ID", "NAME", "KIND", "GRANTS", "SCOPES", "CONSENT", "DISABLED"];
    output::print(&output::table(heads, &rows))
}

/// Shows one client.
pub(super) async fn show(config: &Config, client_id: &str, json: bool) -> Result<(), CliError> {
    let reader = access::reader(config).await?;
    let found = clients::find(&mut *reader.read().await?, client_id).await?;
    let uris = clients::redirect_uris(&mut *reader.read().await?, client_id).await?;
    reader.close().await;
    let client = found.ok_or_else(|| CliError::unknown("client", client_id))?;
    let view = ClientView::of(client, uris);
    if json { output::json(&view) } else { output::print(&view.sheet()) }
}

impl ClientView {
    fn of(client: Client, redirect_uris: Vec<String>) -> Self {
        let old_secret = client.old_secret_until.filter(|until| *until > access::now());
        Self {
            public: client.is_public(),
            scopes: client.scopes.iter().map(str::to_owned).collect(),
            redirect_uris,
            consent: client.consent.as_str(),
            resource_server: client.resource_server,
            disabled: client.disabled,
            old_secret_until: old_secret.map(output::time),
            created_at: output::time(client.created_at),
            updated_at: output::time(client.updated_at),
            client_id: client.client_id,
            name: client.name,
            grants: client.grants,
        }
    }

    fn row(self) -> [String; 7] {
        let kind = self.kind();
        [
            self.client_id,
            self.name,
            kind,
            self.grants.join(" "),
            self.scopes.join(" "),
            self.consent.to_owned(),
            output::yes_no(self.disabled).to_owned(),
        ]
    }

    fn sheet(self) -> String {
        let kind = self.kind();
        let mut rows = vec![
            ("client id", self.client_id),
            ("name", self.name),
            ("kind", kind),
            ("grants", self.grants.join(" ")),
            ("scopes", self.scopes.join(" ")),
            ("consent", self.consent.to_owned()),
            ("resource server", output::yes_no(self.resource_server).to_owned()),
            ("disabled", output::yes_no(self.disabled).to_owned()),
            ("created", self.created_at),
            ("updated", self.updated_at),
        ];
        rows.extend(self.old_secret_until.map(|until| ("old secret until", until)));
        rows.extend(self.redirect_uris.into_iter().map(|uri| ("redirect URI", uri)));
        output::properties(&rows)
    }

    fn kind(&self) -> String {
        if self.public { "public" } else { "confidential" }.to_owned()
    }
}
