//! Rows of files that are refused, each with its line or its entry.

use super::*;

fn error(content: &str) -> String {
    File::parse("demo.toml", content, false).map(|_| ()).expect_err("a refusal").to_string()
}

fn client(rest: &str) -> String {
    format!("[[client]]\nid = \"web\"\n{rest}\n")
}

fn user(rest: &str) -> String {
    format!("[[user]]\nusername = \"bob\"\n{rest}\n")
}

fn assert_refused(rows: &[(&str, String, &str)]) {
    for (row, content, expected) in rows {
        let message = error(content);
        assert!(message.starts_with(expected), "{row}: {message}");
        assert_eq!(message.lines().count(), 1, "{row}: {message}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_refused_with_its_line() {
    assert_refused(&[
        ("not TOML", "[[user]\n".to_owned(), "demo.toml: line 1: "),
        ("unknown table", "[[group]]\n".to_owned(), "demo.toml: line 1: unknown field `group`"),
        ("unknown key", user("nick = \"b\""), "demo.toml: line 3: unknown field `nick`"),
        ("no name", "\n[[client]]\npublic = true\n".to_owned(), "demo.toml: line 2: missing field"),
        ("wrong type", user("disabled = \"no\""), "demo.toml: line 3: invalid type"),
        ("twice the key", user("email = \"a\"\nemail = \"b\""), "demo.toml: line 4: duplicate key"),
    ]);
}

#[test]
fn a_name_that_cannot_be_given_out_is_refused() {
    assert_refused(&[
        ("client id", "[[client]]\nid = \"a b\"".to_owned(), "client \"a b\": id: a client id"),
        ("username", "[[user]]\nusername = \"a b\"".to_owned(), "user \"a b\": username: a user"),
        (
            "PW11 mixed scripts",
            "[[user]]\nusername = \"j\u{43e}hn\"".to_owned(),
            "user \"j\u{43e}hn\": username: a username cannot mix",
        ),
        ("scope", "[[scope]]\nname = \"a b\"".to_owned(), "scope \"a b\": name: a scope's name"),
        ("item", "[[item]]\nitem_id = \"\"\nowner = \"b\"".to_owned(), "item \"\": item_id: it is"),
        ("twice", user("") + &user(""), "user \"bob\": username: stands in the file twice"),
        (
            "one namespace",
            "[[client]]\nid = \"bob\"\n".to_owned() + &user(""),
            "user \"bob\": username: stands in the file twice",
        ),
    ]);
}

#[test]
fn a_client_that_cannot_be_applied_is_refused() {
    let secret = "secret = \"0123456789abcdef0123456789abcdef\"";
    let both = format!("{secret}\nsecret_sha256 = \"ab\"");
    let public = format!("{secret}\npublic = true");
    assert_refused(&[
        ("short secret", client("secret = \"short\""), "client \"web\": secret: a client secret"),
        ("digest", client("secret_sha256 = \"xy\""), "client \"web\": secret_sha256: not 64"),
        ("two secrets", client(&both), "client \"web\": secret: stands beside"),
        ("public with a secret", client(&public), "client \"web\": public: a public client"),
        ("consent", client("consent = \"no\""), "client \"web\": consent: \"no\" is neither"),
        ("scopes", client("scopes = [\"a b\"]"), "client \"web\": scopes: a scope holds"),
    ]);
}

#[test]
fn a_user_who_cannot_be_applied_is_refused() {
    let hash = "$argon2id$v=19$m=65536,t=3,p=4$wagCPXjifgvUFBzq4hqe3w$CYaIb8sB+wtD+Vu/P4uod1+Qof8h+1g7bbDlBID48Rc";
    let hashed = |hash: &str| user(&format!("password_hash = \"{hash}\""));
    let both = user(&format!("password = \"x\"\npassword_hash = \"{hash}\""));
    let long = user(&format!("password = \"{}\"", "x".repeat(1025)));
    assert_refused(&[
        ("two passwords", both, "user \"bob\": password: stands beside"),
        ("empty", user("password = \"\""), "user \"bob\": password: it is empty"),
        ("PW long", long, "user \"bob\": password: a password has 1024 bytes"),
        ("not a hash", hashed("secret"), "user \"bob\": password_hash: not a password hash"),
        (
            "PW15 dear",
            hashed(&hash.replace("t=3", "t=99")),
            "user \"bob\": password_hash: the hash",
        ),
        ("demo hash", hashed(hash), "user \"bob\": password_hash: everybody knows"),
        (
            "control",
            user("full_name = \"a\\u001bb\""),
            "user \"bob\": full_name: it holds a control",
        ),
    ]);
}

#[test]
fn a_secret_of_the_wrong_type_is_not_shown() {
    for value in ["12345678", "-1.5", "true", "18446744073709551615", "[\"hunter2\"]"] {
        for (table, name, key) in [("user", "username", "password"), ("client", "id", "secret")] {
            let message = error(&format!("[[{table}]]\n{name} = \"bob\"\n{key} = {value}\n"));
            assert!(!message.contains(value), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}

#[test]
fn the_demo_is_accepted_while_the_issuer_is_on_this_machine() {
    let demo = include_str!("../../../../demo/demo.toml");
    File::parse("demo.toml", demo, true).expect("a sound file");
    assert!(File::parse("demo.toml", demo, false).is_err());
}
