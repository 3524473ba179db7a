//! Proof that a form comes from a page of this server: a token that only the same browser can hold.

use subtle::ConstantTimeEq;

/// Why a form is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsrfError {
    /// The browser sent no cookie, so nothing can be compared.
    #[error("the browser sent no cookie")]
    NoCookie,
    /// The token is missing, or belongs to a cookie which the browser has no more.
    #[error("the form is not of this browser, or out of date")]
    Stale,
}

/// Compares a form's token with that of the cookie which came, if one did, in constant time.
pub(super) fn check(expected: Option<&str>, given: Option<&str>) -> Result<(), CsrfError> {
    let expected = expected.ok_or(CsrfError::NoCookie)?;
    let same = given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(expected.as_bytes())));
    if same { Ok(()) } else { Err(CsrfError::Stale) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_needs_the_token_of_the_cookie() {
        for (name, expected, given, outcome) in [
            ("the same", Some("token"), Some("token"), Ok(())),
            ("UI02 another", Some("token"), Some("tokem"), Err(CsrfError::Stale)),
            ("UI02 none", Some("token"), None, Err(CsrfError::Stale)),
            ("empty", Some("token"), Some(""), Err(CsrfError::Stale)),
            ("a prefix", Some("token"), Some("toke"), Err(CsrfError::Stale)),
            ("no cookie", None, Some("token"), Err(CsrfError::NoCookie)),
            ("neither", None, None, Err(CsrfError::NoCookie)),
        ] {
            assert_eq!(check(expected, given), outcome, "{name}");
        }
    }
}
