//! Routes that cannot be added without their access.

use std::{collections::BTreeSet, fmt};

use axum::{Router, routing::MethodRouter};
use scopegate_core::scope::Scope;

use crate::access::Access;

/// Paths, each with its access, that a [`Guard`](crate::Guard) turns into a router.
///
/// What routers above ask for adds up with what a route asks for itself:
///
/// ```
/// use axum::routing::get;
/// use scopegate_guard::{Access, Routes};
///
/// async fn me() {}
/// async fn items() {}
///
/// let user: Routes = Routes::new()
///     .route("/", Access::any_token(), get(me))
///     .route("/items/", Access::scopes(["items"]), get(items));
/// let routes = Routes::new().nest("/users/me", Access::scopes(["me"]), user).either_slash();
///
/// let shown: Vec<_> =
///     routes.requirements().map(|(path, access)| format!("{path}: {access}")).collect();
/// assert_eq!(shown, ["/users/me/: me", "/users/me/items/: items me"]);
/// ```
#[must_use]
pub struct Routes<S = ()> {
    entries: Vec<Entry<S>>,
    either_slash: bool,
}

pub(crate) struct Entry<S> {
    path: String,
    access: Access,
    methods: MethodRouter<S>,
    either_slash: bool,
}

impl<S> Routes<S> {
    /// No routes yet.
    pub const fn new() -> Self {
        Self { entries: Vec::new(), either_slash: false }
    }

    /// Adds a route. The path is axum's, such as `/items/{id}`; all methods of a path go into one
    /// `MethodRouter`, and [`Access::also_for`] says what single methods need beyond the rest.
    ///
    /// # Panics
    ///
    /// Where the path does not start with a slash.
    #[track_caller]
    pub fn route(mut self, path: &str, access: Access, methods: MethodRouter<S>) -> Self {
        assert!(path.starts_with('/'), "the path `{path}` of a route must start with `/`");
        self.entries.push(Entry { path: path.to_owned(), access, methods, either_slash: false });
        self
    }

    /// Adds routes below a prefix: each needs what `access` says and what it asks for itself. An
    /// open route below a guarded prefix is guarded.
    ///
    /// A route `/` below `/users/me` is served at `/users/me/`.
    ///
    /// # Panics
    ///
    /// Where the prefix does not start with a slash, or has a `{*wildcard}`.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "reads as `route` does")]
    pub fn nest(mut self, prefix: &str, access: Access, routes: Self) -> Self {
        assert!(prefix.starts_with('/'), "the prefix `{prefix}` must start with `/`");
        assert!(!prefix.contains("{*"), "the prefix `{prefix}` must not have a wildcard");
        let prefix = prefix.trim_end_matches('/');
        self.entries.extend(routes.into_entries().map(|entry| Entry {
            path: format!("{prefix}{}", entry.path),
            access: entry.access.within(&access),
            ..entry
        }));
        self
    }

    /// Adds the routes of another table.
    pub fn merge(mut self, routes: Self) -> Self {
        self.entries.extend(routes.into_entries());
        self
    }

    /// Serves every route of this table, now and later added, with and without its trailing
    /// slash, without a redirect. The root and paths that end in a `{*wildcard}` stay as they are.
    pub const fn either_slash(mut self) -> Self {
        self.either_slash = true;
        self
    }

    /// Each path with its access, in the order in which they were added.
    pub fn requirements(&self) -> impl Iterator<Item = (&str, &Access)> {
        self.entries.iter().map(|entry| (entry.path.as_str(), &entry.access))
    }

    /// Every scope that some route needs.
    pub(crate) fn all_scopes(&self) -> Scope {
        self.requirements().fold(Scope::empty(), |sum, (_, access)| sum.union(&access.all_scopes()))
    }

    /// Each route's paths as they are served, with its access.
    #[cfg(feature = "openapi")]
    pub(crate) fn served(&self) -> impl Iterator<Item = (Vec<String>, &Access)> {
        self.entries.iter().map(|entry| {
            (served_paths(&entry.path, entry.either_slash || self.either_slash), &entry.access)
        })
    }

    fn into_entries(self) -> impl Iterator<Item = Entry<S>> {
        let either_slash = self.either_slash;
        self.entries
            .into_iter()
            .map(move |entry| Entry { either_slash: entry.either_slash || either_slash, ..entry })
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// The router, each route after `guard` has wrapped it.
    #[track_caller]
    pub(crate) fn serve(
        self,
        guard: impl Fn(&Access, MethodRouter<S>) -> MethodRouter<S>,
    ) -> Router<S> {
        let mut served = BTreeSet::new();
        let mut router = Router::new();
        for entry in self.into_entries() {
            let methods = guard(&entry.access, entry.methods);
            for path in served_paths(&entry.path, entry.either_slash) {
                assert!(
                    served.insert(path.clone()),
                    "two routes are served at `{path}`: put its methods into one `MethodRouter`",
                );
                router = router.route(&path, methods.clone());
            }
        }
        router
    }
}

impl<S> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for Routes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.requirements()).finish()
    }
}

/// The path, and the other spelling of its end where both are served.
fn served_paths(path: &str, either_slash: bool) -> Vec<String> {
    let mut paths = vec![path.to_owned()];
    let is_wildcard = path.rsplit('/').next().is_some_and(|end| end.starts_with("{*"));
    if either_slash && path != "/" && !is_wildcard {
        paths.push(match path.strip_suffix('/') {
            Some(bare) => bare.to_owned(),
            None => format!("{path}/"),
        });
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_slash_serves_two_spellings() {
        for (path, expected) in [
            ("/users/me/", &["/users/me/", "/users/me"][..]),
            ("/status", &["/status", "/status/"]),
            ("/items/{id}", &["/items/{id}", "/items/{id}/"]),
            ("/", &["/"]),
            ("/files/{*path}", &["/files/{*path}"]),
        ] {
            assert_eq!(served_paths(path, true), expected, "{path}");
            assert_eq!(served_paths(path, false), [path], "{path}");
        }
    }
}
