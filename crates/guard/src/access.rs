//! What a route asks of a token, declared where the route is.

use std::fmt;

use http::Method;
use scopegate_core::scope::Scope;

/// Who may use a route: everyone, the holder of any valid token, or of one with scopes.
///
/// ```
/// use http::Method;
/// use scopegate_guard::Access;
///
/// let access = Access::scopes(["items"]).also_for(Method::POST, ["items:write"]);
/// assert_eq!(access.required(&Method::GET).unwrap().to_string(), "items");
/// assert_eq!(access.required(&Method::POST).unwrap().to_string(), "items items:write");
/// assert_eq!(Access::open().required(&Method::GET), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// `None` is open; an empty scope means any valid token.
    base: Option<Scope>,
    methods: Vec<(Method, Scope)>,
}

impl Access {
    /// No token is needed, nor looked at. Below a guarded parent the parent's demand stays.
    pub const fn open() -> Self {
        Self { base: None, methods: Vec::new() }
    }

    /// Any valid token, a user's or a client's.
    pub const fn any_token() -> Self {
        Self { base: Some(Scope::empty()), methods: Vec::new() }
    }

    /// A valid token with all of these scopes.
    ///
    /// # Panics
    ///
    /// On what is no scope token (RFC 6749 §3.3), such as `"me items"`: scopes of a route are the
    /// program's own constants.
    #[track_caller]
    pub fn scopes<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Self {
        Self { base: Some(scope(tokens)), methods: Vec::new() }
    }

    /// Asks for these scopes too where the request has this method. What is asked for `GET` is
    /// asked for `HEAD` as well. After [`open`](Self::open), other methods stay open.
    ///
    /// # Panics
    ///
    /// As [`scopes`](Self::scopes).
    #[must_use]
    #[track_caller]
    pub fn also_for<'a>(
        mut self,
        method: Method,
        tokens: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        self.methods.push((method, scope(tokens)));
        self
    }

    /// The scopes that a request with this method needs; empty where any valid token will do,
    /// `None` where no token is needed.
    pub fn required(&self, method: &Method) -> Option<Scope> {
        self.methods
            .iter()
            .filter(|(of, _)| of == method || (of == Method::GET && method == Method::HEAD))
            .fold(self.base.clone(), |sum, (_, scope)| Some(both(sum, scope)))
    }

    /// Whether no method needs a token.
    pub fn is_open(&self) -> bool {
        self.base.is_none() && self.methods.is_empty()
    }

    /// Every scope that some method needs.
    pub fn all_scopes(&self) -> Scope {
        self.methods
            .iter()
            .fold(self.base.clone().unwrap_or_default(), |sum, (_, scope)| sum.union(scope))
    }

    /// This access below `parent`: the demands of both.
    pub(crate) fn within(self, parent: &Self) -> Self {
        let base = match (&parent.base, self.base) {
            (None, own) => own,
            (Some(demand), own) => Some(both(own, demand)),
        };
        let mut methods = parent.methods.clone();
        methods.extend(self.methods);
        Self { base, methods }
    }

    /// What methods without a demand of their own need.
    pub(crate) const fn base(&self) -> Option<&Scope> {
        self.base.as_ref()
    }

    /// The methods that have a demand of their own, each once.
    pub(crate) fn special_methods(&self) -> Vec<Method> {
        let mut special: Vec<Method> = Vec::new();
        for (method, _) in &self.methods {
            let head = (method == Method::GET).then_some(&Method::HEAD);
            for method in std::iter::once(method).chain(head) {
                if !special.contains(method) {
                    special.push(method.clone());
                }
            }
        }
        special
    }
}

/// The demand in words: `open`, `any valid token`, or the scopes; then those of single methods.
impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.base {
            None => f.write_str("open")?,
            Some(scope) if scope.is_empty() => f.write_str("any valid token")?,
            Some(scope) => write!(f, "{scope}")?,
        }
        for (method, scope) in &self.methods {
            write!(f, ", {method}: {scope}")?;
        }
        Ok(())
    }
}

fn both(sum: Option<Scope>, scope: &Scope) -> Scope {
    sum.map_or_else(|| scope.clone(), |sum| sum.union(scope))
}

#[track_caller]
fn scope<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Scope {
    match Scope::from_tokens(tokens) {
        Ok(scope) => scope,
        Err(error) => panic!("the scopes of a route are not scope tokens: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn required(access: &Access, method: &Method) -> Option<String> {
        access.required(method).map(|scope| scope.to_string())
    }

    #[test]
    fn demands_add_up_and_never_vanish() {
        let me = || Access::scopes(["me"]);
        let items = || Access::scopes(["items"]);
        let write = || Access::open().also_for(Method::POST, ["write"]);
        for (name, access, get, post) in [
            ("open below open", Access::open().within(&Access::open()), None, None),
            ("open below guarded", Access::open().within(&me()), Some("me"), Some("me")),
            ("any token below scopes", Access::any_token().within(&me()), Some("me"), Some("me")),
            ("scopes below any token", me().within(&Access::any_token()), Some("me"), Some("me")),
            ("scopes below open", me().within(&Access::open()), Some("me"), Some("me")),
            (
                "three levels",
                items().within(&me()).within(&Access::any_token()),
                Some("items me"),
                Some("items me"),
            ),
            ("a method below open", write(), None, Some("write")),
            ("a method below scopes", write().within(&me()), Some("me"), Some("me write")),
            ("scopes below a method", me().within(&write()), Some("me"), Some("me write")),
        ] {
            assert_eq!(required(&access, &Method::GET).as_deref(), get, "{name}: GET");
            assert_eq!(required(&access, &Method::POST).as_deref(), post, "{name}: POST");
        }
    }

    #[test]
    fn head_needs_what_get_needs() {
        let access = Access::open().also_for(Method::GET, ["me"]);
        assert_eq!(required(&access, &Method::HEAD).as_deref(), Some("me"));
        assert_eq!(access.special_methods(), [Method::GET, Method::HEAD]);
    }

    #[test]
    #[should_panic(expected = "not scope tokens")]
    fn two_scopes_in_one_string_are_a_programmers_error() {
        let _ = Access::scopes(["me items"]);
    }
}
