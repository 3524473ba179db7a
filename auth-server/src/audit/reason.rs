//! Why something was refused: a code for programs, words and advice for people. Clients are told less.

macro_rules! reasons {
    ($($name:ident = $code:literal, $words:literal, $advice:literal;)*) => {
        /// Why something was refused or failed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Reason {
            $(#[doc = concat!("`", $code, "`")] $name,)*
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code, as it stands in the table.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The reason in a sentence, without its full stop.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)* }
            }

            /// What an operator can do about it; empty where that is nothing.
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)* }
            }
        }
    };
}

reasons! {
    NoClient = "no_client", "the request names no client",
        "A client sends its client_id; `default-client` sets who is meant without one.";
    UnknownClient = "unknown_client", "there is no client of that id",
        "Compare the client_id with `auth-server client list`.";
    DisabledClient = "disabled_client", "the client is disabled",
        "`auth-server client enable` lets it in again.";
    WrongSecret = "wrong_secret", "the client's secret is wrong",
        "`auth-server client rotate-secret` makes a new one.";
    MissingSecret = "missing_secret", "the client has a secret and sent none",
        "It sends the secret by HTTP Basic or as client_secret.";
    NeedlessSecret = "needless_secret", "the client is public and sent a secret",
        "A public client sends its client_id alone.";
    PublicClient = "public_client", "a public client may not ask this, for it cannot prove who it is",
        "Use a client with a secret.";
    UnknownUser = "unknown_user", "nobody has the name that was given",
        "The name is not kept here, since it may be a password. `auth-server user list` shows who is there.";
    DisabledUser = "disabled_user", "the user is disabled",
        "`auth-server user enable` lets them in again.";
    WrongPassword = "wrong_password", "the password is wrong",
        "`auth-server user set-password` gives another one.";
    NoPassword = "no_password", "the user has no password that can be checked",
        "`auth-server user set-password` gives one.";
    Limited = "limited", "there were too many wrong tries before, so this one was not looked at",
        "It ends by itself after the time that the answer tells.";
    Meanwhile = "changed_meanwhile", "the user or the client was changed or shut out at the same moment",
        "";
    WeakPassword = "weak_password", "the new password is not good enough",
        "The page says why.";
    UnknownToken = "unknown_refresh_token", "the refresh token is unknown, or was cleaned away",
        "The app has to sign its user in again.";
    OthersToken = "others_refresh_token", "the refresh token belongs to another client",
        "Look whether two apps share a store of tokens.";
    DeadToken = "dead_refresh_token", "the refresh token has expired, or its login was ended",
        "The app has to sign its user in again; entries of the same subject tell what ended it.";
    ReusedToken = "reused_refresh_token", "a refresh token was used a second time, so its login was ended",
        "Either it was stolen, or the app keeps an old token: after a refresh it must forget the one before.";
    UnknownCode = "unknown_code", "the authorization code is unknown, expired, or was spent by a wrong verifier",
        "The app exchanges a code at once, and once.";
    OthersCode = "others_code", "the authorization code belongs to another client",
        "";
    ReplayedCode = "replayed_code", "an authorization code was used a second time, so what it gave was revoked",
        "Either it was stolen, or the app exchanges each code twice, as on a reload of its redirect page.";
    WrongVerifier = "wrong_verifier", "the code_verifier does not fit the code, which is spent now",
        "The app must send the verifier whose challenge it began with.";
    OtherRedirectUri = "other_redirect_uri", "the redirect_uri is not that of the code",
        "";
    UnknownRedirectUri = "unknown_redirect_uri", "the redirect_uri is missing, or not registered for the client",
        "It has to match character by character: `auth-server client show` lists what is registered.";
    Denied = "denied", "the user said no",
        "";
    StaleForm = "stale_form", "the form is not of this browser, or was opened before the last login",
        "Reload the page and try again.";
    NoCookie = "no_cookie", "the browser sent no cookie along with the form",
        "Look at `auth-server doctor`: cookies, issuer and proxy.";
    RequestOver = "request_over", "the app's request was answered before, or waited too long",
        "Start again in the app.";
    InvalidRequest = "invalid_request", "a parameter is missing, repeated or malformed",
        "";
    InvalidClient = "invalid_client", "the client did not prove who it is",
        "";
    InvalidGrant = "invalid_grant", "what was presented is not good, or not any more",
        "";
    InvalidScope = "invalid_scope", "the scope is unknown, or more than client or user may have",
        "`auth-server client show` and `auth-server user show` tell what they hold.";
    UnauthorizedClient = "unauthorized_client", "the client may not use this grant type",
        "`auth-server client set --grants` says which it may use.";
    UnsupportedGrantType = "unsupported_grant_type", "there is no such grant type",
        "";
    Busy = "busy", "too many logins were waiting for their password check",
        "It passes. If it does not: `hash-queue`, the argon2 settings, or more processors.";
    StoreAway = "store_away", "the database could not be reached or written",
        "`auth-server doctor` looks at it; the log tells more under the same id.";
    Broken = "broken", "the server failed",
        "This is a mistake of the server: please report it with the log lines of this id.";
}

impl Reason {
    /// The reason of that code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_code_of_its_own_and_words() {
        for (at, reason) in Reason::ALL.iter().enumerate() {
            assert_eq!(Reason::parse(reason.as_str()), Some(*reason));
            assert!(!reason.words().is_empty() && !reason.words().ends_with('.'), "{reason:?}");
            let same = |other: &&Reason| other.as_str() == reason.as_str();
            assert_eq!(Reason::ALL.iter().position(|other| same(&other)), Some(at), "{reason:?}");
        }
        assert_eq!(Reason::parse("nonsense"), None);
    }
}
