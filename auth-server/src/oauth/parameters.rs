//! The parameters of a form body: each at most once, an empty one as if it were not there.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use super::OAuthError;
use crate::secret::Secret;

/// Parameters by name (RFC 6749 §3.2 and appendix B).
#[derive(Default)]
pub struct Parameters {
    values: Vec<(String, Secret)>,
    /// Names that came more than once; the first value was kept.
    repeated: Vec<String>,
}

impl Parameters {
    /// More parameters than any flow has: whoever sends them is up to something.
    const MAX: usize = 64;

    /// Parses `application/x-www-form-urlencoded` as the WHATWG parser does, but for two things:
    /// bytes that are not UTF-8 are refused instead of replaced (two passwords must never become
    /// one), and a parameter given twice is refused (RFC 6749 §3.2).
    pub fn parse(body: &[u8]) -> Result<Self, OAuthError> {
        let parameters = Self::parse_marking(body)?;
        if parameters.has_repeated() {
            return Err(OAuthError::invalid_request("A parameter is given twice"));
        }
        Ok(parameters)
    }

    /// Parses likewise, but marks a parameter that is given twice: at the authorization endpoint it
    /// depends on the parameter whom the fault is told.
    pub fn parse_marking(body: &[u8]) -> Result<Self, OAuthError> {
        let mut parameters = Self::default();
        for pair in body.split(|&b| b == b'&').filter(|pair| !pair.is_empty()) {
            let end = pair.iter().position(|&b| b == b'=').unwrap_or(pair.len());
            let name = decode(&pair[..end])?;
            let value = decode(pair.get(end + 1..).unwrap_or_default())?;
            if parameters.values.len() + parameters.repeated.len() == Self::MAX {
                return Err(OAuthError::invalid_request("Too many parameters"));
            }
            if parameters.values.iter().any(|(held, _)| *held == name) {
                parameters.repeated.push(name);
            } else {
                parameters.values.push((name, Secret::new(value)));
            }
        }
        Ok(parameters)
    }

    /// Whether some parameter came twice.
    pub fn has_repeated(&self) -> bool {
        !self.repeated.is_empty()
    }

    /// Whether this parameter came twice.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.repeated.iter().any(|repeated| repeated == name)
    }

    /// The parameter's value, unless it is absent or empty.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.values
            .iter()
            .find(|(held, _)| held == name)
            .map(|(_, value)| value.expose())
            .filter(|value| !value.is_empty())
    }
}

/// One name or value: `+` is a space, `%XX` a byte, and the bytes are UTF-8.
fn decode(part: &[u8]) -> Result<String, OAuthError> {
    let spaced: Cow<'_, [u8]> = if part.contains(&b'+') {
        part.iter().map(|&b| if b == b'+' { b' ' } else { b }).collect::<Vec<_>>().into()
    } else {
        part.into()
    };
    let bytes: Vec<u8> = percent_decode(&spaced).collect();
    String::from_utf8(bytes).map_err(|_| OAuthError::invalid_request("A parameter is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_as_the_whatwg_parser_reads_them() {
        for (name, body, parameter, expected) in [
            ("plain", "a=b", "a", Some("b")),
            ("plus and percent", "a=x+y%20z%2B", "a", Some("x y z+")),
            ("TP11 broken percent", "a=%zz%", "a", Some("%zz%")),
            ("TP11 semicolon is no separator", "a=1;b=2", "a", Some("1;b=2")),
            ("TP11 && and leading &", "&&a=1&&", "a", Some("1")),
            ("TP11 no =", "a&b=1", "a", None),
            ("= in the value", "a=b=c", "a", Some("b=c")),
            ("TP14 empty is absent", "a=&b=1", "a", None),
            ("no such", "a=1", "b", None),
            ("empty body", "", "a", None),
            ("encoded name", "%61=1", "a", Some("1")),
        ] {
            let found =
                Parameters::parse(body.as_bytes()).map(|p| p.find(parameter).map(str::to_owned));
            assert_eq!(found.ok(), Some(expected.map(str::to_owned)), "{name}");
        }
    }

    #[test]
    fn doubtful_forms_are_refused() {
        let many = (0..20_000).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
        for (name, body) in [
            ("TP01 twice", "a=1&a=2".to_owned()),
            ("TP01 twice, one empty", "a=&a=2".to_owned()),
            ("TP01 twice, one encoded", "a=1&%61=1".to_owned()),
            ("TP23 20,000 parameters", many),
            ("not UTF-8", "a=%ff".to_owned()),
        ] {
            let code = Parameters::parse(body.as_bytes()).err().map(|error| error.code.as_str());
            assert_eq!(code, Some("invalid_request"), "{name}");
        }
    }
}
