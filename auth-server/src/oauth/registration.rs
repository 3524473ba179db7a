//! What a client may be registered as, whichever command or file registers it.

use scopegate_core::scope::Scope;

use super::{
    GrantType,
    redirect_uri::{self, RedirectUriError},
};

/// The longest text that people read: a client's name, a scope's description, a user's full name.
pub const MAX_TEXT_CHARS: usize = 500;

/// The longest name of a scope.
pub const MAX_SCOPE_CHARS: usize = 200;

/// The properties of a client that must fit together.
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    /// Whether it has no secret.
    pub public: bool,
    /// Its grant types.
    pub grants: &'a [String],
    /// Where its codes may be sent.
    pub redirect_uris: &'a [String],
    /// Whether it may introspect every token of the audience.
    pub resource_server: bool,
}

/// Why a client cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// Not a [`GrantType`].
    #[error("\"{}\" is not a grant type; there are {}", .0.escape_debug(), grant_types())]
    UnknownGrant(String),
    /// Whoever knows its id could ask for tokens (RFC 6749 §4.4).
    #[error("a public client has no secret and cannot use client_credentials")]
    PublicClientCredentials,
    /// Introspection is for clients that prove who they are (RFC 7662 §2.1).
    #[error("a public client has no secret and cannot be a resource server")]
    PublicResourceServer,
    /// No place to send a code to (RFC 6749 §3.1.2.2).
    #[error("authorization_code needs a redirect URI")]
    NoRedirectUri,
    /// Nothing ever issues it a refresh token.
    #[error("refresh_token alone gives no token; add password or authorization_code")]
    NothingToRefresh,
    /// A redirect URI that must not be registered.
    #[error("\"{}\": {cause}", uri.escape_debug())]
    RedirectUri {
        /// The URI.
        uri: String,
        /// What is wrong with it.
        cause: RedirectUriError,
    },
    /// The same redirect URI twice.
    #[error("\"{0}\" stands there twice")]
    RepeatedRedirectUri(String),
}

impl RegistrationError {
    /// The property at fault, by the name that it has in files and in JSON.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::UnknownGrant(_) | Self::PublicClientCredentials | Self::NothingToRefresh => {
                "grants"
            }
            Self::PublicResourceServer => "resource_server",
            Self::NoRedirectUri | Self::RedirectUri { .. } | Self::RepeatedRedirectUri(_) => {
                "redirect_uris"
            }
        }
    }
}

/// A name or a sentence that is shown to people cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// A line break or another control character.
    #[error("it holds a control character")]
    Control,
    /// More than [`MAX_TEXT_CHARS`].
    #[error("it has more than {MAX_TEXT_CHARS} characters")]
    Long,
}

/// Checks that the properties of a client are sound and fit together.
pub fn check(client: &Registration<'_>) -> Result<(), RegistrationError> {
    for grant in client.grants {
        if GrantType::parse(grant).is_err() {
            return Err(RegistrationError::UnknownGrant(grant.clone()));
        }
    }
    for (at, uri) in client.redirect_uris.iter().enumerate() {
        redirect_uri::check(uri)
            .map_err(|cause| RegistrationError::RedirectUri { uri: uri.clone(), cause })?;
        if client.redirect_uris[..at].contains(uri) {
            return Err(RegistrationError::RepeatedRedirectUri(uri.clone()));
        }
    }
    check_fit(client)
}

/// A text is not the name of one scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a scope's name has 1 to {MAX_SCOPE_CHARS} visible ASCII characters without quote or backslash"
)]
pub struct ScopeNameError;

/// Checks that the text is one scope token (RFC 6749 §3.3).
pub fn check_scope_name(name: &str) -> Result<(), ScopeNameError> {
    let one = Scope::from_tokens([name]).is_ok();
    if one && name.len() <= MAX_SCOPE_CHARS { Ok(()) } else { Err(ScopeNameError) }
}

