use std::path::Path;

use scopegate_core::algorithm::Algorithm;
use scopegate_settings::{
    choice::{LogFormat, Synchronous},
    database::Database,
    environment::Environment,
    file::ConfigFile,
    flags::Flags,
    names,
    resolve::resolve,
};

use super::*;

#[test]
fn without_any_configuration_the_documented_defaults_hold() {
    let config = read(&[], None).unwrap();
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8000");
    assert_eq!(config.http.metrics_listen, Some("127.0.0.1:8010".parse().unwrap()));
    assert_eq!(config.http.issuer.as_str(), "http://localhost:8000");
    assert_eq!(config.http.audience.as_str(), "http://localhost:8001");
    assert_eq!(config.http.cors_origins, ["http://localhost:8001", "http://127.0.0.1:8001"]);
    assert_eq!(config.http.default_client, None);
    assert_eq!(config.tokens.access_token_ttl.as_secs(), 30 * 60);
    assert_eq!(config.tokens.refresh_token_ttl.as_secs(), 30 * 86_400);
    assert_eq!(config.tokens.refresh_token_max_age.as_secs(), 90 * 86_400);
    assert_eq!(config.tokens.refresh_reuse_grace.as_secs(), 30);
    assert_eq!(config.sessions.idle.as_secs(), 12 * 3600);
    assert_eq!(config.sessions.max_age.as_secs(), 7 * 86_400);
    assert_eq!(config.pages.brand_name, "Scopegate");
    assert_eq!(config.pages.brand_color.rgb, [0x1d, 0x5b, 0x8c]);
    assert_eq!(config.pages.brand_logo, None);
    assert_eq!(config.pages.templates_dir, None);
    assert_eq!(config.store.database, Database::File("./data/shared/scopegate.db".into()));
    assert_eq!(config.store.synchronous, Synchronous::Full);
    assert!(!config.store.no_migrate);
    assert_eq!(config.store.apply, None);
    assert_eq!(config.audit.keep.as_secs(), 90 * 86_400);
    assert_eq!(config.keys.shared_key_file, Path::new("./data/shared/shared.key"));
    assert_eq!(config.keys.server_key_file, Path::new("./data/private/server.key"));
    assert_eq!(config.keys.signing_alg, Algorithm::Hs256);
    assert_eq!(config.keys.signing_key_lead.as_secs(), 10 * 60);
    let costs = HashingConfig { memory: 65_536, time: 3, lanes: 4, queue: 32 };
    assert_eq!(config.hashing, costs);
    assert!(config.limits.guesses);
    assert_eq!(config.limits.trusted_proxies, TrustedProxies::default());
    assert_eq!(config.logging.format, LogFormat::Text);
    assert_eq!(config.private_dir(), Path::new("./data/private"));
}

#[test]
fn what_lies_in_the_data_folder_moves_with_it() {
    let config = read(&[("SCOPEGATE_DATA_DIR", "/srv/scopegate")], None).unwrap();
    assert_eq!(config.store.database, Database::File("/srv/scopegate/shared/scopegate.db".into()));
    assert_eq!(config.keys.shared_key_file, Path::new("/srv/scopegate/shared/shared.key"));
    assert_eq!(config.keys.server_key_file, Path::new("/srv/scopegate/private/server.key"));
}

#[test]
fn cors_origins_that_are_given_replace_the_audience() {
    for (given, expected) in [
        ("https://app.example", vec!["https://app.example"]),
        (
            "https://app.example, http://localhost:3000",
            vec!["https://app.example", "http://localhost:3000", "http://127.0.0.1:3000"],
        ),
    ] {
        let config = read(&[("SCOPEGATE_CORS_ORIGINS", given)], None).unwrap();
        assert_eq!(config.http.cors_origins, expected, "{given}");
    }
    let config = read(&[], Some("[auth-server]\ncors_origins = []")).unwrap();
    assert!(config.http.cors_origins.is_empty());
}

