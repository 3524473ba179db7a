//! The two forms of a client: the authorization request and the exchange of its code, each right
//! but for what a test changes.

use crate::flow::{CLIENTS, SECRET};

/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The state of a request that does not say otherwise.
pub(crate) const STATE: &str = "a b+c%26\"<é😀";

/// Parameters in their order.
#[derive(Clone, Debug)]
pub(crate) struct Form(Vec<(&'static str, String)>);

impl Form {
    /// An authorization request for the scope `me`.
    pub(crate) fn asking(client: &str) -> Self {
        Self::default()
            .with("response_type", "code")
            .with("client_id", client)
            .with("redirect_uri", home(client))
            .with("scope", "me")
            .with("state", STATE)
            .with("code_challenge", CHALLENGE)
            .with("code_challenge_method", "S256")
    }

    /// A token request of the client with this code.
    pub(crate) fn redeeming(client: &str, code: &str) -> Self {
        Self::of("authorization_code", client)
            .with("code", code)
            .with("redirect_uri", home(client))
            .with("code_verifier", VERIFIER)
    }

    /// A token request of the client with this refresh token.
    pub(crate) fn refreshing(client: &str, token: &str) -> Self {
        Self::of("refresh_token", client).with("refresh_token", token)
    }

    /// A form that the client proves by its secret, if it has one.
    pub(crate) fn proved(client: &str) -> Self {
        let form = Self::default().with("client_id", client);
        let known = CLIENTS.iter().find(|known| known.id == client).unwrap();
        if known.is_public { form } else { form.with("client_secret", SECRET) }
    }

    fn of(grant_type: &str, client: &str) -> Self {
        Self::proved(client).with("grant_type", grant_type)
    }

    fn default() -> Self {
        Self(Vec::new())
    }

    /// With another value of a parameter.
    pub(crate) fn with(self, name: &'static str, value: impl Into<String>) -> Self {
        self.without(name).also(name, value)
    }

    /// Without a parameter.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(held, _)| *held != name);
        self
    }

    /// With one more value of a parameter.
    pub(crate) fn also(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    /// The first value of a parameter.
    pub(crate) fn value(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(held, _)| *held == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// The fields as a page's form takes them.
    pub(crate) fn fields(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// The URL that a client opens in the user's browser.
    pub(crate) fn url(&self) -> String {
        format!("/authorize?{}", self.encoded())
    }

    /// The form as a body.
    pub(crate) fn encoded(&self) -> String {
        let fields = self.fields();
        form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
    }
}

/// Where a client is sent when its request does not say otherwise.
pub(crate) fn home(client: &str) -> &'static str {
    let known = CLIENTS.iter().find(|known| known.id == client);
    known.and_then(|known| known.redirect_uris.first().copied()).unwrap_or("https://app.example/cb")
}
