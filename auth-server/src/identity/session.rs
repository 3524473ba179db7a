//! Browser sessions: who is signed in where, for how long, and what a new password does to that.

use scopegate_core::clock::Timestamp;
use scopegate_store::{
    Store,
    sessions::{self, NewSession},
    users,
};

use super::{LoginError, PasswordHash, Passwords, Username, policy};
use crate::{
    audit::{self, Entry, Event, Reason},
    config::SessionConfig,
    fault::Fault,
    id,
    limits::Origin,
    secret::Secret,
};

/// Whoever is signed in at a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionUser {
    /// The name.
    pub username: String,
    /// What other people call them.
    pub full_name: Option<String>,
    /// The user's `credential_version` at the login; it is the same now.
    pub credential_version: i64,
    /// The session's public id: names it on the account page, and is no secret.
    pub session: String,
}

/// A session to open.
pub struct NewLogin {
    /// Who signed in.
    pub username: String,
    /// The user's `credential_version` when the password was checked.
    pub credential_version: i64,
    /// Now.
    pub at: Timestamp,
    /// When the session ends, however often it is used.
    pub until: Timestamp,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
    /// The cookie that the browser had until now: a session of it ends.
    pub replaced: Secret,
}

/// A new password for whoever is signed in.
pub struct NewPassword {
    /// The session that asks, by its public id: wrong guesses at the current one count for it alone.
    pub session: String,
    /// The current one.
    pub current: Secret,
    /// The new one.
    pub new: Secret,
}

/// What became of a change of password.
pub enum PasswordChange {
    /// Everything issued before is dead.
    Done {
        /// The cookie of the session that goes on.
        cookie: Secret,
        /// The user's `credential_version` from now on.
        credential_version: i64,
    },
    /// The current password is another one.
    WrongCurrent,
    /// The new one is not good enough.
    Refused(policy::PolicyError),
    /// The session ended meanwhile: somebody else changed the password, or shut the user out.
    SignedOut,
}

/// A use is noted when this part of the idle time has passed, so that few requests write.
const NOTE_AFTER: u32 = 60;

/// Who is signed in with this cookie, and notes the use. Sessions are found by their hash only.
pub async fn find(
    store: &Store,
    config: &SessionConfig,
    now: Timestamp,
    cookie: &Secret,
) -> Result<Option<SessionUser>, Fault> {
    let hash = cookie.digest();
    let found = sessions::find(&mut *store.read().await?, &hash, now, config.idle).await?;
    let Some(session) = found else { return Ok(None) };
    if session.seen_at.plus(config.idle / NOTE_AFTER) <= now {
        note_use(store, hash, now).await;
    }
    Ok(Some(SessionUser {
        username: session.username,
        full_name: session.full_name,
        credential_version: session.credential_version,
        session: session.id,
    }))
}

/// A use that is not noted costs nobody their session now; the next one tries again.
async fn note_use(store: &Store, hash: String, now: Timestamp) {
    let noted = store
        .write(move |conn| Box::pin(async move { sessions::touch(conn, &hash, now).await }))
        .await;
    if let Err(error) = noted {
        tracing::warn!(%error, "the use of a session was not noted");
    }
}

/// Opens a session with an id of its own, never that of a cookie which came (CWE-384), and gives
/// back the cookie's value. `None` where the user was shut out since the password was checked.
pub async fn open(store: &Store, login: NewLogin) -> Result<Option<Secret>, Fault> {
    let cookie = id::session();
    let new = new_session(&cookie, &login);
    let old = login.replaced.digest();
    let entry = entry(&login, Event::Login);
    let opened = store
        .write(move |conn| {
            Box::pin(async move {
                let opened = sessions::open(conn, &new).await?;
                if opened {
                    sessions::end(conn, &old).await?;
                    audit::record(conn, &entry).await?;
                }
                Ok(opened)
            })
        })
        .await?;
    if !opened {
        audit::because(Reason::Meanwhile);
    }
    Ok(opened.then_some(cookie))
}

/// Ends the session of this cookie, if it is one; `username` is whose it is.
pub async fn end(
    store: &Store,
    cookie: &Secret,
    username: Option<&str>,
    now: Timestamp,
) -> Result<bool, Fault> {
    let hash = cookie.digest();
    let subject = username.map(str::to_owned);
    let entry = Entry { subject, ..audit::done(now, Event::Logout) };
    let ended = store.write(move |conn| {
        Box::pin(async move {
            let ended = sessions::end(conn, &hash).await?;
            if ended {
                audit::record(conn, &entry).await?;
            }
            Ok(ended)
        })
    });
    Ok(ended.await?)
}

/// Sets a new password for whoever knows the current one. Every session and refresh token dies; a
/// session with another cookie goes on at this browser.
pub async fn change_password(
    store: &Store,
    passwords: &Passwords,
    login: NewLogin,
    NewPassword { session, current, new }: NewPassword,
) -> Result<PasswordChange, LoginError> {
    let Ok(username) = Username::parse(&login.username) else {
        return Ok(PasswordChange::SignedOut);
    };
    if let Err(error) = policy::check(&new, &username) {
        return Ok(PasswordChange::Refused(error));
    }
    let origin = Origin::Session(session);
    let Some(user) = passwords.check(&username, current, &origin).await? else {
        return Ok(PasswordChange::WrongCurrent);
    };
    if user.credential_version != login.credential_version {
        return Ok(PasswordChange::SignedOut);
    }
    let hash = passwords.hash(new).await?;
    let credential_version = login.credential_version + 1;
    let login = NewLogin { credential_version, ..login };
    let replaced = replace(store, hash, login).await?;
    Ok(replaced.map_or(PasswordChange::SignedOut, |cookie| PasswordChange::Done {
        cookie,
        credential_version,
    }))
}

/// Puts the hash in the place of that before it, and opens the session that goes on, in one job.
async fn replace(
    store: &Store,
    hash: PasswordHash,
    login: NewLogin,
) -> Result<Option<Secret>, Fault> {
    let cookie = id::session();
    let seen = login.credential_version - 1;
    let entry = entry(&login, Event::PasswordChange);
    let new = new_session(&cookie, &login);
    let done = store
        .write(move |conn| {
            Box::pin(async move {
                let (name, now) = (&new.username, new.created_at);
                let replaced = users::replace_password(conn, name, seen, hash.as_str(), now)
                    .await?
                    && sessions::open(conn, &new).await?;
                if replaced {
                    audit::record(conn, &entry).await?;
                }
                Ok(replaced)
            })
        })
        .await?;
    Ok(done.then_some(cookie))
}

fn entry(login: &NewLogin, event: Event) -> Entry {
    Entry { subject: Some(login.username.clone()), ..audit::done(login.at, event) }
}

fn new_session(cookie: &Secret, login: &NewLogin) -> NewSession {
    NewSession {
        hash: cookie.digest(),
        id: id::session_name(),
        username: login.username.clone(),
        credential_version: login.credential_version,
        created_at: login.at,
        expires_at: login.until,
        user_agent: login.user_agent.clone(),
    }
}
