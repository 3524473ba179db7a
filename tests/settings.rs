//! Settings as an operator gives them: flag over environment over file over default, and what is
//! said about a wrong one.

use crate::harness::{AuthServer, Place, Run, Settings, programs};

#[tokio::test]
async fn a_flag_beats_a_variable_beats_the_file_beats_the_default() {
    let place = Place::empty();
    let file = place.write(
        "scopegate.toml",
        "issuer = \"https://file.example\"\naudience = \"https://api.file.example\"\n",
    );
    for (row, flag, variable, with_file, expected) in [
        ("default", None, None, false, "http://localhost:8000"),
        ("file", None, None, true, "https://file.example"),
        ("variable", None, Some("https://variable.example"), true, "https://variable.example"),
        (
            "flag",
            Some("https://flag.example"),
            Some("https://variable.example"),
            true,
            "https://flag.example",
        ),
        ("an empty variable counts as none", None, Some(""), true, "https://file.example"),
    ] {
        let mut settings = Settings::default();
        if let Some(flag) = flag {
            settings.set("issuer", flag);
        }
        if let Some(variable) = variable {
            settings.variable("SCOPEGATE_ISSUER", variable);
        }
        if with_file {
            settings.set("config", &file);
        }
        let document = auth_server(&settings, &["openapi"]).json();
        assert_eq!(document["servers"][0]["url"], expected, "{row}");
        let document = resource_api(&settings, &["openapi"]).json();
        let api = if with_file { "https://api.file.example" } else { "http://localhost:8001" };
        assert_eq!(document["servers"][0]["url"], api, "{row}: one file serves both");
    }
}

#[tokio::test]
async fn a_wrong_setting_stops_the_start_with_one_line() {
    let place = Place::empty();
    let write = |name: &str, content: &str| place.write(name, content);
    let unknown = write("unknown.toml", "data_dri = \"x\"\n");
    let table = write("table.toml", "[auth-server]\nmax_staleness = \"1s\"\n");
    let broken = write("broken.toml", "issuer = \n");
    let value = write("value.toml", "[auth-server]\naccess_token_ttl = \"30x\"\n");
    for (row, name, setting, expected) in [
        ("an unknown key", "config", unknown.as_os_str(), "data_dri"),
        ("the other program's key", "config", table.as_os_str(), "max_staleness"),
        ("no TOML", "config", broken.as_os_str(), "broken.toml"),
        ("a wrong value in the file", "config", value.as_os_str(), "access_token_ttl"),
        ("a file that is not there", "config", "/nowhere.toml".as_ref(), "/nowhere.toml"),
        ("a wrong duration", "access-token-ttl", "30x".as_ref(), "access-token-ttl"),
        ("a wrong address", "listen", "localhost".as_ref(), "listen"),
        ("an algorithm", "signing-alg", "none".as_ref(), "signing-alg"),
        ("HH08 http beyond loopback", "issuer", "http://auth.example".as_ref(), "allow-http"),
        ("a path in the issuer", "issuer", "https://auth.example/x".as_ref(), "issuer"),
        ("a slash behind it", "issuer", "https://auth.example/".as_ref(), "issuer"),
        ("too little memory", "argon2-memory", "1".as_ref(), "argon2-memory"),
    ] {
        let mut settings = place.auth_settings();
        settings.set(name, setting);
        let line = auth_server(&settings, &["serve"]).refused();
        assert!(line.starts_with("auth-server: ") && line.contains(expected), "{row}: {line}");
    }
    let mut settings = place.shared_settings();
    settings.variable("SCOPEGATE_MAX_STALENESS", "soon");
    let line = resource_api(&settings, &["serve"]).refused();
    assert!(line.starts_with("resource-api: SCOPEGATE_MAX_STALENESS=soon"), "{line}");
}

#[tokio::test]
async fn wrong_usage_exits_with_two() {
    let settings = Settings::default();
    for arguments in [
        &["serve", "--no-such-flag"][..],
        &["no-such-command"],
        &[],
        &["user", "add"],
        &["user", "add", "erin", "--password", "on the command line"],
        &["client", "add", "x", "--secret", "on the command line"],
    ] {
        let outcome = auth_server(&settings, arguments).outcome();
        assert_eq!(outcome.code, Some(2), "{arguments:?}: {outcome:?}");
    }
    for arguments in [&["serve", "--no-such-flag"][..], &["user", "list"], &[]] {
        let outcome = resource_api(&settings, arguments).outcome();
        assert_eq!(outcome.code, Some(2), "{arguments:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn every_command_has_help() {
    let settings = Settings::default();
    let user = [
        "add",
        "list",
        "show",
        "set",
        "set-password",
        "set-scopes",
        "enable",
        "disable",
        "revoke",
        "delete",
    ];
    let client = ["add", "list", "show", "set", "enable", "disable", "rotate-secret", "delete"];
    let scope = ["add", "list", "set", "delete"];
    let alone = [
        "serve",
        "migrate",
        "apply",
        "user",
        "client",
        "scope",
        "healthcheck",
        "openapi",
        "completions",
    ];
    let mut commands: Vec<Vec<&str>> = alone.map(|command| vec![command]).into();
    for (group, names) in
        [("user", &user[..]), ("client", &client), ("scope", &scope), ("store", &["copy"])]
    {
        commands.extend(names.iter().map(|name| vec![group, name]));
    }
    for command in commands {
        let help = auth_server(&settings, &[&command[..], &["--help"]].concat()).done();
        assert!(help.contains("Usage: auth-server"), "{command:?}: {help}");
    }
    for command in ["serve", "healthcheck", "openapi"] {
        let help = resource_api(&settings, &[command, "--help"]).done();
        assert!(help.contains("Usage: resource-api"), "{command}: {help}");
    }
}

#[tokio::test]
async fn an_unknown_variable_is_a_warning_and_the_programs_own_address_wins() {
    let place = Place::empty();
    let mut auth = AuthServer::with(&place, |settings| {
        settings
            .unset("listen")
            .variable("SCOPEGATE_LISTEN", "127.0.0.1:1")
            .variable("SCOPEGATE_AUTH_LISTEN", "127.0.0.1:0")
            .variable("SCOPEGATE_PORT", "tcp://10.0.0.1:8000");
    })
    .await;
    let line = auth.process.line("SCOPEGATE_PORT").await;
    assert!(line.contains("WARN"), "{line}");
    assert!(!auth.process.log().contains("SCOPEGATE_LISTEN"), "it is known");
}

fn auth_server(settings: &Settings, arguments: &[&str]) -> Run {
    Run::new(settings.command(&programs().auth_server, arguments))
}

fn resource_api(settings: &Settings, arguments: &[&str]) -> Run {
    Run::new(settings.command(&programs().resource_api, arguments))
}
