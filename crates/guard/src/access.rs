//! What a route asks of a token, declared where the route is.

use std::fmt;

use http::Method;
use scopegate_core::scope::Scope;

use crate::demand::{Demand, Need};

/// Who may use a route: everyone, everyone with a token looked at where one comes, the holder of
/// any valid token, or of one with scopes.
///
/// ```
/// use http::Method;
/// use scopegate_guard::{Access, Need};
///
/// let access = Access::scopes(["items"]).also_for(Method::POST, ["items:write"]);
/// let shown = |method| match access.need(&method) {
///     Need::Token(demand) => demand.to_string(),
///     _ => "no token".to_owned(),
/// };
/// assert_eq!(shown(Method::GET), "items");
/// assert_eq!(shown(Method::POST), "items items:write");
/// assert_eq!(Access::open().need(&Method::GET), Need::Nothing);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    base: Need,
    methods: Vec<(Method, Demand)>,
}

impl Access {
    /// No token is needed, nor looked at. Below a guarded parent the parent's demand stays.
    pub const fn open() -> Self {
        Self { base: Need::Nothing, methods: Vec::new() }
    }

    /// No token is needed, but one that comes must be good, or the answer is 401. Handlers take
    /// `Option<Principal>` or `Option<User>`. Credentials of another scheme are no token. Below a
    /// guarded parent the parent's demand stays.
    pub const fn optional() -> Self {
        Self { base: Need::Optional, methods: Vec::new() }
    }

    /// Any valid token, a user's or a client's.
    pub const fn any_token() -> Self {
        Self { base: Need::Token(Demand::none()), methods: Vec::new() }
    }

    /// A valid token with all of these scopes.
    ///
    /// # Panics
    ///
    /// On what is no scope token (RFC 6749 §3.3), such as `"me items"`: scopes of a route are the
    /// program's own constants.
    #[track_caller]
    pub fn scopes<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Self {
        Self { base: Need::Token(all_of(tokens)), methods: Vec::new() }
    }

    /// A valid token with at least one of these scopes. Name first the one that grants least: it
    /// is the one that challenges tell a client to ask for.
    ///
    /// # Panics
    ///
    /// As [`scopes`](Self::scopes), and where there is no scope at all.
    #[track_caller]
    pub fn any_of<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Self {
        Self { base: Need::Token(one_of(tokens)), methods: Vec::new() }
    }

    /// The demands of both.
    ///
    /// ```
    /// use scopegate_guard::Access;
    ///
    /// let access = Access::scopes(["me"]).and(Access::any_of(["read", "write"]));
    /// assert_eq!(access.to_string(), "me (read or write)");
    /// ```
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        other.within(&self)
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
        self.methods.push((method, all_of(tokens)));
        self
    }

    /// Asks for one of these scopes too where the request has this method.
    ///
    /// # Panics
    ///
    /// As [`any_of`](Self::any_of).
    #[must_use]
    #[track_caller]
    pub fn also_any_of_for<'a>(
        mut self,
        method: Method,
        tokens: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        self.methods.push((method, one_of(tokens)));
        self
    }

    /// What a request with this method needs.
    pub fn need(&self, method: &Method) -> Need {
        self.methods
            .iter()
            .filter(|(of, _)| of == method || (of == Method::GET && method == Method::HEAD))
            .fold(self.base.clone(), |sum, (_, demand)| both(sum, demand))
    }

    /// Whether no method needs a token, or looks at one.
    pub fn is_open(&self) -> bool {
        self.base == Need::Nothing && self.methods.is_empty()
    }

    /// Every scope that some method asks for in any way.
    pub fn all_scopes(&self) -> Scope {
        let base = match &self.base {
            Need::Token(demand) => demand.all_scopes(),
            Need::Nothing | Need::Optional => Scope::empty(),
        };
        self.methods.iter().fold(base, |sum, (_, demand)| sum.union(&demand.all_scopes()))
    }

    /// This access below `parent`: the demands of both.
    pub(crate) fn within(self, parent: &Self) -> Self {
        let base = match (&parent.base, self.base) {
            (Need::Optional, Need::Nothing) => Need::Optional,
            (Need::Nothing | Need::Optional, own) => own,
            (Need::Token(demand), Need::Token(own)) => Need::Token(demand.union(&own)),
            (Need::Token(demand), _) => Need::Token(demand.clone()),
        };
        let mut methods = parent.methods.clone();
        methods.extend(self.methods);
        Self { base, methods }
    }

    /// What methods without a demand of their own need.
    pub(crate) const fn base(&self) -> &Need {
        &self.base
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

/// The demand in words: `open`, `a token is optional`, `any valid token`, or the scopes, with
/// alternatives as `(a or b)`; then those of single methods.
impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.base {
            Need::Nothing => f.write_str("open")?,
            Need::Optional => f.write_str("a token is optional")?,
            Need::Token(demand) => write!(f, "{demand}")?,
        }
        for (method, demand) in &self.methods {
            write!(f, ", {method}: {demand}")?;
        }
        Ok(())
    }
}

