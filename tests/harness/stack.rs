//! Both programs on one place.

use scopegate_core::algorithm::Algorithm;

use super::{AuthServer, Place, ResourceApi, Settings, free_port};

/// Both programs, ready.
pub(crate) struct Stack {
    pub(crate) auth: AuthServer,
    pub(crate) resource: ResourceApi,
    pub(crate) place: Place,
}

impl Stack {
    /// With the people and clients of `fixture.toml`.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With more settings for auth-server.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::at(Place::new(), change).await
    }

    /// With access tokens signed by this algorithm, and resource-api told where the keys are.
    pub(crate) async fn signing(algorithm: Algorithm) -> Self {
        Self::at(Place::new().signing(algorithm), |_| {}).await
    }

    /// With the demo, and hashes that cost what they cost everywhere.
    pub(crate) async fn demo() -> Self {
        Self::at(Place::demo(), |settings| {
            settings.unset("argon2-memory").unset("argon2-time").unset("argon2-lanes");
        })
        .await
    }

    /// With the demo at URLs that a browser on this machine can open: each program's public URL is
    /// where it listens.
    pub(crate) async fn public() -> Self {
        let place = Place::demo();
        let (auth, resource) = (free_port(), free_port());
        let both = |settings: &mut Settings, port: u16| {
            settings
                .set("listen", format!("127.0.0.1:{port}"))
                .set("issuer", format!("http://localhost:{auth}"))
                .set("audience", format!("http://localhost:{resource}"));
        };
        let auth_server = AuthServer::with(&place, |settings| both(settings, auth)).await;
        let resource_api = ResourceApi::with(&place, |settings| both(settings, resource)).await;
        Self { auth: auth_server, resource: resource_api, place }
    }

    /// On a place that was prepared, with more settings for auth-server.
    pub(crate) async fn at(place: Place, change: impl FnOnce(&mut Settings)) -> Self {
        let (auth, resource) = Self::programs(&place, change).await;
        Self { auth, resource, place }
    }

    /// Both programs on a place that the story keeps.
    pub(crate) async fn programs(
        place: &Place,
        change: impl FnOnce(&mut Settings),
    ) -> (AuthServer, ResourceApi) {
        let auth = AuthServer::with(place, change).await;
        let resource = ResourceApi::with(place, |settings| {
            if place.algorithm().is_asymmetric() {
                settings.set("jwks-url", format!("{}/.well-known/jwks.json", auth.url));
            }
        })
        .await;
        (auth, resource)
    }
}
