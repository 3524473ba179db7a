//! The settings of resource-api, read and checked once at the start.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{ArgMatches, Command};
use http::Uri;
use scopegate_core::algorithm::Algorithm;
use scopegate_settings::{
    Program, Setting, SettingsError, Values, choice::LogFormat, database::Database, flags,
    public_url::PublicUrl, shared::Shared,
};

/// The table of resource-api's settings.
pub const PROGRAM: Program = Program { name: "resource-api", sections: &[SETTINGS] };

const SETTINGS: &[Setting] = &[
    Setting::new("listen", "ADDRESS", "Address to listen on")
        .or("127.0.0.1:8001")
        .own_variable("SCOPEGATE_RESOURCE_LISTEN"),
    Setting::new("metrics-listen", "ADDRESS", "Address on which metrics are shown, or `off`")
        .or("127.0.0.1:8011")
        .own_variable("SCOPEGATE_RESOURCE_METRICS_LISTEN"),
    Setting::new(
        "jwks-url",
        "URL",
        "Where to fetch the public keys for EdDSA, ES256 and RS256; its host may be another than the issuer's",
    )
    .derived("<jwks_uri of the issuer's metadata>"),
    Setting::new(
        "max-staleness",
        "DURATION",
        "How long the last known state serves while the database is away",
    )
    .or("5s"),
];

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Where metrics are shown, if anywhere.
    pub metrics_listen: Option<SocketAddr>,
    /// The public URL of auth-server; `iss` must equal it.
    pub issuer: PublicUrl,
    /// The public URL of this server; `aud` must hold it.
    pub audience: PublicUrl,
    /// The database, opened read-only.
    pub database: Database,
    /// The file of the HS256 keys.
    pub shared_key_file: PathBuf,
    /// What signs access tokens.
    pub signing_alg: Algorithm,
    /// What is accepted: the signing algorithm, and others while moving between them.
    pub verify_algs: Vec<Algorithm>,
    /// Where the public keys are, if not where the issuer's metadata says.
    pub jwks_url: Option<String>,
    /// How long the last known state serves while the database is away.
    pub max_staleness: Duration,
    /// The client that the Authorize dialog of `/docs` starts with.
    pub docs_client: String,
    /// The form of log lines.
    pub log_format: LogFormat,
    /// `SCOPEGATE_` variables that nobody knows: a warning for each, once logging is there.
    pub unknown_variables: Vec<String>,
}

impl Config {
    /// Adds the settings to the program's command, as flags that work after a subcommand too.
    pub fn add_flags(command: Command) -> Command {
        flags::add_to(command, &PROGRAM)
    }

    /// Resolves command line, environment and TOML file, and reads the outcome.
    pub fn load(matches: &ArgMatches) -> Result<Self, SettingsError> {
        Self::read(&scopegate_settings::load(&PROGRAM, matches)?)
    }

    /// Reads what was resolved.
    pub fn read(values: &Values) -> Result<Self, SettingsError> {
        let shared = Shared::read(values)?;
        Ok(Self {
            listen: values.address("listen")?,
            metrics_listen: values.address_or_off("metrics-listen")?,
            jwks_url: values.optional("jwks-url", jwks_url)?,
            max_staleness: values.duration("max-staleness")?,
            docs_client: shared.docs_client,
            issuer: shared.issuer,
            audience: shared.audience,
            database: shared.database,
            shared_key_file: shared.shared_key_file,
            signing_alg: shared.signing_alg,
            verify_algs: shared.verify_algs,
            log_format: shared.log_format,
            unknown_variables: values.unknown_variables().to_vec(),
        })
    }
}