#[test]
fn a_wrong_value_is_one_line_that_says_which_and_why() {
    for (variable, value, expected) in [
        ("ACCESS_TOKEN_TTL", "30x", "=30x: not a duration; write it like 30s, 30m, 12h or 30d"),
        (
            "REFRESH_REUSE_GRACE",
            "60d",
            "=60d: must be shorter than refresh-token-ttl, which is 30d",
        ),
        ("SESSION_IDLE", "8d", "=8d: must not be longer than session-max-age, which is 7d"),
        ("BRAND_COLOR", "blue", "=blue: not a colour; write it like #1d5b8c"),
        ("BRAND_NAME", " ", "= : not a name; it has 1 to 60 characters on one line"),
        ("ARGON2_MEMORY", "31", "=31: 4 lanes need at least 32 KiB"),
        ("ARGON2_MEMORY", "262145", "=262145: not a whole number from 8 to 262144"),
        ("ARGON2_TIME", "11", "=11: not a whole number from 1 to 10"),
        ("ARGON2_TIME", "+3", "=+3: not a whole number from 1 to 10"),
        ("ARGON2_LANES", "0", "=0: not a whole number from 1 to 16"),
        ("HASH_QUEUE", "many", "=many: not a whole number from 1 to 10000"),
        ("GUESS_LIMITS", "few", "=few: not a switch; write true or false"),
        (
            "TRUSTED_PROXIES",
            "10.0.0.1, proxy",
            "=10.0.0.1, proxy: \"proxy\" is not an address or network; write it like 10.0.0.1 or \
             10.0.0.0/8",
        ),
        (
            "TRUSTED_PROXIES",
            "0.0.0.0/0",
            "=0.0.0.0/0: \"0.0.0.0/0\" is everybody; whoever is trusted can choose any address",
        ),
        ("NO_MIGRATE", "yes", "=yes: not a switch; write true or false"),
        (
            "DEFAULT_CLIENT",
            "first party",
            "=first party: not a client id; it has 1 to 128 characters and no spaces",
        ),
        (
            "CORS_ORIGINS",
            "null",
            "=null: \"null\" is not a URL; write it like https://auth.example",
        ),
        (
            "CORS_ORIGINS",
            "https://a.example,https://b.example/",
            "=https://a.example,https://b.example/: \"https://b.example/\" is a URL with a \
             trailing slash; leave it out",
        ),
        (
            "AUTH_LISTEN",
            "localhost:8000",
            "=localhost:8000: not an address to listen on; write it like 127.0.0.1:8000 or \
             [::]:8000",
        ),
    ] {
        let variable = format!("SCOPEGATE_{variable}");
        let error = read(&[(&variable, value)], None).unwrap_err().to_string();
        assert_eq!(error, format!("{variable}{expected}"));
    }
}

#[test]
fn the_list_of_names_is_that_of_the_table() {
    let own: Vec<&str> = PROGRAM.own().map(|setting| setting.name).collect();
    assert_eq!(own, names::AUTH_SERVER);
}

#[test]
fn flags_work_before_and_after_every_subcommand_and_a_switch_takes_none_of_them() {
    for line in [
        "auth-server --data-dir x --allow-http serve",
        "auth-server serve --data-dir x --allow-http",
        "auth-server --allow-http user --data-dir x add alice",
        "auth-server user add alice --allow-http=true --data-dir x",
        "auth-server user add --allow-http alice --data-dir=x",
    ] {
        let matches = command().try_get_matches_from(line.split(' ')).unwrap();
        let values =
            resolve(&PROGRAM, &Flags::of(&PROGRAM, &matches), &Environment::default(), None);
        let values = values.unwrap();
        assert_eq!(values.path("data-dir").unwrap(), Path::new("x"), "{line}");
        assert!(values.switch("allow-http").unwrap(), "{line}");
    }
}

#[test]
fn an_unknown_flag_is_the_parsers_exit_2() {
    let error = command().try_get_matches_from(["auth-server", "serve", "--colour"]).unwrap_err();
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn a_subcommand_lists_the_few_settings_that_it_needs_and_serve_all() {
    let help = |line: &str| {
        command().try_get_matches_from(line.split(' ')).unwrap_err().render().to_string()
    };
    let add = help("auth-server user add --help");
    assert!(add.contains("--data-dir") && !add.contains("--access-token-ttl"), "{add}");
    let serve = help("auth-server serve --help");
    assert!(serve.contains("--access-token-ttl") && serve.contains("[default: 30m]"), "{serve}");
}

fn command() -> Command {
    let add = Command::new("add").arg(clap::Arg::new("username"));
    let user = Command::new("user").subcommand(add);
    Config::add_flags(Command::new("auth-server").subcommands([Command::new("serve"), user]))
}

fn read(variables: &[(&str, &str)], file: Option<&str>) -> Result<Config, SettingsError> {
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
    let environment = Environment::new(variables);
    let file = file.map(|text| ConfigFile::parse("scopegate.toml", text)).transpose()?;
    Config::read(&resolve(&PROGRAM, &Flags::default(), &environment, file.as_ref())?)
}
