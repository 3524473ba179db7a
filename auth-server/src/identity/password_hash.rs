//! Stored password hashes: which schemes are known, what they cost, which are too weak or too dear.

use argon2::{Algorithm, Params, Version, password_hash::phc};

/// A password hash that this server can verify: argon2 in PHC form, or bcrypt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordHash {
    text: String,
    scheme: Scheme,
}

/// How a hash was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Argon2 { algorithm: Algorithm, version: Version, params: Params },
    Bcrypt,
}

/// The argon2id parameters of new hashes (RFC 9106 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes.
    pub time: u32,
    /// Lanes.
    pub lanes: u32,
}

/// Why a text is not a hash that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Neither argon2 in PHC form nor bcrypt.
    #[error("not a password hash of a known form ($argon2id$… or $2b$…)")]
    Unknown,
    /// It costs too much to verify.
    #[error(
        "the hash costs too much to verify; the most is m=262144 (256 MiB), t=10, p=16, bcrypt cost 14"
    )]
    TooCostly,
}

/// The dearest argon2 hash that is verified: 256 MiB, 10 passes, 16 lanes.
pub const MAX_COST: HashCost = HashCost { memory: 262_144, time: 10, lanes: 16 };

/// The dearest bcrypt hash that is verified.
pub const MAX_BCRYPT_COST: u32 = 14;

impl PasswordHash {
    /// Parses a stored or imported hash and checks what it would cost to verify.
    pub fn parse(text: &str) -> Result<Self, HashError> {
        let scheme = if text.starts_with("$2") { bcrypt(text)? } else { argon2(text)? };
        Ok(Self { text: text.to_owned(), scheme })
    }

    /// The hash as it is stored.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a login should replace it: not argon2id, or less memory or fewer passes than `cost`.
    pub fn is_weaker_than(&self, cost: &HashCost) -> bool {
        match &self.scheme {
            Scheme::Bcrypt => true,
            Scheme::Argon2 { algorithm, version, params } => {
                *algorithm != Algorithm::Argon2id
                    || *version != Version::V0x13
                    || params.m_cost() < cost.memory
                    || params.t_cost() < cost.time
            }
        }
    }

    pub(super) fn scheme(&self) -> &Scheme {
        &self.scheme
    }
}

fn argon2(text: &str) -> Result<Scheme, HashError> {
    let phc = phc::PasswordHash::new(text).map_err(|_| HashError::Unknown)?;
    let algorithm = Algorithm::try_from(phc.algorithm.as_str()).map_err(|_| HashError::Unknown)?;
    let version = match phc.version {
        Some(number) => Version::try_from(number).map_err(|_| HashError::Unknown)?,
        None => Version::V0x10,
    };
    let params = Params::try_from(&phc).map_err(|_| HashError::Unknown)?;
    if phc.salt.is_none() || phc.hash.is_none() {
        return Err(HashError::Unknown);
    }
    if params.m_cost() > MAX_COST.memory
        || params.t_cost() > MAX_COST.time
        || params.p_cost() > MAX_COST.lanes
    {
        return Err(HashError::TooCostly);
    }
    Ok(Scheme::Argon2 { algorithm, version, params })
}

fn bcrypt(text: &str) -> Result<Scheme, HashError> {
    if !["$2a$", "$2b$", "$2y$"].iter().any(|prefix| text.starts_with(prefix)) {
        return Err(HashError::Unknown);
    }
    let parts: bcrypt::HashParts = text.parse().map_err(|_| HashError::Unknown)?;
    if parts.get_cost() > MAX_BCRYPT_COST {
        return Err(HashError::TooCostly);
    }
    Ok(Scheme::Bcrypt)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARGON2: &str = "$argon2id$v=19$m=65536,t=3,p=4$wagCPXjifgvUFBzq4hqe3w$CYaIb8sB+wtD+Vu/P4uod1+Qof8h+1g7bbDlBID48Rc";
    const BCRYPT: &str = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW";

    #[test]
    fn hashes_are_parsed_and_their_cost_is_capped() {
        let argon2 = |params: &str| ARGON2.replace("m=65536,t=3,p=4", params);
        for (name, text, expected) in [
            ("argon2id", ARGON2.to_owned(), None),
            ("argon2i", ARGON2.replace("argon2id", "argon2i"), None),
            ("bcrypt 2b", BCRYPT.to_owned(), None),
            ("bcrypt 2y", BCRYPT.replace("2b", "2y"), None),
            ("at the cap", argon2("m=262144,t=10,p=16"), None),
            ("PW15 m=4 GiB", argon2("m=4194304,t=3,p=4"), Some(HashError::TooCostly)),
            ("PW15 m=2^32-1", argon2("m=4294967295,t=3,p=4"), Some(HashError::TooCostly)),
            ("t beyond", argon2("m=65536,t=11,p=4"), Some(HashError::TooCostly)),
            ("p beyond", argon2("m=65536,t=3,p=17"), Some(HashError::TooCostly)),
            ("bcrypt 15", BCRYPT.replace("$12$", "$15$"), Some(HashError::TooCostly)),
            ("PW15 cut", ARGON2[..60].to_owned(), Some(HashError::Unknown)),
            ("no hash", "$argon2id$v=19$m=8,t=1,p=1".to_owned(), Some(HashError::Unknown)),
            ("another scheme", "$6$salt$hash".to_owned(), Some(HashError::Unknown)),
            ("bcrypt 2x", BCRYPT.replace("2b", "2x"), Some(HashError::Unknown)),
            ("bcrypt cut", BCRYPT[..40].to_owned(), Some(HashError::Unknown)),
            ("plain text", "secret".to_owned(), Some(HashError::Unknown)),
            ("empty", String::new(), Some(HashError::Unknown)),
        ] {
            assert_eq!(PasswordHash::parse(&text).err(), expected, "{name}");
        }
    }

    #[test]
    fn bcrypt_and_cheaper_argon2_are_weak() {
        let cost = HashCost { memory: 65_536, time: 3, lanes: 4 };
        for (text, weak) in [
            (ARGON2.to_owned(), false),
            (ARGON2.replace("m=65536", "m=131072"), false),
            (ARGON2.replace("p=4", "p=1"), false),
            (ARGON2.replace("m=65536", "m=19456"), true),
            (ARGON2.replace("t=3", "t=2"), true),
            (ARGON2.replace("argon2id", "argon2d"), true),
            (ARGON2.replace("v=19", "v=16"), true),
            (BCRYPT.to_owned(), true),
        ] {
            let hash = PasswordHash::parse(&text).expect("a hash");
            assert_eq!(hash.is_weaker_than(&cost), weak, "{text}");
        }
    }
}
