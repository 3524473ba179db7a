//! The `security` of an [`OpenApi`] document, from the routes that are served.

use std::fmt;

use http::Method;
use scopegate_core::scope::Scope;
use utoipa::openapi::{
    OpenApi, RefOr, Response,
    content::Content,
    path::{Operation, PathItem},
    schema::Schema,
    security::SecurityRequirement,
};

use crate::{
    access::Access,
    demand::{Demand, Need},
    metadata::METADATA_PATH,
    router::Routes,
};

/// Where an [`OpenApi`] document and the routes disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// A guarded route is not in the document.
    Undocumented(String),
    /// The document has a path that no route serves.
    Unserved(String),
}

impl<S> Routes<S> {
    /// Writes into each operation of the document what its route needs: `security` with the
    /// security scheme named `scheme`, a sentence at the end of the description, and the answers
    /// 401 and 403 where they are not described yet. Open operations get an empty `security`, so
    /// that one for the whole document does not count for them.
    ///
    /// ```
    /// use axum::routing::get;
    /// use scopegate_guard::{Access, Routes};
    /// use utoipa::OpenApi;
    ///
    /// /// The present user.
    /// #[utoipa::path(get, path = "/users/me/", responses((status = 200)))]
    /// async fn me() {}
    ///
    /// #[derive(OpenApi)]
    /// #[openapi(paths(me))]
    /// struct Document;
    ///
    /// let routes: Routes = Routes::new().route("/users/me/", Access::scopes(["me"]), get(me));
    /// let mut document = Document::openapi();
    /// routes.secure(&mut document, "oauth2");
    ///
    /// let operation = document.paths.paths["/users/me/"].get.as_ref().unwrap();
    /// assert!(operation.description.as_deref().unwrap().ends_with("Requires the scope `me`."));
    /// assert_eq!(routes.compare(&document), []);
    /// ```
    pub fn secure(&self, document: &mut OpenApi, scheme: &str) {
        for (paths, access) in self.documented() {
            for path in paths {
                if let Some(item) = document.paths.paths.get_mut(&path) {
                    secure_path(item, access, scheme);
                }
            }
        }
    }

    /// Guarded routes that the document lacks, then its paths that no route serves. Meant for a
    /// test that expects none.
    pub fn compare(&self, document: &OpenApi) -> Vec<Mismatch> {
        let documented = &document.paths.paths;
        let undocumented = self
            .documented()
            .filter(|(paths, access)| {
                !access.is_open() && !paths.iter().any(|path| documented.contains_key(path))
            })
            .filter_map(|(paths, _)| paths.into_iter().next().map(Mismatch::Undocumented));
        let served: Vec<String> = self.documented().flat_map(|(paths, _)| paths).collect();
        let unserved = documented
            .keys()
            .filter(|path| *path != METADATA_PATH && !served.contains(path))
            .map(|path| Mismatch::Unserved(path.clone()));
        undocumented.chain(unserved).collect()
    }

    /// Each route's paths as the document spells them, with its access.
    fn documented(&self) -> impl Iterator<Item = (Vec<String>, &Access)> {
        self.served().map(|(paths, access)| {
            (paths.iter().map(|path| path.replace("{*", "{")).collect(), access)
        })
    }
}

fn secure_path(item: &mut PathItem, access: &Access, scheme: &str) {
    for (method, operation) in [
        (Method::GET, &mut item.get),
        (Method::PUT, &mut item.put),
        (Method::POST, &mut item.post),
        (Method::DELETE, &mut item.delete),
        (Method::OPTIONS, &mut item.options),
        (Method::HEAD, &mut item.head),
        (Method::PATCH, &mut item.patch),
        (Method::TRACE, &mut item.trace),
    ] {
        if let Some(operation) = operation {
            secure_operation(operation, access.need(&method), scheme);
        }
    }
}

fn secure_operation(operation: &mut Operation, need: Need, scheme: &str) {
    let requirement = |scope: &Scope| SecurityRequirement::new(scheme, scope.iter());
    match need {
        Need::Nothing => operation.security = Some(Vec::new()),
        Need::Optional => {
            // The empty requirement is what makes the other one optional (OpenAPI 3.1 §4.8.10).
            let none = SecurityRequirement::default();
            operation.security = Some(vec![requirement(&Scope::empty()), none]);
            describe(operation, "A token is optional.");
            describe_refusal(operation, "401", "The token is not valid.");
        }
        Need::Token(demand) => {
            operation.security = Some(demand.alternatives().iter().map(requirement).collect());
            describe(operation, &Sentence(&demand).to_string());
            describe_refusal(operation, "401", "The token is missing or not valid.");
            if !demand.is_empty() {
                describe_refusal(operation, "403", "The token lacks a scope.");
            }
        }
    }
}

fn describe(operation: &mut Operation, sentence: &str) {
    let description = operation.description.get_or_insert_default();
    if !description.ends_with(sentence) {
        if !description.is_empty() {
            description.push_str("\n\n");
        }
        description.push_str(sentence);
    }
}

fn describe_refusal(operation: &mut Operation, status: &str, description: &str) {
    operation.responses.responses.entry(status.to_owned()).or_insert_with(|| {
        let mut response = Response::new(description);
        let problem = RefOr::T(Content::new(None::<RefOr<Schema>>));
        response.content.insert("application/problem+json".to_owned(), problem);
        RefOr::T(response)
    });
}

/// What an operation needs, for its description.
struct Sentence<'a>(&'a Demand);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let scopes: Vec<_> = self.0.required_scopes().iter().collect();
        match scopes.as_slice() {
            [] if self.0.is_empty() => parts.push("any valid token".to_owned()),
            [] => {}
            [one] => parts.push(format!("the scope `{one}`")),
            [first @ .., last] => {
                parts.push(format!("the scopes `{}` and `{last}`", first.join("`, `")));
            }
        }
        let groups = self.0.groups().map(Iterator::collect::<Vec<_>>);
        parts.extend(groups.map(|group| format!("one of `{}`", group.join("`, `"))));
        write!(f, "Requires {}.", parts.join(", and "))
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undocumented(path) => write!(f, "{path} is served, but not in the document"),
            Self::Unserved(path) => write!(f, "{path} is in the document, but not served"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_names_the_scopes() {
        let scopes = |tokens: &str| Access::scopes(tokens.split_whitespace());
        let either = || Access::any_of(["r", "w"]);
        for (access, expected) in [
            (scopes(""), "Requires any valid token."),
            (scopes("me"), "Requires the scope `me`."),
            (scopes("me items"), "Requires the scopes `items` and `me`."),
            (scopes("a b c"), "Requires the scopes `a`, `b` and `c`."),
            (either(), "Requires one of `r`, `w`."),
            (scopes("me").and(either()), "Requires the scope `me`, and one of `r`, `w`."),
        ] {
            let Need::Token(demand) = access.need(&Method::GET) else { panic!("{access}") };
            assert_eq!(Sentence(&demand).to_string(), expected);
        }
    }
}
