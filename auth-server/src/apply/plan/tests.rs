//! Rows of the merge: what the file says, what was applied, what the store holds, what is done.

use super::*;
use crate::apply::File;

/// A mark that can be read in a failing row.
fn mark(kind: &str, entry: &str, field: &str, value: &str) -> String {
    format!("{kind}/{entry}/{field}={value}")
}

fn wanted(toml: &str) -> Vec<Wanted> {
    let file = File::parse("test.toml", toml, true).expect("a sound file");
    file.entries().iter().map(|entry| Wanted::of(entry, mark)).collect()
}

/// What is remembered once a file was applied.
fn applied(toml: &str) -> Applied {
    let mut all = Applied::new();
    for entry in wanted(toml) {
        let marks = all.entry(entry.key).or_default();
        marks.insert(ENTRY.to_owned(), entry.mark);
        for field in entry.fields {
            marks.insert(field.name.to_owned(), field.mark);
        }
    }
    all
}

fn held(kind: Kind, name: &str, fields: &[(&'static str, &str)]) -> Held {
    let fields = fields.iter().map(|(field, text)| (*field, (*text).to_owned())).collect();
    let there = HashMap::from([((kind, name.to_owned()), fields)]);
    Held { there, deleted: HashSet::new() }
}

/// The only step's action, the fields that it leaves, and whether it remembers anything.
type Found = (Action, Vec<&'static str>, bool);

fn only(wanted: &[Wanted], applied: &Applied, held: &Held) -> Found {
    let [step] = plan(wanted, applied, held).try_into().expect("one step");
    (step.action, step.left, !step.marks.is_empty())
}

fn change(field: &'static str) -> Found {
    (Action::Change(vec![field]), vec![], true)
}

fn rest() -> Found {
    (Action::Leave, vec![], false)
}

/// The store has the file's new value already: it is remembered, nothing changes.
fn adopt() -> Found {
    (Action::Leave, vec![], true)
}

fn left(field: &'static str) -> Found {
    (Action::Leave, vec![field], false)
}

fn user(fields: &str) -> String {
    format!("[[user]]\nusername = \"bob\"\n{fields}\n")
}

fn client(fields: &str) -> String {
    format!("[[client]]\nid = \"web\"\n{fields}\n")
}

#[test]
fn a_field_changes_only_where_the_file_changed() {
    let file = |name: &str| user(&format!("full_name = \"{name}\""));
    for (row, before, now, store, expected) in [
        ("nothing changed", "a", "a", "a", rest()),
        ("a command changed it", "a", "a", "b", left("full_name")),
        ("the file changed it", "a", "b", "a", change("full_name")),
        ("both, to the same", "a", "b", "b", adopt()),
        ("both: the file wins", "a", "b", "c", change("full_name")),
        ("taken away in the file", "a", "", "a", change("full_name")),
    ] {
        let held = held(Kind::User, "bob", &[("full_name", store)]);
        assert_eq!(only(&wanted(&file(now)), &applied(&file(before)), &held), expected, "{row}");
    }
}

#[test]
fn a_restart_never_enables_a_user_whom_someone_disabled() {
    let file = user("disabled = false");
    let held = held(Kind::User, "bob", &[("disabled", "true")]);
    assert_eq!(only(&wanted(&file), &applied(&file), &held), left("disabled"));
}

#[test]
fn a_key_that_is_left_out_is_not_managed() {
    let held = held(Kind::User, "bob", &[("full_name", "Bob"), ("disabled", "true")]);
    let before = applied(&user("full_name = \"Other\"\ndisabled = false"));
    assert_eq!(only(&wanted(&user("")), &before, &held), rest());
}

#[test]
fn an_entry_that_a_command_made_takes_the_files_values() {
    let held = held(Kind::User, "bob", &[("full_name", "Bob"), ("email", "b@example.com")]);
    let now = wanted(&user("full_name = \"Robert\"\nemail = \"b@example.com\""));
    assert_eq!(only(&now, &Applied::new(), &held), change("full_name"));
}

#[test]
fn an_entry_is_added_once_and_skipped_after_a_command_deleted_it() {
    let nothing = Held::default();
    for file in [user("disabled = false"), user(""), client("public = true")] {
        let wanted = wanted(&file);
        assert_eq!(only(&wanted, &Applied::new(), &nothing), (Action::Add, vec![], true));
        assert_eq!(only(&wanted, &applied(&file), &nothing), (Action::Skip, vec![], false));
    }
}

#[test]
fn an_entry_that_was_deleted_before_the_file_named_it_is_skipped() {
    let key = (Kind::User, "bob".to_owned());
    let held = Held { deleted: HashSet::from([key]), ..Held::default() };
    assert_eq!(only(&wanted(&user("")), &Applied::new(), &held), (Action::Skip, vec![], false));
}

#[test]
fn an_entry_that_left_the_file_gets_no_step() {
    let held = held(Kind::User, "bob", &[("disabled", "false")]);
    assert_eq!(plan(&[], &applied(&user("disabled = true")), &held), vec![]);
}

#[test]
fn a_password_is_set_again_only_when_the_file_changed_it() {
    let hash = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW";
    let plain = |text: &str| user(&format!("password = \"{text}\""));
    let hashed = || user(&format!("password_hash = \"{hash}\""));
    for (row, before, now, store, expected) in [
        ("same password", plain("a"), plain("a"), "$argon2id$1", rest()),
        ("new password", plain("a"), plain("b"), "$argon2id$1", change("password")),
        ("same hash, upgraded at a login", hashed(), hashed(), "$argon2id$2", rest()),
        ("new hash", plain("a"), hashed(), "$argon2id$1", change("password")),
        ("a hash that the store holds", plain("a"), hashed(), hash, adopt()),
        ("a password spelled like the hash", hashed(), plain(hash), hash, change("password")),
    ] {
        let held = held(Kind::User, "bob", &[("password", store)]);
        assert_eq!(only(&wanted(&now), &applied(&before), &held), expected, "{row}");
    }
}

#[test]
fn a_clients_secret_is_compared_by_its_digest() {
    let given = client("secret = \"0123456789abcdef0123456789abcdef\"");
    let digest = "ab".repeat(32);
    let digested = client(&format!("secret_sha256 = \"{}\"", digest.to_uppercase()));
    let held_digest = format!("sha256:{digest}");
    let (public, private) = (client("public = true"), client("public = false"));
    for (row, before, now, store, expected) in [
        ("rotated by command", &given, &given, "sha256:x", left("secret")),
        ("new in the file", &given, &digested, "sha256:x", change("secret")),
        ("already there", &given, &digested, &*held_digest, adopt()),
        ("made public", &given, &public, "sha256:x", change("secret")),
        ("not public any more", &public, &private, "public", change("secret")),
        ("any secret will do", &given, &private, "sha256:x", adopt()),
        ("left out", &given, &client(""), "public", rest()),
    ] {
        let held = held(Kind::Client, "web", &[("secret", store)]);
        assert_eq!(only(&wanted(now), &applied(before), &held), expected, "{row}");
    }
}

#[test]
fn the_order_of_grants_and_scopes_means_nothing() {
    let file =
        |grants: &str, scopes: &str| client(&format!("grants = {grants}\nscopes = {scopes}"));
    let before = applied(&file("[\"password\", \"refresh_token\"]", "[\"me\", \"items\"]"));
    let now = wanted(&file("[\"refresh_token\", \"password\"]", "[\"items\", \"me\", \"me\"]"));
    let held =
        held(Kind::Client, "web", &[("grants", "password refresh_token"), ("scopes", "items me")]);
    assert_eq!(only(&now, &before, &held), rest());
}

#[test]
fn entries_are_applied_kind_by_kind_so_that_each_finds_what_it_names() {
    let file = "
        [[item]]\nitem_id = \"Foo\"\nowner = \"bob\"\n
        [[user]]\nusername = \"bob\"\n
        [[client]]\nid = \"web\"\n
        [[scope]]\nname = \"me\"\n";
    let wanted = wanted(file);
    let kinds: Vec<Kind> = wanted.iter().map(|entry| entry.key.0).collect();
    assert_eq!(kinds, [Kind::Scope, Kind::Client, Kind::User, Kind::Item]);
    let steps = plan(&wanted, &Applied::new(), &Held::default());
    assert!(steps.iter().all(|step| step.action == Action::Add));
    assert_eq!(steps.iter().map(|step| step.at).collect::<Vec<_>>(), [0, 1, 2, 3]);
}
