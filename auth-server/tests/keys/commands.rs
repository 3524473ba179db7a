//! `auth-server key` through the real binary.

use std::{
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Command, Output},
};

use serde_json::Value;

/// A data folder, and the program that works on it.
struct Shell(tempfile::TempDir);

impl Shell {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn run(&self, line: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auth-server"));
        command.args(line.split(' ')).current_dir(self.0.path()).env_clear();
        command.output().unwrap()
    }

    fn ok(&self, line: &str) -> String {
        let output = self.run(line);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*error), (Some(0), ""), "{line}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that is refused; its one line.
    fn refused(&self, line: &str) -> String {
        let output = self.run(line);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), error.lines().count()), (Some(1), 1), "{line}: {error}");
        error
    }

    fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.ok(line)).unwrap()
    }

    /// Algorithm and state of each key.
    fn states(&self, settings: &str) -> Vec<String> {
        let list = self.json(&format!("key list --json{settings}"));
        let word = |key: &Value, name: &str| key[name].as_str().unwrap().to_owned();
        let keys = list.as_array().unwrap();
        keys.iter()
            .map(|key| format!("{} {}", word(key, "algorithm"), word(key, "state")))
            .collect()
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }
}

const EDDSA: &str = " --signing-alg EdDSA";

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("{name}: {value}")).to_owned()
}

#[test]
fn a_key_is_prepared_listed_and_retired() {
    let shell = Shell::new();
    let made = shell.json("key rotate --alg EdDSA --json");
    let kid = text(&made, "kid");
    assert!(made["signs_at"].is_string() && made["algorithm"] == "EdDSA", "{made}");
    let file = shell.path(&text(&made, "file"));
    assert_eq!(file, shell.path(&format!("./data/private/signing/{kid}.pem")));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(shell.states(""), ["EdDSA next"]);
    assert_eq!(shell.states(EDDSA), ["EdDSA signing"], "nothing else can sign");
    let error = shell.refused("key rotate --alg EdDSA");
    assert!(error.contains(&kid) && error.contains("waits"), "{error}");
    let error = shell.refused(&format!("key retire {kid}{EDDSA}"));
    assert!(error.contains("signs; `auth-server key rotate`"), "{error}");
    assert_eq!(shell.ok(&format!("key retire {kid}")), format!("key \"{kid}\" retired\n"));
    assert!(!file.exists());
    assert_eq!(shell.states(""), ["EdDSA retired"]);
    assert!(shell.refused(&format!("key retire {kid}")).contains("was retired at 20"));
    assert!(!shell.path("data/shared/shared.key").exists(), "nothing asked for it");
}

#[test]
fn a_key_that_has_leaked_is_replaced() {
    let shell = Shell::new();
    let kid = text(&shell.json(&format!("key rotate --now --json{EDDSA}")), "kid");
    let said = shell.ok(&format!("key retire {kid} --now{EDDSA}"));
    assert!(said.starts_with(&format!("key \"{kid}\" retired; key \"")), "{said}");
    assert_eq!(shell.states(EDDSA), ["EdDSA retired", "EdDSA signing"]);
    let table = shell.ok(&format!("key list{EDDSA}"));
    assert!(table.starts_with("KID ") && table.lines().count() == 3, "{table}");
    assert!(table.lines().nth(2).unwrap().ends_with("here"), "{table}");
}

#[test]
fn kr03_lines_of_the_shared_key_file_are_keys_too() {
    let shell = Shell::new();
    shell.ok("migrate");
    let first = text(&shell.json("key rotate --json"), "kid");
    let second = text(&shell.json("key rotate --json"), "kid");
    let file = shell.path("data/shared/shared.key");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let listed = shell.json("key list --json");
    let kids: Vec<_> = listed.as_array().unwrap().iter().map(|key| text(key, "kid")).collect();
    assert_eq!(kids, [second.clone(), first.clone()]);
    assert_eq!(shell.states(""), ["HS256 signing", "HS256 verifying"]);
    assert_eq!(listed[0]["until"], Value::Null);
    assert!(shell.refused(&format!("key retire {second}")).contains("signs;"));
    assert!(shell.refused(&format!("key retire {first}")).contains("may live until 20"));
    shell.ok(&format!("key retire {first} --now"));
    assert_eq!(shell.states(""), ["HS256 signing"]);
    let said = shell.ok(&format!("key retire {second} --now"));
    assert!(said.contains("signs now"), "{said}");
    let after = shell.json("key list --json");
    assert!(after.as_array().unwrap().len() == 1 && text(&after[0], "kid") != second, "{after}");
    for _ in 1..8 {
        shell.ok("key rotate");
    }
    assert!(shell.refused("key rotate").contains("more than 8 keys"), "KR06");
    let key = std::fs::read_to_string(&file).unwrap();
    let shown = shell.ok("key list --json") + &shell.ok("key list");
    assert!(key.lines().all(|line| !shown.contains(line)), "a key is shown by its name only");
}

#[test]
fn kr06_a_file_that_holds_no_key_is_refused_and_stays_as_it_is() {
    let shell = Shell::new();
    shell.ok("migrate");
    let file = shell.path("data/shared/shared.key");
    std::fs::write(&file, "short\n").unwrap();
    for line in ["key rotate", "key list", "key retire x --now"] {
        let error = shell.refused(line);
        assert!(error.contains("shared.key: line 1 holds a key of 5 bytes"), "{line}: {error}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "short\n");
    }
}

#[test]
fn what_is_no_key_is_refused_in_words() {
    let shell = Shell::new();
    for line in ["key list", "key list --signing-alg EdDSA"] {
        assert!(shell.refused(line).contains("the database is not there"), "{line}");
    }
    shell.ok("migrate");
    for kid in ["nothing", "../../shared/shared.key", "a/b", "-hcfCFYOdN4", "--cfCFYOdN4"] {
        for line in [format!("key retire {kid} --now"), format!("key retire --now {kid}")] {
            let error = shell.refused(&line);
            assert!(error.contains("does not exist; `auth-server key list`"), "{line}: {error}");
        }
    }
    for line in ["key rotate --alg none", "key rotate --alg hs256", "key retire", "key"] {
        assert_eq!(shell.run(line).status.code(), Some(2), "{line}");
    }
}
