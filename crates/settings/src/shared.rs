//! The settings that both programs have, because both must agree on them.

use std::path::PathBuf;

use scopegate_core::algorithm::Algorithm;

use crate::{
    SettingsError, Values,
    choice::{LogFormat, Synchronous},
    data_dir::DataDir,
    database::Database,
    public_url::PublicUrl,
    setting::Setting,
};

/// The table of the shared settings.
pub const SHARED: &[Setting] = &[
    Setting::new("data-dir", "DIR", "Folder of everything that the programs keep").or("./data"),
    Setting::new("database-url", "URL", "Database: sqlite://PATH or postgres://…")
        .derived("sqlite://<data-dir>/shared/scopegate.db")
        .secret(),
    Setting::new("synchronous", "MODE", "How hard SQLite syncs at a commit: full or normal")
        .or("full"),
    Setting::new("issuer", "URL", "Public URL of auth-server, in every token and in metadata")
        .or("http://localhost:8000"),
    Setting::new("audience", "URL", "Public URL of resource-api, the audience of tokens")
        .or("http://localhost:8001"),
    Setting::new(
        "signing-alg",
        "ALG",
        "Algorithm that signs access tokens: HS256, EdDSA, ES256 or RS256",
    )
    .or("HS256"),
    Setting::new(
        "verify-algs",
        "ALGS",
        "Algorithms of access tokens that are accepted, while moving from one to another",
    )
    .derived("<signing-alg>")
    .list(),
    Setting::new("shared-key-file", "FILE", "Keys for HS256: the first line signs, all verify")
        .derived("<data-dir>/shared/shared.key"),
    Setting::new(
        "docs-client",
        "CLIENT_ID",
        "Client that the Authorize dialog of /docs starts with",
    )
    .or("docs"),
    Setting::switch("allow-http", "Accept http issuer and audience URLs beyond loopback hosts"),
    Setting::new("log-format", "FORMAT", "Form of log lines: text or json").or("text"),
];

/// The shared settings, read.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Where everything is kept.
    pub data_dir: DataDir,
    /// The database.
    pub database: Database,
    /// How hard `SQLite` syncs.
    pub synchronous: Synchronous,
    /// Public URL of auth-server.
    pub issuer: PublicUrl,
    /// Public URL of resource-api.
    pub audience: PublicUrl,
    /// What signs access tokens.
    pub signing_alg: Algorithm,
    /// What is accepted: the signing algorithm, and others while moving between them.
    pub verify_algs: Vec<Algorithm>,
    /// The file of the HS256 keys.
    pub shared_key_file: PathBuf,
    /// The client that the Authorize dialog of `/docs` starts with.
    pub docs_client: String,
    /// The form of log lines.
    pub log_format: LogFormat,
}

impl Shared {
    /// Reads the shared settings out of what was resolved.
    pub fn read(values: &Values) -> Result<Self, SettingsError> {
        let data_dir = DataDir::new(values.path("data-dir")?);
        let allow_http = values.switch("allow-http")?;
        let signing_alg = values.required("signing-alg", str::parse)?;
        Ok(Self {
            database: values
                .optional("database-url", Database::parse)?
                .unwrap_or_else(|| Database::File(data_dir.database_file())),
            synchronous: values.required("synchronous", str::parse)?,
            issuer: public_url(values, "issuer", allow_http)?,
            audience: public_url(values, "audience", allow_http)?,
            signing_alg,
            verify_algs: verify_algs(values, signing_alg)?,
            shared_key_file: values
                .optional_path("shared-key-file")?
                .unwrap_or_else(|| data_dir.shared_key_file()),
            docs_client: values.client_id("docs-client")?,
            log_format: values.required("log-format", str::parse)?,
            data_dir,
        })
    }
}

fn verify_algs(values: &Values, signing: Algorithm) -> Result<Vec<Algorithm>, SettingsError> {
    let Some(algs) = values.list("verify-algs", str::parse::<Algorithm>)? else {
        return Ok(vec![signing]);
    };
    if algs.contains(&signing) {
        Ok(algs)
    } else {
        Err(values.refuse("verify-algs", format_args!("lacks {signing}, the signing-alg")))
    }
}

fn public_url(
    values: &Values,
    name: &'static str,
    allow_http: bool,
) -> Result<PublicUrl, SettingsError> {
    let url = values.required(name, PublicUrl::parse)?;
    if url.is_https() || url.is_loopback() || allow_http {
        return Ok(url);
    }
    Err(values.refuse(
        name,
        "http is for loopback hosts only; use https, or set allow-http if nobody can listen in",
    ))
}
