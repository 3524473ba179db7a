use std::ffi::OsString;

use super::*;
use crate::{
    data_dir::DataDir,
    database::Database,
    setting::Kind,
    shared::{SHARED, Shared},
};

/// A program like ours: names from the real lists, so that the file knows their owners.
const PROGRAM: Program = Program {
    name: "auth-server",
    sections: &[&[
        Setting::new("listen", "ADDRESS", "Address")
            .or("127.0.0.1:8000")
            .own_variable("SCOPEGATE_AUTH_LISTEN"),
        Setting::new("access-token-ttl", "DURATION", "Lifetime").or("30m"),
        Setting::new("hash-queue", "LOGINS", "Queue").or("32"),
        Setting::new("cors-origins", "ORIGINS", "Origins").list(),
        Setting::switch("no-migrate", "Leave the schema alone"),
    ]],
};

type Row<'a> = (&'a str, &'a [(&'static str, &'a str)], &'a [(&'a str, &'a str)], &'a str);

#[test]
fn flag_beats_environment_beats_file_beats_default() {
    const FLAG: &[(&str, &str)] = &[("listen", "1.1.1.1:1")];
    const OWN: (&str, &str) = ("SCOPEGATE_AUTH_LISTEN", "2.2.2.2:2");
    const COMMON: (&str, &str) = ("SCOPEGATE_LISTEN", "3.3.3.3:3");
    const FILE: &str = "[auth-server]\nlisten = '4.4.4.4:4'";
    let rows: &[(Row<'_>, &str, &str)] = &[
        (("all", FLAG, &[OWN, COMMON], FILE), "1.1.1.1:1", "--listen"),
        (("no flag", &[], &[OWN, COMMON], FILE), "2.2.2.2:2", "SCOPEGATE_AUTH_LISTEN"),
        (("common variable", &[], &[COMMON], FILE), "3.3.3.3:3", "SCOPEGATE_LISTEN"),
        (
            ("own variable empty", &[], &[("SCOPEGATE_AUTH_LISTEN", ""), COMMON], FILE),
            "3.3.3.3:3",
            "SCOPEGATE_LISTEN",
        ),
        (("file", &[], &[], FILE), "4.4.4.4:4", "scopegate.toml: auth-server.listen"),
        (
            ("variable empty", &[], &[("SCOPEGATE_LISTEN", "")], FILE),
            "4.4.4.4:4",
            "scopegate.toml: auth-server.listen",
        ),
        (
            ("the other's variable", &[], &[("SCOPEGATE_RESOURCE_LISTEN", "9.9.9.9:9")], FILE),
            "4.4.4.4:4",
            "scopegate.toml: auth-server.listen",
        ),
        (("nothing", &[], &[], ""), "127.0.0.1:8000", "listen"),
    ];
    for (row, expected, from) in rows {
        let values = values(*row).unwrap();
        assert_eq!(values.address("listen").unwrap().to_string(), *expected, "{}", row.0);
        let shown = values.refuse("listen", "no").to_string();
        assert_eq!(shown, format!("{from}={expected}: no"), "{}", row.0);
    }
}

#[test]
fn the_programs_own_table_beats_the_common_key() {
    let file = "log_format = 'text'\n[auth-server]\nlog_format = 'json'";
    let values = values(("table", &[], &[], file)).unwrap();
    assert_eq!(
        values.source("log-format"),
        &Source::File { place: "scopegate.toml: auth-server.log_format".to_owned() },
    );
}

#[test]
fn toml_takes_strings_integers_booleans_and_lists() {
    let file = "\
        allow_http = true\n\
        [auth-server]\n\
        hash_queue = 7\n\
        no_migrate = 'on'\n\
        cors_origins = ['https://a.example', 'https://b.example']\n";
    let values = values(("kinds", &[], &[], file)).unwrap();
    assert!(values.switch("allow-http").unwrap());
    assert!(values.switch("no-migrate").unwrap());
    assert_eq!(values.number("hash-queue", 1..=100).unwrap(), 7);
    let origins = values.list("cors-origins", |text| Ok::<_, String>(text.to_owned())).unwrap();
    assert_eq!(origins.unwrap(), ["https://a.example", "https://b.example"]);
}

#[test]
fn a_wrong_file_is_one_line_that_says_where_and_why() {
    for (file, expected) in [
        ("isuer = 'x'", "isuer: unknown key; did you mean issuer?"),
        ("data-dir = 'x'", "data-dir: unknown key; did you mean data_dir?"),
        ("colour = 'x'", "colour: unknown key; docs/settings.md lists them all"),
        ("\"a\\nb\" = 1", "a\\nb: unknown key; docs/settings.md lists them all"),
        (
            "acces_token_ttl = '1m'",
            "acces_token_ttl: unknown key; did you mean access_token_ttl under [auth-server]?",
        ),
        ("[auth_server]", "auth_server: unknown key; did you mean [auth-server]?"),
        ("[auth-server]\nlisen = 1", "auth-server.lisen: unknown key; did you mean listen?"),
        ("access_token_ttl = '1m'", "access_token_ttl: belongs under [auth-server]"),
        ("max_staleness = '1s'", "max_staleness: belongs under [resource-api]"),
        ("listen = '1.1.1.1:1'", "listen: belongs under [auth-server] or [resource-api]"),
        (
            "[auth-server]\nmax_staleness = '1s'",
            "auth-server.max_staleness: belongs under [resource-api]",
        ),
        ("auth-server = 3", "auth-server: must be a table"),
        ("issuer = ['http://localhost']", "issuer: takes one value, not a list"),
        ("[auth-server]\ncors_origins = [1]", "auth-server.cors_origins: takes a list of strings"),
        (
            "[auth-server]\nhash_queue = 1.5",
            "auth-server.hash_queue: takes a string, a whole number, true or false",
        ),
        ("[issuer]\nx = 1", "issuer: takes a string, a whole number, true or false"),
    ] {
        let error = values(("file", &[], &[], file)).unwrap_err().to_string();
        assert_eq!(error, format!("scopegate.toml: {expected}"));
    }
}

#[test]
fn what_is_not_toml_is_told_by_its_line_and_quotes_nothing_of_the_file() {
    let file = "issuer = 'http://localhost:8000'\ndatabase_url = 'postgres://u:hunter2@h/n\n";
    let error = values(("syntax", &[], &[], file)).unwrap_err().to_string();
    assert!(error.starts_with("scopegate.toml: line 2: "), "{error}");
    assert!(!error.contains("hunter2") && !error.contains('\n'), "{error}");
}

#[test]
fn the_other_programs_table_is_left_to_it() {
    let file = "[resource-api]\nnonsense = [1.5]\nlisten = 'nowhere'";
    assert!(values(("other", &[], &[], file)).is_ok());
}

#[test]
fn the_whole_file_is_checked_also_what_a_flag_overrides() {
    let file = "issuer = ['x']";
    assert!(values(("both", &[("issuer", "http://localhost")], &[], file)).is_err());
}

#[test]
fn a_wrong_shared_value_is_one_line_that_says_which_and_why() {
    for (name, value, expected) in [
        (
            "issuer",
            "http://auth.example",
            "--issuer=http://auth.example: http is for loopback hosts only; use https, or set \
             allow-http if nobody can listen in",
        ),
        (
            "audience",
            "http://192.168.0.1",
            "--audience=http://192.168.0.1: http is for loopback hosts only; use https, or set \
             allow-http if nobody can listen in",
        ),
        (
            "audience",
            "https://api.example/",
            "--audience=https://api.example/: a URL with a trailing slash; leave it out",
        ),
        (
            "database-url",
            "mysql://u:hunter2@h/n",
            "--database-url: not a database URL; write it like sqlite:///var/lib/scopegate.db or \
             postgres://host/name",
        ),
        ("verify-algs", "EdDSA", "--verify-algs=EdDSA: lacks HS256, the signing-alg"),
        (
            "verify-algs",
            "HS256,none",
            "--verify-algs=HS256,none: \"none\" is not a signing algorithm; use HS256, EdDSA, ES256 \
             or RS256",
        ),
        (
            "signing-alg",
            "hs256",
            "--signing-alg=hs256: not a signing algorithm; use HS256, EdDSA, ES256 or RS256",
        ),
        ("log-format", "xml", "--log-format=xml: not a log format; write text or json"),
        ("synchronous", "off", "--synchronous=off: not a way to sync; write full or normal"),
        ("allow-http", "1", "--allow-http=1: not a switch; write true or false"),
        ("data-dir", "", "--data-dir=: not a path"),
        (
            "issuer",
            "http://localhost\nX",
            "--issuer=http://localhost\\nX: not spelled as browsers do; write http://localhostx",
        ),
    ] {
        let values = values(("shared", &[(name, value)], &[], "")).unwrap();
        assert_eq!(Shared::read(&values).unwrap_err().to_string(), expected);
    }
}

#[test]
fn http_beyond_loopback_is_taken_with_allow_http() {
    let flags = [("issuer", "http://auth.example"), ("allow-http", "true")];
    let shared = Shared::read(&values(("http", &flags, &[], "")).unwrap()).unwrap();
    assert_eq!(shared.issuer.as_str(), "http://auth.example");
}

#[test]
fn a_secret_value_shows_nowhere() {
    let flags = [("database-url", "postgres://u:hunter2@h/n")];
    let values = values(("secret", &flags, &[], "")).unwrap();
    let shared = Shared::read(&values).unwrap();
    assert!(matches!(&shared.database, Database::Url(url) if url.expose().contains("hunter2")));
    let shown = format!("{values:?} {shared:?} {}", values.refuse("database-url", "no"));
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn variables_that_nobody_knows_are_listed() {
    let environment = environment(&[
        ("SCOPEGATE_PORT", "tcp://10.0.0.1:80"),
        ("SCOPEGATE_ISUER", "x"),
        ("SCOPEGATE_EMPTY", ""),
        ("SCOPEGATE_CONFIG", "x"),
        ("SCOPEGATE_ISSUER", "x"),
        ("SCOPEGATE_MAX_STALENESS", "5s"),
        ("SCOPEGATE_RESOURCE_LISTEN", "x"),
        ("PATH", "x"),
    ]);
    assert_eq!(environment.unknown(), ["SCOPEGATE_ISUER", "SCOPEGATE_PORT"]);
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_refused_where_it_is_ours() {
    use std::os::unix::ffi::OsStringExt;
    let bad = || OsString::from_vec(vec![0xFF]);
    let environment = Environment::new([("SCOPEGATE_ISSUER".into(), bad())]);
    let error = resolve(&PROGRAM, &Flags::default(), &environment, None).unwrap_err();
    assert_eq!(error.to_string(), "SCOPEGATE_ISSUER: not UTF-8 text");
    let environment = Environment::new([("SCOPEGATE_PORT".into(), bad())]);
    assert!(resolve(&PROGRAM, &Flags::default(), &environment, None).is_ok());
}

#[test]
fn a_file_that_is_not_there_is_named_as_it_was_given() {
    let environment = environment(&[("SCOPEGATE_CONFIG", "/nowhere/a.toml")]);
    let error = read_file(&Flags::default(), &environment).unwrap_err().to_string();
    assert!(error.starts_with("SCOPEGATE_CONFIG=/nowhere/a.toml: cannot read the file: "));
    let flags = Flags { config: Some("/nowhere/b.toml".to_owned()), given: vec![] };
    let error = read_file(&flags, &environment).unwrap_err().to_string();
    assert!(error.starts_with("--config=/nowhere/b.toml: cannot read the file: "), "{error}");
}

#[test]
fn the_page_has_a_row_for_every_setting() {
    let page = crate::page::head() + &crate::page::of_program(&PROGRAM);
    for setting in PROGRAM.settings() {
        let value = if setting.kind == Kind::Switch {
            String::new()
        } else {
            format!(" {}", setting.value_name)
        };
        assert!(page.contains(&format!("| `--{}{value}` | `", setting.name)), "{}", setting.name);
    }
    let listen = "| `--listen ADDRESS` | `SCOPEGATE_AUTH_LISTEN`, `SCOPEGATE_LISTEN` | `listen` \
                  | `127.0.0.1:8000` | Address |";
    assert!(page.contains(listen), "{page}");
}

#[test]
fn no_name_is_given_twice() {
    let mut names: Vec<&str> = PROGRAM.settings().map(|setting| setting.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    assert_eq!(SHARED.len() + 5, count);
}

#[test]
fn the_data_folder_has_one_layout() {
    let dir = DataDir::new("/d".into());
    assert_eq!(dir.database_file(), Path::new("/d/shared/scopegate.db"));
    assert_eq!(dir.shared_key_file(), Path::new("/d/shared/shared.key"));
    assert_eq!(dir.server_key_file(), Path::new("/d/private/server.key"));
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment::new(variables.iter().map(|(name, value)| (name.into(), value.into())))
}

fn values((_, flags, variables, file): Row<'_>) -> Result<Values, SettingsError> {
    let given = flags.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    let file = ConfigFile::parse("scopegate.toml", file)?;
    resolve(&PROGRAM, &Flags { config: None, given }, &environment(variables), Some(&file))
}
