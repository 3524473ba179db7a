//! `/account`: what somebody has allowed, where they are signed in, and their password.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use scopegate_core::clock::Timestamp;
use scopegate_store::{
    consents::{self, AllowedApp},
    scopes::{self, ScopeEntry},
    sessions::{self, Session},
};

use crate::{
    app::App,
    audit::{self, Entry, Event, Reason},
    fault::Fault,
    http::{
        extract::{Browser, SignedInForm},
        page::{self, AccountView, ScopeView},
    },
    identity::{
        LoginError, policy,
        session::{self, NewPassword, PasswordChange, SessionUser},
    },
    limits::TooMany,
    oauth::Parameters,
    pages::{self, AppView, Moment, PasswordProblem, SessionView, device},
    secret::Secret,
};

/// Shows the account of whoever is signed in.
pub async fn get(
    State(app): State<Arc<App>>,
    browser: Browser,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(user) = browser.user() else { return page::go_to(LOGIN) };
    let query = Parameters::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let done = query.find("done").and_then(notice);
    match view(&app, user).await {
        Ok(view) => {
            let view = AccountView { notice: done, ..view };
            page::account(&app, &browser, StatusCode::OK, &view)
        }
        Err(fault) => page::fault(&app, &fault),
    }
}

/// Takes back what an app was allowed: its codes, grants and refresh tokens die.
pub async fn withdraw(
    State(app): State<Arc<App>>,
    SignedInForm { user, form, .. }: SignedInForm,
) -> Response {
    let (username, now) = (user.username, app.clock.now());
    let client_id = form.find("client_id").unwrap_or_default().to_owned();
    let entry = Entry {
        subject: Some(username.clone()),
        client_id: Some(client_id.clone()),
        ..audit::done(now, Event::ConsentWithdraw)
    };
    let withdrawn = app.store.write(move |conn| {
        Box::pin(async move {
            let withdrawn = consents::withdraw(conn, &username, &client_id, now).await?;
            if withdrawn {
                audit::record(conn, &entry).await?;
            }
            Ok(withdrawn)
        })
    });
    match withdrawn.await {
        Ok(_) => page::go_to("/account?done=withdrawn"),
        Err(error) => page::fault(&app, &error.into()),
    }
}

/// Ends the session with this `id`, or without one all but that of this browser.
pub async fn end_sessions(
    State(app): State<Arc<App>>,
    SignedInForm { browser, user, form }: SignedInForm,
) -> Response {
    let (username, here) = (user.username, browser.cookie().digest());
    let one = form.find("id").map(str::to_owned);
    let subject = Some(username.clone());
    let entry = Entry { subject, ..audit::done(app.clock.now(), Event::SessionsEnd) };
    let ended = app.store.write(move |conn| {
        Box::pin(async move {
            let ended = match one {
                Some(id) => u64::from(sessions::end_one(conn, &username, &id).await?),
                None => sessions::end_others(conn, &username, &here).await?,
            };
            if ended > 0 {
                audit::record(conn, &entry).await?;
            }
            Ok(())
        })
    });
    match ended.await {
        Ok(()) => page::go_to("/account?done=ended"),
        Err(error) => page::fault(&app, &error.into()),
    }
}