fn both(need: Need, more: &Demand) -> Need {
    match need {
        Need::Nothing | Need::Optional => Need::Token(more.clone()),
        Need::Token(demand) => Need::Token(demand.union(more)),
    }
}

#[track_caller]
fn all_of<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Demand {
    Demand::all_of(tokens)
        .unwrap_or_else(|error| panic!("the scopes of a route are not scope tokens: {error}"))
}

#[track_caller]
fn one_of<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Demand {
    match Demand::any_of(tokens) {
        Ok(Some(demand)) => demand,
        Ok(None) => panic!("one of no scopes is what no token can hold"),
        Err(error) => panic!("the scopes of a route are not scope tokens: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(access: &Access, method: &Method) -> String {
        match access.need(method) {
            Need::Nothing => "open".to_owned(),
            Need::Optional => "optional".to_owned(),
            Need::Token(demand) => demand.to_string(),
        }
    }

    #[test]
    fn demands_add_up_and_never_vanish() {
        let open = Access::open;
        let optional = Access::optional;
        let any = Access::any_token;
        let me = || Access::scopes(["me"]);
        let items = || Access::scopes(["items"]);
        let write = || Access::open().also_for(Method::POST, ["write"]);
        let either = || Access::any_of(["a", "b"]);
        for (name, access, get, post) in [
            ("open below open", open().within(&open()), "open", "open"),
            ("open below guarded", open().within(&me()), "me", "me"),
            ("open below optional", open().within(&optional()), "optional", "optional"),
            ("optional below open", optional().within(&open()), "optional", "optional"),
            ("optional below guarded", optional().within(&me()), "me", "me"),
            ("optional below any token", optional().within(&any()), ANY, ANY),
            ("any token below optional", any().within(&optional()), ANY, ANY),
            ("scopes below optional", me().within(&optional()), "me", "me"),
            ("any token below scopes", any().within(&me()), "me", "me"),
            ("scopes below any token", me().within(&any()), "me", "me"),
            ("scopes below open", me().within(&open()), "me", "me"),
            ("three levels", items().within(&me()).within(&any()), "items me", "items me"),
            ("one of, below scopes", either().within(&me()), "me (a or b)", "me (a or b)"),
            ("both in one", me().and(either()), "me (a or b)", "me (a or b)"),
            ("a method below open", write(), "open", "write"),
            ("a method below optional", write().within(&optional()), "optional", "write"),
            ("a method below scopes", write().within(&me()), "me", "me write"),
            ("scopes below a method", me().within(&write()), "me", "me write"),
            (
                "one of, for a method",
                me().also_any_of_for(Method::POST, ["x", "y"]),
                "me",
                "me (x or y)",
            ),
        ] {
            assert_eq!(shown(&access, &Method::GET), get, "{name}: GET");
            assert_eq!(shown(&access, &Method::POST), post, "{name}: POST");
        }
    }

    const ANY: &str = "any valid token";

    #[test]
    fn head_needs_what_get_needs() {
        let access = Access::open().also_for(Method::GET, ["me"]);
        assert_eq!(shown(&access, &Method::HEAD), "me");
        assert_eq!(access.special_methods(), [Method::GET, Method::HEAD]);
    }

    #[test]
    fn an_access_is_shown_in_words() {
        for (access, expected) in [
            (Access::open(), "open"),
            (Access::optional(), "a token is optional"),
            (Access::any_token(), "any valid token"),
            (Access::any_of(["b", "a"]), "(b or a)"),
            (Access::scopes(["me"]).also_for(Method::POST, ["w"]), "me, POST: w"),
        ] {
            assert_eq!(access.to_string(), expected);
        }
    }

    #[test]
    #[should_panic(expected = "not scope tokens")]
    fn two_scopes_in_one_string_are_a_programmers_error() {
        let _ = Access::scopes(["me items"]);
    }

    #[test]
    #[should_panic(expected = "no token can hold")]
    fn one_of_nothing_is_a_programmers_error() {
        let _ = Access::any_of([]);
    }
}