/// Checks a text that people will read.
pub fn check_text(text: &str) -> Result<(), TextError> {
    if text.chars().any(char::is_control) {
        Err(TextError::Control)
    } else if text.chars().nth(MAX_TEXT_CHARS).is_some() {
        Err(TextError::Long)
    } else {
        Ok(())
    }
}

fn grant_types() -> String {
    GrantType::ALL.map(GrantType::as_str).join(", ")
}

fn check_fit(client: &Registration<'_>) -> Result<(), RegistrationError> {
    let may = |grant: &str| client.grants.iter().any(|held| held == grant);
    if client.public && may("client_credentials") {
        Err(RegistrationError::PublicClientCredentials)
    } else if client.public && client.resource_server {
        Err(RegistrationError::PublicResourceServer)
    } else if may("authorization_code") && client.redirect_uris.is_empty() {
        Err(RegistrationError::NoRedirectUri)
    } else if may("refresh_token") && !may("password") && !may("authorization_code") {
        Err(RegistrationError::NothingToRefresh)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{RegistrationError as E, *};

    const URI: &str = "https://app.example/cb";

    #[test]
    fn a_client_whose_properties_contradict_each_other_is_refused() {
        let unknown = E::UnknownGrant("implicit".to_owned());
        for (row, public, grants, uris, resource_server, expected) in [
            ("first-party", true, "password refresh_token", "", false, Ok(())),
            ("web", false, "authorization_code refresh_token", URI, false, Ok(())),
            ("job", false, "client_credentials", "", false, Ok(())),
            ("resource server", false, "", "", true, Ok(())),
            ("OAuth 2.1 §10.1", true, "implicit", URI, false, Err(unknown)),
            (
                "RFC 6749 §4.4",
                true,
                "client_credentials",
                "",
                false,
                Err(E::PublicClientCredentials),
            ),
            ("RFC 7662 §2.1", true, "password", "", true, Err(E::PublicResourceServer)),
            ("RFC 6749 §3.1.2.2", false, "authorization_code", "", false, Err(E::NoRedirectUri)),
            ("DR06", false, "refresh_token", "", false, Err(E::NothingToRefresh)),
            (
                "DR06",
                false,
                "client_credentials refresh_token",
                "",
                false,
                Err(E::NothingToRefresh),
            ),
        ] {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let (grants, redirect_uris) = (words(grants), words(uris));
            let client = Registration {
                public,
                grants: &grants,
                redirect_uris: &redirect_uris,
                resource_server,
            };
            assert_eq!(check(&client), expected, "{row}");
        }
    }

    #[test]
    fn a_bad_or_repeated_redirect_uri_is_named() {
        for (uris, expected) in [
            ([URI, "http://app.example/cb"], "\"http://app.example/cb\": http is allowed only"),
            ([URI, URI], "\"https://app.example/cb\" stands there twice"),
        ] {
            let redirect_uris = uris.map(str::to_owned);
            let error = check(&Registration {
                public: false,
                grants: &[],
                redirect_uris: &redirect_uris,
                resource_server: false,
            })
            .expect_err("a bad redirect URI");
            assert_eq!(error.field(), "redirect_uris");
            assert!(error.to_string().starts_with(expected), "{error}");
        }
    }

    #[test]
    fn a_scope_name_is_one_token() {
        for (name, fine) in [
            ("me", true),
            ("https://api.example/read", true),
            ("", false),
            ("me items", false),
            ("m\"e", false),
            ("mé", false),
            (&"x".repeat(201), false),
        ] {
            assert_eq!(check_scope_name(name).is_ok(), fine, "RFC 6749 §3.3: {name:?}");
        }
    }

    #[test]
    fn text_for_people_is_one_line() {
        for (text, expected) in [
            ("John Doe", Ok(())),
            ("", Ok(())),
            ("two\nlines", Err(TextError::Control)),
            ("\u{1b}[31mred", Err(TextError::Control)),
            (&"x".repeat(501), Err(TextError::Long)),
        ] {
            assert_eq!(check_text(text), expected, "{text:?}");
        }
    }
}
