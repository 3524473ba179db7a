//! The file of scopes, clients and users: taken or refused in one line, which shows no secret.
#![no_main]

use auth_server::apply::File;
use libfuzzer_sys::fuzz_target;

/// Inputs that hold it hold it as a secret.
const CANARY: &str = "canary-canary-canary";

fuzz_target!(|data: &str| {
    for issuer_is_loopback in [true, false] {
        let shown = match File::parse("demo.toml", data, issuer_is_loopback) {
            Ok(file) => format!("{file:?}"),
            Err(error) => {
                let line = error.to_string();
                assert!(!line.is_empty() && !line.contains(['\n', '\r', '\u{1b}']), "{line:?}");
                line
            }
        };
        let only_as_secret = data.lines().filter(|line| line.contains(CANARY)).all(|line| {
            line == format!("secret = \"{CANARY}\"") || line == format!("password = \"{CANARY}\"")
        });
        assert!(!only_as_secret || !shown.contains(CANARY), "{shown}");
    }
});