/// Changes the password. This browser stays signed in, with another cookie.
pub async fn change_password(
    State(app): State<Arc<App>>,
    SignedInForm { browser, user, form }: SignedInForm,
) -> Response {
    let login = browser.login(&app, &user.username, user.credential_version);
    let given = |name| Secret::new(form.find(name).unwrap_or_default().to_owned());
    let (current, new) = (given("current"), given("new"));
    let change = NewPassword { session: user.session.clone(), current, new };
    let change = session::change_password(&app.store, &app.passwords, login, change).await;
    match change {
        Ok(PasswordChange::Done { cookie, credential_version }) => {
            tracing::info!(user = user.username, "password changed");
            let cookies = browser.signed_in(&app, &cookie, &user.username, credential_version);
            (cookies, page::go_to("/account?done=password")).into_response()
        }
        Ok(PasswordChange::WrongCurrent) => {
            audit::refused(Reason::WrongPassword, "");
            unchanged(&app, &browser, &user, "current", WRONG_CURRENT.to_owned()).await
        }
        Ok(PasswordChange::Refused(reason)) => {
            audit::subject(&user.username);
            audit::refused(Reason::WeakPassword, &reason.to_string());
            unchanged(&app, &browser, &user, "new", sentence(&reason.to_string())).await
        }
        Ok(PasswordChange::SignedOut) => page::go_to(LOGIN),
        Err(LoginError::TooMany(TooMany { retry_after })) => {
            audit::refused(Reason::Limited, "");
            let text = format!("{GUESSED} {}.", pages::wait(retry_after));
            let mut answer = unchanged(&app, &browser, &user, "current", text).await;
            *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            page::with_retry(answer, Some(retry_after))
        }
        Err(error) => page::refusal(&app, &error.into()),
    }
}

async fn unchanged(
    app: &App,
    browser: &Browser,
    user: &SessionUser,
    field: &'static str,
    text: String,
) -> Response {
    match view(app, user).await {
        Ok(view) => {
            let view = AccountView { problem: Some(PasswordProblem { field, text }), ..view };
            page::account(app, browser, StatusCode::BAD_REQUEST, &view)
        }
        Err(fault) => page::fault(app, &fault),
    }
}

async fn view(app: &App, user: &SessionUser) -> Result<AccountView, Fault> {
    let now = app.clock.now();
    let mut conn = app.store.read().await?;
    let apps = consents::apps_of(&mut conn, &user.username, now).await?;
    let meanings = scopes::list(&mut conn).await?;
    let sessions = sessions::of_user(&mut conn, &user.username, now, app.sessions.idle).await?;
    let mut sessions: Vec<SessionView> =
        sessions.into_iter().map(|session| session_view(session, user, now)).collect();
    sessions.sort_by_key(|session| !session.current);
    Ok(AccountView {
        username: user.username.clone(),
        full_name: user.full_name.clone(),
        apps: apps.into_iter().map(|app| app_view(app, &meanings, now)).collect(),
        sessions,
        min_chars: policy::MIN_CHARS,
        notice: None,
        problem: None,
    })
}

fn app_view(app: AllowedApp, meanings: &[ScopeEntry], now: Timestamp) -> AppView {
    let meaning = |name: &str| {
        let known = meanings.iter().find(|scope| scope.name == name);
        known.map(|scope| scope.description.clone()).unwrap_or_default()
    };
    AppView {
        scopes: app
            .scopes
            .iter()
            .map(|name| ScopeView { name: name.to_owned(), description: meaning(name) })
            .collect(),
        name: app.name,
        client_id: app.client_id,
        allowed: Moment::told(app.allowed_at, now),
        last_used: app.last_used_at.map(|at| Moment::told(at, now)),
    }
}

fn session_view(session: Session, user: &SessionUser, now: Timestamp) -> SessionView {
    SessionView {
        device: device(session.user_agent.as_deref()),
        started: Moment::told(session.created_at, now),
        seen: Moment::told(session.seen_at, now),
        current: session.id == user.session,
        id: session.id,
    }
}

/// What was just done. A link can bring any of these texts up, so none of them asks for anything.
fn notice(done: &str) -> Option<&'static str> {
    match done {
        "withdrawn" => Some("The app may no longer use your account."),
        "ended" => Some("You were signed out there."),
        "password" => Some("Your password was changed."),
        _ => None,
    }
}

/// A reason as a sentence of its own.
fn sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

const LOGIN: &str = "/login";
const GUESSED: &str = "Too many attempts have failed. Please try again in";
const WRONG_CURRENT: &str = "The current password is not right.";
