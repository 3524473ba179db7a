//! `auth-server doctor`: what it says of a server that is well, and of each way to be not.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

use serde_json::Value;

use crate::harness::{AuthServer, Place, Settings, free_port};

/// A server at the URL that its issuer names.
async fn running(place: &Place) -> (AuthServer, String) {
    let port = free_port();
    let issuer = format!("http://localhost:{port}");
    let auth = AuthServer::with(place, |settings| {
        settings.set("listen", format!("127.0.0.1:{port}")).set("issuer", &issuer);
    })
    .await;
    (auth, issuer)
}

/// What is found, `check level text` each, and whether the exit code says the same.
fn found(place: &Place, change: impl FnOnce(&mut Settings)) -> Vec<String> {
    let outcome = place.run_with(&["doctor", "--json"], change).outcome();
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| {
        panic!("{error}: {outcome:?}");
    });
    let findings = report["findings"].as_array().expect("a list");
    let is_ill = findings.iter().any(|finding| finding["level"] == "problem");
    assert_eq!(outcome.code, Some(i32::from(is_ill)), "{outcome:?}");
    assert_eq!(outcome.stderr.lines().count(), usize::from(is_ill), "{outcome:?}");
    let text = |finding: &Value, name: &str| finding[name].as_str().expect("a text").to_owned();
    findings
        .iter()
        .map(|finding| ["check", "level", "text"].map(|name| text(finding, name)).join(" "))
        .collect()
}

/// There is exactly one finding of that check, and it says this.
#[track_caller]
fn tells(row: &str, found: &[String], start: &str, words: &str) {
    let check = start.split(' ').next().unwrap_or_default();
    let of_check: Vec<_> = found.iter().filter(|line| line.starts_with(check)).collect();
    let is_told = of_check.iter().any(|line| line.starts_with(start) && line.contains(words));
    assert!(is_told, "{row}: {found:#?}");
}

#[tokio::test]
async fn what_a_restore_has_put_aside_and_what_was_cut_short_is_named() {
    let place = Place::new();
    let (_auth, issuer) = running(&place).await;
    for name in ["shared/shared.key.replaced-20270115T091500000Z", "private/.backup.x.new"] {
        fs::write(place.data(name), "").expect("the folder is ours");
    }
    let all = found(&place, |settings| {
        settings.set("issuer", &issuer);
    });
    tells("aside", &all, "leftovers advice", "put this aside");
    tells("cut short", &all, "leftovers advice", ".backup.x.new: a command that was cut short");
}

#[tokio::test]
async fn a_server_that_is_well_has_no_problem() {
    let place = Place::new();
    let (_auth, issuer) = running(&place).await;
    let all = found(&place, |settings| {
        settings.set("issuer", &issuer).set("default-client", "first-party");
    });
    assert_eq!(all.iter().filter(|line| line.contains(" problem ")).count(), 0, "{all:#?}");
    tells("SC nobody holds it", &all, "scopes advice", "\"admin\": no client may ask for it");
    let text = place.run_with(&["doctor"], |settings| {
        settings.set("issuer", &issuer);
    });
    let text = text.done();
    for line in ["ok       issuer", "ok       database", "ok       keys", "advice   scopes: "] {
        assert!(text.lines().any(|found| found.starts_with(line)), "{line}: {text}");
    }
}

#[tokio::test]
async fn each_broken_setting_is_told_with_what_mends_it() {
    let place = Place::new();
    let (auth, issuer) = running(&place).await;
    let port = issuer.rsplit(':').next().expect("a port").to_owned();
    let other = format!("http://127.0.0.1:{port}");
    let silent = format!("http://localhost:{}", free_port());
    for (row, setting, value, start, words) in [
        ("another name", "issuer", other.as_str(), "issuer problem", "calls itself"),
        ("nobody there", "issuer", &silent, "issuer problem", "does not answer"),
        ("no such client", "default-client", "nobody", "clients problem", "does not exist"),
        ("a client with a secret", "default-client", "other", "clients problem", "has a secret"),
        ("a closed client", "default-client", "closed", "clients problem", "is disabled"),
        ("another key", "server-key-file", "other.key", "keys problem", "put it back"),
        ("no key", "shared-key-file", "none.key", "keys problem", "is not there"),
        ("dearer hashes", "argon2-time", "2", "users advice", "weaker than the settings"),
    ] {
        let found = found(&place, |settings| {
            settings.set("issuer", &issuer).set(setting, value);
        });
        tells(row, &found, start, words);
    }
    let all = found(&place, |settings| {
        settings.set("issuer", "https://auth.test").set("audience", "https://api.test");
    });
    tells("HH04 an unknown proxy", &all, "proxy problem", "trusted-proxies names none");
    let report = place.run_with(&["doctor", "--json", "--log-format=pink"], |_| {}).outcome();
    assert!(report.stdout.contains("the settings cannot be read"), "{report:?}");
    assert_eq!(report.code, Some(1));
    assert_eq!(auth.stop().await.code(), Some(0), "and the server heard nothing of it");
}

#[tokio::test]
async fn what_others_can_read_is_told() {
    let place = Place::new();
    let (_auth, issuer) = running(&place).await;
    for (row, path, mode, start, words) in [
        ("a key", "private/server.key", 0o644, "permissions problem", "everybody on this machine"),
        ("of a group", "private/server.key", 0o640, "permissions problem", "auth-server's alone"),
        ("shared", "shared/shared.key", 0o640, "permissions advice", "its group may use it"),
        ("a folder", "private", 0o755, "permissions problem", "`chmod 700 "),
    ] {
        let path = place.data(path);
        let before = fs::metadata(&path).expect("it is there").permissions();
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("it is ours");
        let found = found(&place, |settings| {
            settings.set("issuer", &issuer);
        });
        tells(row, &found, start, words);
        fs::set_permissions(&path, before).expect("it is ours");
    }
}

#[tokio::test]
async fn a_folder_without_a_store_is_examined_and_stays_empty() {
    let place = Place::empty();
    let all = found(&place, |settings| {
        settings.set("issuer", format!("http://localhost:{}", free_port()));
    });
    tells("no database", &all, "database problem", "auth-server migrate");
    tells("no key", &all, "keys problem", "`auth-server serve` makes it");
    assert!(!place.data("private").exists() && !place.data("shared").exists(), "nothing is made");
}
