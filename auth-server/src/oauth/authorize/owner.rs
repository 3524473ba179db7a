//! Who would allow a client something (RFC 6749 §1.1): a user, and the session in which they say so.

use scopegate_store::users::{self, User};

use crate::{app::App, fault::Fault, identity::session::SessionUser};

/// A user who is signed in.
pub struct Owner {
    /// The user.
    pub user: User,
    /// Their session's public id: a code is issued while it lasts.
    pub session: String,
}

impl Owner {
    /// `None` where the user was shut out since the session was found good.
    pub async fn find(app: &App, signed_in: &SessionUser) -> Result<Option<Self>, Fault> {
        let user = users::find(&mut *app.store.read().await?, &signed_in.username).await?;
        let user = user.filter(|user| !user.disabled);
        Ok(user.map(|user| Self { user, session: signed_in.session.clone() }))
    }

    /// The user's name.
    pub fn username(&self) -> &str {
        &self.user.username
    }
}
