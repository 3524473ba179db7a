//! What is tried: the kinds of entries that requests leave.

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $words:literal;)*) => {
        /// What a request tries. A dot in its code leads to the narrower kind.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Event {
            $($(#[$doc])* $name,)*
        }

        impl Event {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code, as it stands in the table.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What it is, in words that go on after "This was".
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)* }
            }
        }
    };
}

events! {
    /// A login on the page.
    Login = "login", "a login on the login page";
    /// The end of a session, by its browser.
    Logout = "logout", "a logout";
    /// Other sessions ended on the account page.
    SessionsEnd = "sessions.end", "the end of other sessions, on the account page";
    /// A new password on the account page.
    PasswordChange = "password.change", "a change of password on the account page";
    /// Something else on the account page.
    Account = "account", "a visit to the account page";
    /// A token request whose grant is not known.
    Token = "token", "a request to the token endpoint";
    /// A token for a name and a password.
    TokenPassword = "token.password", "a token request with a name and a password";
    /// A token for a code.
    TokenCode = "token.authorization_code", "the exchange of an authorization code for a token";
    /// A token for a refresh token.
    TokenRefresh = "token.refresh_token", "the exchange of a refresh token for a new token";
    /// A token for a client itself.
    TokenClient = "token.client_credentials", "a token request of a client for itself";
    /// A spent refresh token came again: its family was revoked.
    RefreshReuse = "refresh.reuse", "the second use of a refresh token, which ended its login";
    /// A used code came again: what it gave was revoked.
    CodeReplay = "code.replay", "the second use of an authorization code, which ended its login";
    /// An authorization request, and the code that answers it without a question.
    Authorization = "authorization", "an app's request to sign somebody in";
    /// What a user answered to the question whether an app may.
    Consent = "consent", "the answer to the question whether an app may use an account";
    /// An app that a user shut out.
    ConsentWithdraw = "consent.withdraw", "the withdrawal of what an app was allowed";
    /// A token that its client gave back.
    Revocation = "revocation", "the revocation of a token by its client";
    /// A question about a token.
    Introspection = "introspection", "a question whether a token is active";
    /// Refusals that the table could not take.
    Lost = "audit.lost", "a gap in the audit log";
}

impl Event {
    /// The kind of that code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.as_str() == code)
    }
}
