//! Both programs on one place.

use super::{AuthServer, Place, ResourceApi, Settings};

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

    /// With the demo, and hashes that cost what they cost everywhere.
    pub(crate) async fn demo() -> Self {
        Self::at(Place::demo(), |settings| {
            settings.unset("argon2-memory").unset("argon2-time").unset("argon2-lanes");
        })
        .await
    }

    async fn at(place: Place, change: impl FnOnce(&mut Settings)) -> Self {
        let auth = AuthServer::with(&place, change).await;
        let resource = ResourceApi::start(&place).await;
        Self { auth, resource, place }
    }
}
