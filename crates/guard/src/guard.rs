//! The guard: routes, layers and health of one service, behind one check.

use std::{fmt, sync::Arc};

use axum::{Router, body::Bytes, routing::MethodRouter};
use scopegate_core::scope::Scope;

use crate::{
    access::Access, builder::GuardBuilder, check::Checker, layer::GuardLayer, metadata,
    router::Routes, rule::Rules, source_state::SourceState, verifier::Verifier,
};

/// Protects routes and other services. Clones share keys and subject check.
#[derive(Clone)]
pub struct Guard(pub(crate) Arc<Checker>);

impl Guard {
    /// Starts a guard.
    pub fn builder() -> GuardBuilder {
        GuardBuilder::new()
    }

    /// The routes with the check before each guarded one, and their metadata (RFC 9728) at
    /// [`METADATA_PATH`](crate::METADATA_PATH).
    ///
    /// The check runs only where a route matches; an unknown path stays 404. On a guarded path it
    /// comes before the 405 of a wrong method. Call it once per application, with all routes: the
    /// metadata names their scopes. Merge the router, do not nest it, or the metadata moves: a
    /// prefix for all routes is [`Routes::nest`]'s to add, and one that a proxy takes away is
    /// [`GuardBuilder::metadata_url`]'s to tell.
    ///
    /// # Panics
    ///
    /// Where a path is not one for axum, or two routes would be served at the same one.
    #[track_caller]
    pub fn protect<S>(&self, routes: Routes<S>) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        let metadata = metadata::endpoint(self.metadata(&routes.all_scopes()));
        let check = |access: &Access, methods: MethodRouter<S>| {
            if access.is_open() { methods } else { methods.layer(self.check(access)) }
        };
        routes.serve(check).route(metadata::METADATA_PATH, metadata)
    }

    /// The check alone, as a tower layer for any HTTP service whose body can be made of
    /// [`Bytes`]. It answers what [`protect`](Self::protect)ed routes answer, and leaves the
    /// [`Principal`](crate::Principal) in the request's extensions.
    ///
    /// Such a service serves [`metadata`](Self::metadata) by itself.
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use axum::body::Body;
    /// use http::{Request, Response};
    /// use scopegate_guard::{Access, Principal, testing::TestTokens};
    /// use tower::{ServiceBuilder, ServiceExt, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let tokens = TestTokens::new("http://localhost:8000", "http://localhost:8001");
    /// let guard = tokens.guard().build()?;
    /// let greet = service_fn(async |request: Request<Body>| {
    ///     let principal: &Principal = request.extensions().get().expect("the guard let it in");
    ///     Ok::<_, Infallible>(Response::new(Body::from(principal.subject().to_owned())))
    /// });
    /// let service = ServiceBuilder::new().layer(guard.layer(Access::scopes(["me"]))).service(greet);
    ///
    /// let answer = service.oneshot(Request::new(Body::empty())).await?;
    /// assert_eq!(answer.status(), 401);
    /// # Ok(())
    /// # }
    /// ```
    #[expect(clippy::needless_pass_by_value, reason = "reads as `Routes::route` does")]
    pub fn layer(&self, access: Access) -> GuardLayer {
        self.check(&access)
    }

    /// The protected-resource metadata (RFC 9728 §2) as JSON, for services that are not
    /// [`protect`](Self::protect)ed routes. Serve it at [`METADATA_PATH`](crate::METADATA_PATH),
    /// open, as `application/json`.
    pub fn metadata(&self, scopes: &Scope) -> Bytes {
        metadata::document(&self.0.verifier, scopes)
    }

    /// The check of a token alone, for what does not come through a request.
    pub fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    /// Whether the keys of every issuer are there, for a health endpoint. While no source has given
    /// any, guarded routes answer 503, to requests without a token as well.
    ///
    /// It says that sources answered, not that tokens can be good: a set that was fetched and holds
    /// no usable key, such as `{"keys":[]}` or one with other algorithms only, counts too.
    /// [`key_states`](Self::key_states) shows it as `keys: Some(0)`.
    pub fn is_ready(&self) -> bool {
        self.0.verifier.is_ready()
    }

    /// Waits until the keys of every issuer are there.
    pub async fn ready(&self) {
        self.0.verifier.ready().await;
    }

    /// Reads all keys again, now, as on SIGHUP. What was found is in force when this returns.
    pub async fn reload(&self) {
        self.0.verifier.reload().await;
    }

    /// How every source of keys stands: what is waited for, how old keys over the network are, and
    /// what went wrong last.
    pub fn key_states(&self) -> Vec<SourceState> {
        self.0.verifier.key_states()
    }

    fn check(&self, access: &Access) -> GuardLayer {
        let rules = Rules::new(access, &self.0.metadata_url);
        GuardLayer { checker: Arc::clone(&self.0), rules }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("verifier", &self.0.verifier).finish_non_exhaustive()
    }
}
