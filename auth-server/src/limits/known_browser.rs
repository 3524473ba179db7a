//! A browser in which people have signed in before. It says so itself, by marks that only this server
//! can make, so nothing is stored.

use subtle::ConstantTimeEq;

use crate::{id, keys::ServerKey, secret::Secret};

/// How many people one browser is known to; those who came last.
const PEOPLE: usize = 4;

/// A mark: an id of the login in 22 characters, and the server's word for it in 43.
const ID: usize = 22;
const MARK: usize = ID + 43;

/// The marks that a browser holds.
#[derive(Clone, Debug, Default)]
pub struct KnownBrowser(Vec<Secret>);

impl KnownBrowser {
    /// Takes marks apart, each after a dot. What has not their form is none.
    pub fn parse(text: &str) -> Self {
        let is_mark = |mark: &&str| {
            mark.len() == MARK
                && mark.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        let marks = text.split('.').filter(is_mark).take(PEOPLE);
        Self(marks.map(|mark| Secret::new(mark.to_owned())).collect())
    }

    /// The mark of this user, if one was made for this `credential_version`: a new password makes
    /// every browser a stranger again, or marks could be collected while an old one is known.
    pub(super) fn find(&self, key: &ServerKey, username: &str, version: i64) -> Option<&str> {
        self.0.iter().map(Secret::expose).find(|mark| is_of(key, mark, username, version))
    }

    /// The marks with one for this user, the newest first.
    pub(super) fn with(&self, key: &ServerKey, username: &str, version: i64) -> Secret {
        let held = self.find(key, username, version);
        let mark = held.map_or_else(|| new_mark(key, username, version), str::to_owned);
        let others = self.0.iter().map(Secret::expose).filter(|other| **other != mark);
        let all: Vec<&str> = std::iter::once(mark.as_str()).chain(others).take(PEOPLE).collect();
        Secret::new(all.join("."))
    }
}

fn new_mark(key: &ServerKey, username: &str, version: i64) -> String {
    let id = id::browser_name();
    let word = word(key, &id, username, version);
    id + &word
}

fn is_of(key: &ServerKey, mark: &str, username: &str, version: i64) -> bool {
    let (id, given) = mark.split_at(ID);
    word(key, id, username, version).as_bytes().ct_eq(given.as_bytes()).into()
}

fn word(key: &ServerKey, id: &str, username: &str, version: i64) -> String {
    key.seal(&["known browser", id, username, &version.to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ServerKey {
        let folder = tempfile::tempdir().unwrap();
        ServerKey::load_or_create(&folder.path().join("server.key")).unwrap()
    }

    #[test]
    fn a_browser_is_known_to_whom_it_was_given_a_mark_for() {
        let (ours, other) = (key(), key());
        let stranger = KnownBrowser::default();
        let known = KnownBrowser::parse(stranger.with(&ours, "johndoe", 1).expose());
        for (row, key, username, version, expected) in [
            ("the same", &ours, "johndoe", 1, true),
            ("another user", &ours, "alice", 1, false),
            ("a new password", &ours, "johndoe", 2, false),
            ("another server", &other, "johndoe", 1, false),
        ] {
            assert_eq!(known.find(key, username, version).is_some(), expected, "{row}");
        }
        assert_eq!(stranger.find(&ours, "johndoe", 1), None);
    }

    #[test]
    fn the_last_four_people_are_known_and_a_mark_is_kept() {
        let key = key();
        let mut browser = KnownBrowser::default();
        for username in ["a", "b", "c", "d", "e", "c"] {
            browser = KnownBrowser::parse(browser.with(&key, username, 1).expose());
        }
        let known = ["a", "b", "c", "d", "e"].map(|name| browser.find(&key, name, 1).is_some());
        assert_eq!(known, [false, true, true, true, true]);
        let again = browser.with(&key, "c", 1);
        assert!(again.expose().starts_with(browser.find(&key, "c", 1).unwrap()));
    }

    #[test]
    fn what_is_no_mark_is_left_out() {
        let mark = "x".repeat(MARK);
        for (row, text, expected) in [
            ("nothing", String::new(), 0),
            ("one", mark.clone(), 1),
            ("too many", [mark.as_str(); 9].join("."), 4),
            ("short", mark[1..].to_owned(), 0),
            ("another alphabet", format!("{}é", &mark[2..]), 0),
            ("among others", format!("a.{mark}..b"), 1),
        ] {
            assert_eq!(KnownBrowser::parse(&text).0.len(), expected, "{row}");
        }
    }
}
