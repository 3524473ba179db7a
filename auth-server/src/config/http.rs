//! Where auth-server listens, under which name, and who may call it from a browser.

use std::net::SocketAddr;

use scopegate_settings::{Setting, SettingsError, Values, public_url::PublicUrl, shared::Shared};

/// The table of the section.
pub const SETTINGS: &[Setting] = &[
    Setting::new("listen", "ADDRESS", "Address to listen on")
        .or("127.0.0.1:8000")
        .own_variable("SCOPEGATE_AUTH_LISTEN"),
    Setting::new("metrics-listen", "ADDRESS", "Address on which metrics are shown, or `off`")
        .or("127.0.0.1:8010")
        .own_variable("SCOPEGATE_AUTH_METRICS_LISTEN"),
    Setting::new(
        "cors-origins",
        "ORIGINS",
        "Origins that may call the token endpoint, beside those of public clients' redirect URIs",
    )
    .list()
    .derived("<audience>"),
    Setting::new(
        "default-client",
        "CLIENT_ID",
        "Public client meant by a password or refresh request that names none",
    ),
];

/// Where and as whom it answers.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Where metrics are shown, if anywhere.
    pub metrics_listen: Option<SocketAddr>,
    /// The public URL of this server.
    pub issuer: PublicUrl,
    /// The public URL of the resource server.
    pub audience: PublicUrl,
    /// Origins as browsers send them; both spellings where the host is a loopback one.
    pub cors_origins: Vec<String>,
    /// The client that the Authorize dialog of `/docs` starts with.
    pub docs_client: String,
    /// The client meant by a request that names none.
    pub default_client: Option<String>,
}

impl HttpConfig {
    /// Reads the section.
    pub fn read(values: &Values, shared: &Shared) -> Result<Self, SettingsError> {
        let origins = values.list("cors-origins", PublicUrl::parse)?;
        let origins = origins.unwrap_or_else(|| vec![shared.audience.clone()]);
        Ok(Self {
            listen: values.address("listen")?,
            metrics_listen: values.address_or_off("metrics-listen")?,
            issuer: shared.issuer.clone(),
            audience: shared.audience.clone(),
            cors_origins: origins.iter().flat_map(PublicUrl::origin_spellings).collect(),
            docs_client: shared.docs_client.clone(),
            default_client: values.optional_client_id("default-client")?,
        })
    }
}
