//! The demo's password hashes: everybody knows their passwords, so they open nothing but a demo.

use scopegate_store::{Store, StoreError, users};

use super::PasswordHash;

/// johndoe's and alice's, as argon2id and as bcrypt; `$2a$` and `$2y$` name the same algorithm as
/// `$2b$`.
const HASHES: [&str; 8] = [
    "$argon2id$v=19$m=65536,t=3,p=4$wagCPXjifgvUFBzq4hqe3w$CYaIb8sB+wtD+Vu/P4uod1+Qof8h+1g7bbDlBID48Rc",
    "$argon2id$v=19$m=65536,t=3,p=4$g2/AV1zwopqUntPKJavBFw$BwpRGDCyUHLvHICnwijyX8ROGoiUPwNKZ7915MeYfCE",
    "$2a$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
    "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
    "$2y$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
    "$2a$12$gSvqqUPvlXP2tfVFaWK1Be7DlH.PKZbv5H8KnzzVgXXbVxpva.pFm",
    "$2b$12$gSvqqUPvlXP2tfVFaWK1Be7DlH.PKZbv5H8KnzzVgXXbVxpva.pFm",
    "$2y$12$gSvqqUPvlXP2tfVFaWK1Be7DlH.PKZbv5H8KnzzVgXXbVxpva.pFm",
];

/// How many users a warning names.
const NAMED: u32 = 100;

/// A demo hash, where strangers can reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "everybody knows the password of this demo hash; it is accepted only while the issuer is on \
     this machine"
)]
pub struct DemoHash;

/// Checks that the hash is none of the demo's, unless the issuer's host is a loopback one.
pub fn check(hash: &PasswordHash, issuer_is_loopback: bool) -> Result<(), DemoHash> {
    if !issuer_is_loopback && is_demo(hash) { Err(DemoHash) } else { Ok(()) }
}

/// Whether the hash is one of the demo's.
pub fn is_demo(hash: &PasswordHash) -> bool {
    HASHES.contains(&hash.as_str())
}

/// The users who hold a demo hash: the first hundred of them, in the order of their names.
pub async fn find_users(store: &Store) -> Result<Vec<String>, StoreError> {
    users::holding(&mut *store.read().await?, &HASHES, NAMED).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_hash_is_accepted_on_a_loopback_issuer_only() {
        for text in HASHES {
            let hash = PasswordHash::parse(text).expect("a hash");
            assert_eq!(check(&hash, true), Ok(()), "{text}");
            assert_eq!(check(&hash, false), Err(DemoHash), "{text}");
        }
    }

    #[test]
    fn any_other_hash_is_accepted_anywhere() {
        let other = HASHES[3].replace("Eix", "Eiy");
        assert_eq!(check(&PasswordHash::parse(&other).expect("a hash"), false), Ok(()));
    }
}
