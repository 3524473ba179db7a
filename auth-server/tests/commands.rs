//! Stories of the commands through the real binary: what they print, what they refuse, how they exit.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// A data folder, and the program that works on it.
struct Shell(tempfile::TempDir);

impl Shell {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// Runs a command; words are separated by `|`, because some hold spaces.
    fn run(&self, line: &str, input: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auth-server"));
        command.args(line.split('|')).current_dir(self.0.path()).env_clear();
        // A fast hash: what it costs is tested elsewhere.
        command.env("SCOPEGATE_ARGON2_MEMORY", "64").env("SCOPEGATE_ARGON2_TIME", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        // A command that refuses before it reads closes the pipe.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        child.wait_with_output().expect("the program ends")
    }

    /// Runs a command that succeeds; what it prints.
    fn ok(&self, line: &str, input: &str) -> String {
        let output = self.run(line, input);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{line}: {error}");
        assert_eq!(error, "", "{line}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Runs a command that is refused; its one line.
    fn refused(&self, line: &str, input: &str) -> String {
        let output = self.run(line, input);
        let error = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{line}: {error}");
        assert_eq!(error.lines().count(), 1, "{line}: {error}");
        assert!(output.stdout.is_empty(), "{line}");
        error.trim_end().strip_prefix("auth-server: ").expect("its name").to_owned()
    }

    fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.ok(line, "")).expect("JSON")
    }
}

/// A store with a scope, a user and two clients.
fn furnished() -> Shell {
    let shell = Shell::new();
    shell.ok("scope|add|me|--description|Read who you are.", "");
    shell.ok("user|add|ann|--scopes|me|--email|ann@example.com|--password-stdin", "long and odd\n");
    shell.ok("client|add|app|--public|--grants|password refresh_token|--scopes|me", "");
    shell.ok("client|add|job|--grants|client_credentials|--scopes|me", "");
    shell
}

#[test]
fn a_store_is_made_by_what_adds_and_by_nothing_else() {
    let shell = Shell::new();
    for line in ["user|list", "client|show|app", "user|disable|ann", "scope|delete|me|--yes"] {
        let error = shell.refused(line, "");
        assert!(error.starts_with("the database is not there"), "{line}: {error}");
        assert!(!shell.0.path().join("data").exists(), "{line}");
    }
    shell.ok("user|add|ann|--no-password", "");
    assert_eq!(shell.json("user|list|--json")[0]["username"], "ann");
    // The server key belongs to the machine that serves.
    assert!(!shell.0.path().join("data/private").exists());
}

#[test]
fn a_table_is_for_people_and_json_for_programs() {
    let shell = furnished();
    assert_eq!(
        shell.ok("user|list", ""),
        "USERNAME  FULL NAME  EMAIL            SCOPES  PASSWORD  DISABLED\n\
         ann       -          ann@example.com  me      argon2id  no\n"
    );
    let ann = shell.json("user|show|ann|--json");
    assert_eq!((&ann["email"], &ann["password"]), (&"ann@example.com".into(), &"argon2id".into()));
    assert_eq!((&ann["scopes"], &ann["full_name"]), (&serde_json::json!(["me"]), &Value::Null));
    let clients = shell.json("client|list|--json");
    assert_eq!((&clients[0]["client_id"], &clients[0]["public"]), (&"app".into(), &true.into()));
    assert_eq!(clients[1]["grants"], serde_json::json!(["client_credentials"]));
    assert!(!clients.to_string().contains("sha256"), "{clients}");
    let scopes = shell.json("scope|list|--json");
    assert_eq!(scopes, serde_json::json!([{"name": "me", "description": "Read who you are."}]));
}

#[test]
fn a_secret_that_is_made_is_shown_once() {
    let shell = furnished();
    let printed = shell.ok("client|add|web|--grants|client_credentials", "");
    let (_, rest) = printed.split_once("client_secret: ").expect("a secret");
    assert_eq!(rest.lines().next().map(str::len), Some(43));
    let rotated = shell.json("client|rotate-secret|web|--keep-old|24h|--json");
    assert_eq!(rotated["client_secret"].as_str().map(str::len), Some(43));
    let web = shell.json("client|show|web|--json");
    assert!(web["old_secret_until"].is_string(), "{web}");
    let given = "0123456789abcdef0123456789abcdef";
    let printed = shell.ok("client|rotate-secret|web|--secret-stdin", given);
    assert_eq!(printed, "client \"web\" has a new secret\n");
}

#[test]
fn weak_hashes_can_be_listed() {
    let shell = furnished();
    assert_eq!(shell.json("user|list|--weak-hash|--json"), serde_json::json!([]));
    let bcrypt = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW";
    shell.ok("user|add|old|--password-hash-stdin", bcrypt);
    let weak = shell.json("user|list|--weak-hash|--json");
    assert_eq!((&weak[0]["username"], &weak[0]["password"]), (&"old".into(), &"bcrypt".into()));
    assert_eq!(
        shell.json("user|list|--weak-hash|--json|--argon2-time|2").as_array().map(Vec::len),
        Some(2)
    );
}

#[test]
fn a_user_is_changed_disabled_and_deleted() {
    let shell = furnished();
    shell.ok("user|set|ann|--full-name|Ann|--email|", "");
    shell.ok("user|set-scopes|ann|", "");
    shell.ok("user|disable|ann", "");
    let ann = shell.json("user|show|ann|--json");
    assert_eq!((&ann["full_name"], &ann["email"]), (&"Ann".into(), &Value::Null));
    assert_eq!((&ann["scopes"], &ann["disabled"]), (&serde_json::json!([]), &true.into()));
    shell.ok("user|enable|ann", "");
    assert_eq!(shell.ok("user|revoke|ann", ""), "user \"ann\": 0 grants revoked\n");
    assert!(shell.refused("user|delete|ann", "").ends_with("add --yes"));
    shell.ok("user|delete|ann|--yes", "");
    let error = shell.refused("user|add|ann|--no-password", "");
    assert_eq!(error, "\"ann\" was a user that is deleted; no name is given out twice");
}

#[test]
fn what_makes_no_sense_is_refused_in_one_line() {
    let shell = furnished();
    for (line, input, expected) in [
        ("user|show|bob", "", "user \"bob\" does not exist; `auth-server user list` shows who"),
        ("client|enable|bob", "", "client \"bob\" does not exist; `auth-server client list`"),
        ("scope|set|bob|--description|x", "", "scope \"bob\" does not exist"),
        ("user|add|ann|--no-password", "", "user \"ann\" exists"),
        ("user|add|app|--no-password", "", "\"app\" is a client; users and clients share"),
        ("client|add|ann|--public|--grants|password", "", "\"ann\" is a user; users and"),
        ("user|add|a b|--no-password", "", "a username cannot hold spaces"),
        ("user|add|j\u{43e}hn|--no-password", "", "a username cannot mix scripts"),
        ("user|add|bob|--scopes|no|--no-password", "", "scope \"no\" does not exist; `auth-server"),
        ("user|add|bob", "", "there is no terminal to ask for the password on"),
        ("user|add|bob|--password-stdin", "short\n", "a password has 8 characters"),
        ("user|add|bob|--password-stdin", "password1\n", "that password is among the 10,000"),
        ("user|add|bob|--password-stdin", "one\ntwo\n", "standard input holds more than one"),
        ("user|add|bob|--password-hash-stdin", "secret\n", "not a password hash"),
        ("client|add|x", "", "a client without grants gets no token"),
        ("client|add|x|--grants|implicit", "", "grants: \"implicit\" is not a grant type"),
        ("client|add|x|--public|--grants|client_credentials", "", "grants: a public client has"),
        ("client|add|x|--grants|authorization_code", "", "redirect_uris: authorization_code"),
        ("client|add|x|--grants|password|--secret-stdin", "short", "a client secret has 32"),
        ("client|add|x|--public|--resource-server", "", "resource_server: a public client"),
        ("client|set|app|--grants|refresh_token", "", "grants: refresh_token alone gives"),
        ("client|set|app", "", "nothing to set"),
        ("client|rotate-secret|app", "", "client \"app\" is public"),
        ("scope|add|me", "", "scope \"me\" exists"),
        ("scope|add|a b", "", "a scope's name has"),
        ("apply|none.toml", "", "none.toml: cannot read the file"),
        ("user|list|--argon2-time|x", "", "--argon2-time=x: not a whole number"),
    ] {
        let error = shell.refused(line, input);
        assert!(error.starts_with(expected), "{line}: {error}");
    }
}

#[test]
fn a_demo_hash_is_for_a_server_on_this_machine() {
    let shell = Shell::new();
    let bcrypt = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW";
    let line = "user|add|old|--password-hash-stdin|--issuer|https://auth.example|--audience|https://api.example";
    assert!(shell.refused(line, bcrypt).starts_with("everybody knows the password"));
    shell.ok("user|add|old|--password-hash-stdin", bcrypt);
}

#[test]
fn wrong_usage_exits_with_2() {
    let shell = Shell::new();
    for line in ["nonsense", "user|list|--all", "user|add", "user|add|ann|--password|secret"] {
        assert_eq!(shell.run(line, "").status.code(), Some(2), "{line}");
    }
}

#[test]
fn a_file_is_applied_once_and_its_dry_run_writes_nothing() {
    let shell = Shell::new();
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/demo.toml");
    let dry = shell.ok(&format!("apply|{demo}|--dry-run"), "");
    assert!(
        dry.ends_with("8 added, 0 changed, 0 as they were (dry run: nothing was written)\n"),
        "{dry}"
    );
    assert!(!shell.0.path().join("data").exists());
    let report = shell.json(&format!("apply|{demo}|--json"));
    assert_eq!(report["entries"].as_array().map(Vec::len), Some(8));
    assert!(shell.0.path().join("data/private/clients/web.secret").exists());
    assert_eq!(shell.ok(&format!("apply|{demo}"), ""), "nothing to change\n");
    shell.ok("user|enable|alice", "");
    let again = shell.ok(&format!("apply|{demo}"), "");
    assert_eq!(again, "leaves user \"alice\": a command changed disabled\nnothing to change\n");
}

#[test]
fn another_machines_server_key_cannot_apply() {
    let shell = Shell::new();
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/demo.toml");
    shell.ok(&format!("apply|{demo}"), "");
    for line in [format!("apply|{demo}"), format!("apply|{demo}|--dry-run")] {
        let error = shell.refused(&format!("{line}|--server-key-file|keys/other.key"), "");
        assert!(error.contains("other.key: the server key that the database"), "{error}");
    }
}

#[test]
fn what_needs_no_store_needs_no_store() {
    let shell = Shell::new();
    assert!(shell.ok("completions|bash", "").contains("_auth"));
    assert_eq!(shell.json("openapi")["openapi"], "3.1.0");
    assert!(shell.ok("settings", "").contains("access-token-ttl"));
    assert!(!shell.0.path().join("data").exists());
    let error = shell.refused("healthcheck|--listen|127.0.0.1:1", "");
    assert!(error.starts_with("no answer from http://127.0.0.1:1/health/ready"), "{error}");
}
