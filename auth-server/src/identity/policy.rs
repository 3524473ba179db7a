//! What a new password must be. Imported hashes are exempt: nobody sees the password there.

use super::Username;
use crate::secret::Secret;

/// The least length of a new password, in characters (NIST SP 800-63B §3.1.1).
pub const MIN_CHARS: usize = 8;

/// The greatest length of any password, in bytes; a longer one is refused before it costs a hash.
pub const MAX_BYTES: usize = 1024;

/// A password that a dictionary attack finds within this many tries is refused.
const COMMON: u64 = 10_000;

/// Why a new password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Under [`MIN_CHARS`].
    #[error("a password has {MIN_CHARS} characters at least")]
    Short,
    /// Over [`MAX_BYTES`].
    #[error("a password has {MAX_BYTES} bytes at most")]
    Long,
    /// Among the first ten thousand that anybody would try.
    #[error("that password is among the 10,000 that attackers try first; choose another")]
    Common,
}

/// Checks a new password against the rules.
pub fn check(password: &Secret, username: &Username) -> Result<(), PolicyError> {
    let text = password.expose();
    if text.len() > MAX_BYTES {
        return Err(PolicyError::Long);
    }
    if text.chars().nth(MIN_CHARS - 1).is_none() {
        return Err(PolicyError::Short);
    }
    if zxcvbn::zxcvbn(text, &[username.as_str()]).guesses() <= COMMON {
        return Err(PolicyError::Common);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_passwords_are_long_enough_and_not_common() {
        let long = "x9".repeat(600);
        for (password, expected) in [
            ("correct horse battery staple", Ok(())),
            ("kümmel-brot", Ok(())),
            ("secret", Err(PolicyError::Short)),
            ("seven77", Err(PolicyError::Short)),
            ("password", Err(PolicyError::Common)),
            ("12345678", Err(PolicyError::Common)),
            ("iloveyou1", Err(PolicyError::Common)),
            ("princess", Err(PolicyError::Common)),
            ("aaaaaaaa", Err(PolicyError::Common)),
            ("wilhelmina", Err(PolicyError::Common)),
            (&long, Err(PolicyError::Long)),
        ] {
            let found = check(
                &Secret::new(password.to_owned()),
                &Username::parse("wilhelmina").expect("a username"),
            );
            assert_eq!(found, expected, "{password}");
        }
    }
}
