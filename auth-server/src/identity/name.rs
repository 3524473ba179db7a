//! Usernames and client ids: one namespace, permanent names.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_security::MixedScript;

/// A username: NFC, 1 to 128 characters, no spaces, no control characters, case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Username(String);

/// A client id: 1 to 128 visible ASCII characters without `:` (RFC 6749 appendix A.1, RFC 7617 §2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(String);

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing there.
    #[error("a name cannot be empty")]
    Empty,
    /// More than 128 characters.
    #[error("a name has {MAX_CHARS} characters at most")]
    Long,
    /// A space or a control or format character in a username.
    #[error("a username cannot hold spaces or invisible characters")]
    UsernameCharacter,
    /// A character outside visible ASCII, or `:`, in a client id.
    #[error("a client id holds visible ASCII characters only, and no colon")]
    ClientIdCharacter,
    /// Letters of several scripts, so that one could pass for another name.
    #[error("a username cannot mix scripts, such as Latin and Cyrillic letters")]
    MixedScripts,
}

const MAX_CHARS: usize = 128;

impl Username {
    /// Parses a username and brings it to NFC.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        // The bound comes first: no work on a text of any size.
        check_length(text)?;
        let name: String = text.nfc().collect();
        check_length(&name)?;
        if name.chars().any(is_invisible) {
            return Err(NameError::UsernameCharacter);
        }
        Ok(Self(name))
    }

    /// Parses a username that is to be given out: on top of [`Username::parse`], its letters are
    /// of one script, so that `jоhn` with a Cyrillic `о` cannot pose as `john` (RFC 8265 §8).
    pub fn register(text: &str) -> Result<Self, NameError> {
        let name = Self::parse(text)?;
        if name.as_str().is_single_script() { Ok(name) } else { Err(NameError::MixedScripts) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ClientId {
    /// Parses a client id.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        check_length(text)?;
        if text.bytes().all(|b| b.is_ascii_graphic() && b != b':') {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::ClientIdCharacter)
        }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check_length(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        Err(NameError::Empty)
    } else if text.chars().nth(MAX_CHARS).is_some() {
        Err(NameError::Long)
    } else {
        Ok(())
    }
}

/// Spaces, controls and the format characters that change how a text looks (bidi, zero width).
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        )
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_visible_normal_and_short() {
        let long = "x".repeat(129);
        for (text, expected) in [
            ("johndoe", Ok("johndoe")),
            ("John", Ok("John")),
            ("jos\u{65}\u{301}", Ok("jos\u{e9}")),
            ("a.b+c@example.com", Ok("a.b+c@example.com")),
            ("", Err(NameError::Empty)),
            (&long, Err(NameError::Long)),
            ("john doe", Err(NameError::UsernameCharacter)),
            ("john\u{a0}doe", Err(NameError::UsernameCharacter)),
            ("john\0", Err(NameError::UsernameCharacter)),
            ("john\u{202e}eod", Err(NameError::UsernameCharacter)),
            ("john\u{200b}", Err(NameError::UsernameCharacter)),
        ] {
            let found = Username::parse(text).map(|name| name.0);
            assert_eq!(found, expected.map(str::to_owned), "{text:?}");
        }
    }

    #[test]
    fn a_new_username_cannot_pose_as_another_by_its_script() {
        for (text, expected) in [
            ("john", true),
            ("иван", true),
            ("田中", true),
            ("PW11 j\u{43e}hn", false),
            ("j\u{43e}hn", false),
        ] {
            assert_eq!(Username::register(text).is_ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn client_ids_fit_into_a_basic_header() {
        for (text, expected) in [
            ("web", true),
            ("a b", false),
            ("a:b", false),
            ("é", false),
            ("", false),
            ("a\n", false),
        ] {
            assert_eq!(ClientId::parse(text).is_ok(), expected, "{text:?}");
        }
    }
}