fn jwks_url(text: &str) -> Result<String, &'static str> {
    let url = text.parse::<Uri>().ok().filter(|url| {
        matches!(url.scheme_str(), Some("http" | "https"))
            && url.authority().is_some_and(|host| !host.as_str().contains('@'))
            && !text.contains('#')
    });
    match url {
        Some(_) => Ok(text.to_owned()),
        None => Err("not a URL; write it like http://auth-server:8000/.well-known/jwks.json"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use scopegate_settings::{environment::Environment, flags::Flags, names, resolve::resolve};

    use super::*;

    #[test]
    fn without_any_configuration_the_documented_defaults_hold() {
        let config = read(&[]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8001");
        assert_eq!(config.metrics_listen, Some("127.0.0.1:8011".parse().unwrap()));
        assert_eq!(config.issuer.as_str(), "http://localhost:8000");
        assert_eq!(config.audience.as_str(), "http://localhost:8001");
        assert_eq!(config.database, Database::File("./data/shared/scopegate.db".into()));
        assert_eq!(config.shared_key_file, PathBuf::from("./data/shared/shared.key"));
        assert_eq!(config.signing_alg, Algorithm::Hs256);
        assert_eq!(config.jwks_url, None);
        assert_eq!(config.max_staleness, Duration::from_secs(5));
        assert_eq!(config.docs_client, "docs");
        assert_eq!(config.log_format, LogFormat::Text);
    }

    const NOT_A_URL: &str =
        "={}: not a URL; write it like http://auth-server:8000/.well-known/jwks.json";

    #[test]
    fn a_wrong_value_is_one_line_that_says_which_and_why() {
        for (variable, value, expected) in [
            (
                "METRICS_LISTEN",
                "8011",
                "=8011: not an address to listen on; write it like 127.0.0.1:8010, or off",
            ),
            ("MAX_STALENESS", "0s", "=0s: too short; 1s is the least"),
            (
                "DOCS_CLIENT",
                "a b",
                "=a b: not a client id; it has 1 to 128 characters and no spaces",
            ),
            ("JWKS_URL", "auth-server:8000", NOT_A_URL),
            ("JWKS_URL", "file:///etc/keys", NOT_A_URL),
            ("JWKS_URL", "http://user:pw@auth-server/", NOT_A_URL),
            ("JWKS_URL", "http://auth-server/#keys", NOT_A_URL),
            ("JWKS_URL", "http://", NOT_A_URL),
            (
                "SIGNING_ALG",
                "none",
                "=none: not a signing algorithm; use HS256, EdDSA, ES256 or RS256",
            ),
        ] {
            let variable = format!("SCOPEGATE_{variable}");
            let error = read(&[(&variable, value)]).unwrap_err().to_string();
            let expected = expected.replace("{}", value);
            assert_eq!(error, format!("{variable}{expected}"));
        }
    }

    #[test]
    fn the_programs_own_variable_beats_the_common_one() {
        let both = [
            ("SCOPEGATE_LISTEN", "0.0.0.0:1"),
            ("SCOPEGATE_RESOURCE_LISTEN", "0.0.0.0:2"),
            ("SCOPEGATE_AUTH_LISTEN", "0.0.0.0:3"),
        ];
        assert_eq!(read(&both).unwrap().listen.port(), 2);
        assert_eq!(read(&both[..1]).unwrap().listen.port(), 1);
        assert_eq!(read(&both[2..]).unwrap().listen.port(), 8001);
    }

    #[test]
    fn metrics_have_an_address_of_their_own_or_none() {
        let own = "SCOPEGATE_RESOURCE_METRICS_LISTEN";
        let both = [("SCOPEGATE_METRICS_LISTEN", "off"), (own, "[::1]:0")];
        assert_eq!(read(&both[..1]).unwrap().metrics_listen, None);
        assert_eq!(read(&both).unwrap().metrics_listen, Some("[::1]:0".parse().unwrap()));
    }

    #[test]
    fn the_list_of_names_is_that_of_the_table() {
        let own: Vec<&str> = PROGRAM.own().map(|setting| setting.name).collect();
        assert_eq!(own, names::RESOURCE_API);
    }

    /// The settings that these variables give.
    pub(crate) fn read(variables: &[(&str, &str)]) -> Result<Config, SettingsError> {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
        let environment = Environment::new(variables);
        Config::read(&resolve(&PROGRAM, &Flags::default(), &environment, None)?)
    }
}
