//! Scope narrowing: nobody gets more than was asked, the client may ask and the user holds.

use scopegate_core::scope::Scope;

use crate::oauth::OAuthError;

const NOT_ALLOWED: OAuthError =
    OAuthError::invalid_scope("The client may not ask for every scope of the request");
const NOTHING_LEFT: OAuthError =
    OAuthError::invalid_scope("The user holds none of the requested scopes");
const NOT_GRANTED: OAuthError =
    OAuthError::invalid_scope("The scope is more than was granted at first");
const NOTHING_HELD: OAuthError =
    OAuthError::invalid_grant("Nothing of what was granted is left to the client and the user");

/// The scope of a new grant. `user` is `None` where the client acts for itself.
///
/// No scope asked is no scope granted: there are no default scopes.
pub fn narrow(
    requested: Option<&Scope>,
    client: &Scope,
    user: Option<&Scope>,
) -> Result<Scope, OAuthError> {
    let Some(requested) = requested else { return Ok(Scope::empty()) };
    if !requested.is_subset(client) {
        return Err(NOT_ALLOWED);
    }
    let granted = user.map_or_else(|| requested.clone(), |held| requested.intersection(held));
    if granted.is_empty() { Err(NOTHING_LEFT) } else { Ok(granted) }
}

/// The scope of a refreshed access token: `family` is what the first grant gave, `client` and
/// `user` what both hold now.
pub fn narrow_again(
    requested: Option<&Scope>,
    family: &Scope,
    client: &Scope,
    user: Option<&Scope>,
) -> Result<Scope, OAuthError> {
    let now = family.intersection(client);
    let now = user.map_or_else(|| now.clone(), |held| now.intersection(held));
    match requested {
        Some(requested) if !requested.is_subset(family) => Err(NOT_GRANTED),
        Some(requested) => {
            let granted = requested.intersection(&now);
            if granted.is_empty() { Err(NOTHING_LEFT) } else { Ok(granted) }
        }
        None if now.is_empty() && !family.is_empty() => Err(NOTHING_HELD),
        None => Ok(now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    fn shown(found: Result<Scope, OAuthError>) -> Result<String, &'static str> {
        found.map(|scope| scope.to_string()).map_err(|error| error.code.as_str())
    }

    #[test]
    fn a_new_grant_is_requested_and_client_and_user() {
        for (name, requested, client, user, expected) in [
            ("PW02 all", Some("me"), "me items", Some("me items"), Ok("me")),
            ("nothing asked", None, "me items", Some("me items"), Ok("")),
            (
                "PW12 beyond the client",
                Some("me items"),
                "me",
                Some("me items"),
                Err("invalid_scope"),
            ),
            ("unknown", Some("me nonsense"), "me", Some("me"), Err("invalid_scope")),
            ("SC05 other case", Some("ME"), "me", Some("me"), Err("invalid_scope")),
            ("SC05 comma", Some("me,items"), "me items", Some("me items"), Err("invalid_scope")),
            ("SC05 prefix", Some("me2"), "me", Some("me"), Err("invalid_scope")),
            ("SC02 beyond the user", Some("me items"), "me items", Some("me"), Ok("me")),
            ("nothing left", Some("items"), "me items", Some("me"), Err("invalid_scope")),
            ("a client for itself", Some("items"), "me items", None, Ok("items")),
        ] {
            let requested = requested.map(scope);
            let user = user.map(scope);
            let found = shown(narrow(requested.as_ref(), &scope(client), user.as_ref()));
            assert_eq!(found, expected.map(str::to_owned), "{name}");
        }
    }

    #[test]
    fn a_refresh_narrows_what_the_family_holds() {
        for (name, requested, family, client, user, expected) in [
            ("as before", None, "me items", "me items", "me items", Ok("items me")),
            ("RF07 narrower", Some("me"), "me items", "me items", "me items", Ok("me")),
            ("RF08 wider", Some("me items"), "me", "me items", "me items", Err("invalid_scope")),
            ("RF08 unknown", Some("admin"), "me", "me items", "me items", Err("invalid_scope")),
            ("the user lost one", None, "me items", "me items", "me", Ok("me")),
            ("the client lost one", None, "me items", "items", "me items", Ok("items")),
            ("nothing left", None, "me", "me items", "items", Err("invalid_grant")),
            ("asked, nothing left", Some("me"), "me", "me items", "items", Err("invalid_scope")),
            ("a family without scopes", None, "", "me", "me", Ok("")),
        ] {
            let requested = requested.map(scope);
            let user = scope(user);
            let found =
                narrow_again(requested.as_ref(), &scope(family), &scope(client), Some(&user));
            assert_eq!(shown(found), expected.map(str::to_owned), "{name}");
        }
    }
}
