//! The demo's password hashes: everybody knows their passwords, so they open nothing but a demo.

use crate::identity::PasswordHash;

/// johndoe's and alice's, as argon2id and as bcrypt.
const HASHES: [&str; 4] = [
    "$argon2id$v=19$m=65536,t=3,p=4$wagCPXjifgvUFBzq4hqe3w$CYaIb8sB+wtD+Vu/P4uod1+Qof8h+1g7bbDlBID48Rc",
    "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
    "$argon2id$v=19$m=65536,t=3,p=4$g2/AV1zwopqUntPKJavBFw$BwpRGDCyUHLvHICnwijyX8ROGoiUPwNKZ7915MeYfCE",
    "$2b$12$gSvqqUPvlXP2tfVFaWK1Be7DlH.PKZbv5H8KnzzVgXXbVxpva.pFm",
];

/// A demo hash, where strangers can reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "everybody knows the password of this demo hash; it is accepted only while the issuer is on \
     this machine"
)]
pub struct DemoHash;

/// Checks that the hash is none of the demo's, unless the issuer's host is a loopback one.
pub fn check(hash: &PasswordHash, issuer_is_loopback: bool) -> Result<(), DemoHash> {
    // `$2a$` and `$2y$` name the same algorithm as `$2b$`.
    let text = hash.as_str();
    let same_as = |demo: &str| {
        demo == text || (demo.starts_with("$2") && text.starts_with("$2") && demo[3..] == text[3..])
    };
    if !issuer_is_loopback && HASHES.iter().any(|demo| same_as(demo)) {
        Err(DemoHash)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_hash_is_accepted_on_a_loopback_issuer_only() {
        for hash in HASHES {
            for spelling in [hash.to_owned(), hash.replace("$2b$", "$2y$")] {
                let hash = PasswordHash::parse(&spelling).expect("a hash");
                assert_eq!(check(&hash, true), Ok(()), "{spelling}");
                assert_eq!(check(&hash, false), Err(DemoHash), "{spelling}");
            }
        }
    }

    #[test]
    fn any_other_hash_is_accepted_anywhere() {
        let other = HASHES[1].replace("Eix", "Eiy");
        assert_eq!(check(&PasswordHash::parse(&other).expect("a hash"), false), Ok(()));
    }
}
