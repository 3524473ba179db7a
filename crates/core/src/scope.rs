//! Scope as a set of tokens (RFC 6749 §3.3), parsed once at the edge.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A set of scope tokens, sorted, each once. Comparison is case-sensitive.
///
/// ```
/// use scopegate_core::scope::Scope;
///
/// let asked: Scope = "me items me".parse()?;
/// let held: Scope = "me".parse()?;
/// assert_eq!(asked.to_string(), "items me");
/// assert!(held.is_subset(&asked));
/// assert_eq!(asked.intersection(&held), held);
/// # Ok::<(), scopegate_core::scope::ScopeError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope(Vec<Box<str>>);

/// Why a text is not a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// A character outside `%x21 / %x23-5B / %x5D-7E`, the alphabet of a scope token.
    #[error("a scope holds a character that RFC 6749 section 3.3 does not allow")]
    Character,
    /// More tokens than [`Scope::MAX_TOKENS`].
    #[error("a scope holds more than {} tokens", Scope::MAX_TOKENS)]
    TooMany,
}

impl Scope {
    /// The most tokens that one scope may hold; a request with more is hostile or broken.
    pub const MAX_TOKENS: usize = 256;

    /// The scope without any token.
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// Parses tokens separated by spaces. Repeated tokens and spaces count once.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        if !text.bytes().all(|b| b == b' ' || is_scope_byte(b)) {
            return Err(ScopeError::Character);
        }
        Self::from_tokens(text.split(' ').filter(|token| !token.is_empty()))
    }

    /// The scope of these tokens.
    pub fn from_tokens<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Result<Self, ScopeError> {
        let mut sorted: Vec<Box<str>> = Vec::new();
        for token in tokens {
            if token.is_empty() || !token.bytes().all(is_scope_byte) {
                return Err(ScopeError::Character);
            }
            if let Err(place) =
                sorted.binary_search_by(|held| AsRef::<str>::as_ref(held).cmp(token))
            {
                if sorted.len() == Self::MAX_TOKENS {
                    return Err(ScopeError::TooMany);
                }
                sorted.insert(place, token.into());
            }
        }
        Ok(Self(sorted))
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the token is in the set.
    pub fn contains(&self, token: &str) -> bool {
        self.0.binary_search_by(|held| (**held).cmp(token)).is_ok()
    }

    /// Whether every token of this set is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.iter().all(|token| other.contains(token))
    }

    /// The tokens that are in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.iter().filter(|token| other.contains(token)).cloned().collect())
    }

    /// The tokens that are in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut all: Vec<_> = self.0.iter().chain(&other.0).cloned().collect();
        all.sort_unstable();
        all.dedup();
        Self(all)
    }

    /// The tokens in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }
}

/// `scope-token` = 1*( %x21 / %x23-5B / %x5D-7E )
const fn is_scope_byte(b: u8) -> bool {
    matches!(b, 0x21 | 0x23..=0x5B | 0x5D..=0x7E)
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::parse(text)
    }
}

/// The tokens in alphabetical order, separated by single spaces.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, token) in self.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token)?;
        }
        Ok(())
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Scope;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("scope tokens separated by spaces")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scope, E> {
                Scope::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_its_tokens_sorted_and_each_once() {
        for (text, expected) in [
            ("", Ok("")),
            ("me", Ok("me")),
            ("me items", Ok("items me")),
            ("  me   me ", Ok("me")),
            ("ME me", Ok("ME me")),
            ("me,items", Ok("me,items")),
            ("https://api.example/read", Ok("https://api.example/read")),
            ("me\titems", Err(ScopeError::Character)),
            ("m\"e", Err(ScopeError::Character)),
            ("m\\e", Err(ScopeError::Character)),
            ("mé", Err(ScopeError::Character)),
            ("me\0", Err(ScopeError::Character)),
        ] {
            let found = Scope::parse(text).map(|scope| scope.to_string());
            assert_eq!(found, expected.map(str::to_owned), "{text:?}");
        }
    }

    #[test]
    fn too_many_tokens_are_refused() {
        let text = (0..10_000).map(|n| format!("s{n}")).collect::<Vec<_>>().join(" ");
        assert_eq!(Scope::parse(&text), Err(ScopeError::TooMany));
    }

    #[test]
    fn set_operations_agree_with_sets() {
        let scope = |text: &str| Scope::parse(text).unwrap();
        assert_eq!(scope("a b c").intersection(&scope("b c d")), scope("b c"));
        assert_eq!(scope("a").union(&scope("b a")), scope("a b"));
        assert!(scope("").is_subset(&scope("a")));
        assert!(!scope("a b").is_subset(&scope("a")));
    }
}
