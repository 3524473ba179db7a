//! Who makes a request, for handlers.

use std::{fmt, sync::Arc};

use scopegate_core::{claims::Verified, scope::Scope};

use crate::rule::Rule;

/// Who makes the request: a user through some client, or a client for itself.
///
/// As an extractor it answers 401 where a caller without a token was let in
/// ([`Access::optional`](crate::Access::optional)), which `Option<Principal>` does not, and 500 on
/// a route that no guard protects, which is logged. It lies in the request's extensions, too, for
/// services without extractors.
///
/// ```
/// use scopegate_guard::Principal;
///
/// async fn status(principal: Principal) -> String {
///     match principal {
///         Principal::User(user) => format!("the user {}", user.username()),
///         Principal::Client(client) => format!("the client {}", client.client_id()),
///     }
/// }
///
/// async fn greeting(caller: Option<Principal>) -> String {
///     caller.map_or("who are you?".to_owned(), |it| format!("good day, {}", it.subject()))
/// }
/// ```
#[derive(Clone, Debug)]
pub enum Principal {
    /// A user, or whoever has a token without `client_id` (see [`User`]).
    User(User),
    /// A client that acts for itself: its token has `sub` = `client_id` (RFC 9068 §5).
    Client(Client),
}

/// A user, with the token.
///
/// As an extractor it answers a client's token with 401 `invalid_token`, so that no client can
/// pass for a user of the same name (RFC 9700 §4.15). `Option<User>` lets in callers without a
/// token where the route does; a client's token is refused there, too, while `Option<Principal>`
/// takes it.
///
/// That holds only where the issuer states `client_id`, as RFC 9068 §2.2 requires: a token
/// without it counts as a user's, whoever it was issued to. Where an issuer leaves it out, a
/// [`SubjectCheck`](crate::SubjectCheck) that looks at [`Verified::client_id`] can refuse such
/// tokens.
#[derive(Clone)]
pub struct User(Arc<Admission>);

/// A client that acts for itself, with the token.
///
/// As an extractor it answers a user's token with 401 `invalid_token`: another scope would not
/// help, another kind of token does.
#[derive(Clone)]
pub struct Client(Arc<Admission>);

/// A token that was let in, and by which rule.
pub(crate) struct Admission {
    pub(crate) token: Verified,
    pub(crate) rule: Arc<Rule>,
}

/// Lies in the extensions of a request that was let in without a token.
#[derive(Clone)]
pub(crate) struct Anonymous(pub(crate) Arc<Rule>);

impl Principal {
    pub(crate) fn admit(token: Verified, rule: &Arc<Rule>) -> Self {
        let is_client = token.is_client();
        let admission = Arc::new(Admission { token, rule: Arc::clone(rule) });
        if is_client { Self::Client(Client(admission)) } else { Self::User(User(admission)) }
    }

    /// The username or the client's id. With several issuers it says who somebody is only
    /// together with [`issuer`](Self::issuer).
    pub fn subject(&self) -> &str {
        &self.token().subject
    }

    /// Whose word it is: the `iss` of the token.
    pub fn issuer(&self) -> &str {
        &self.token().issuer
    }

    /// What was granted.
    pub fn scope(&self) -> &Scope {
        &self.token().scope
    }

    /// What the token says.
    pub fn token(&self) -> &Verified {
        &self.admission().token
    }

    pub(crate) fn rule(&self) -> &Arc<Rule> {
        &self.admission().rule
    }

    fn admission(&self) -> &Admission {
        match self {
            Self::User(User(admission)) | Self::Client(Client(admission)) => admission,
        }
    }
}

impl User {
    /// The username. With several issuers it says who somebody is only together with
    /// [`issuer`](Self::issuer).
    pub fn username(&self) -> &str {
        &self.0.token.subject
    }

    /// Whose word it is: the `iss` of the token.
    pub fn issuer(&self) -> &str {
        &self.0.token.issuer
    }

    /// What was granted.
    pub fn scope(&self) -> &Scope {
        &self.0.token.scope
    }

    /// What the token says.
    pub fn token(&self) -> &Verified {
        &self.0.token
    }
}

impl Client {
    /// The client's id.
    pub fn client_id(&self) -> &str {
        &self.0.token.subject
    }

    /// Whose word it is: the `iss` of the token.
    pub fn issuer(&self) -> &str {
        &self.0.token.issuer
    }

    /// What was granted.
    pub fn scope(&self) -> &Scope {
        &self.0.token.scope
    }

    /// What the token says.
    pub fn token(&self) -> &Verified {
        &self.0.token
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(&mut f.debug_struct("User"))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(&mut f.debug_struct("Client"))
    }
}

impl Admission {
    /// Who it is and what was granted; the other claims may be nobody's business.
    fn describe(&self, shown: &mut fmt::DebugStruct<'_, '_>) -> fmt::Result {
        shown
            .field("issuer", &self.token.issuer)
            .field("subject", &self.token.subject)
            .field("client_id", &self.token.client_id)
            .field("scope", &self.token.scope)
            .finish_non_exhaustive()
    }
}
