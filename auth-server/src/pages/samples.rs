//! Samples of every page, each with everything and with nothing on it: a template that shows them
//! shows whatever comes.

use scopegate_core::clock::Timestamp;

use super::{
    AccountView, AppView, ConsentView, ErrorView, LoginView, Moment, Page, PasswordProblem,
    ScopeView, SessionView,
};

/// A page that owns what it shows.
pub(super) enum Sample {
    Login(LoginView),
    Consent(ConsentView),
    Account(Box<AccountView>),
    Error(ErrorView),
}

impl Sample {
    pub(super) const fn as_page(&self) -> Page<'_> {
        match self {
            Self::Login(view) => Page::Login(view),
            Self::Consent(view) => Page::Consent(view),
            Self::Account(view) => Page::Account(view),
            Self::Error(view) => Page::Error(view),
        }
    }
}

/// The samples.
pub(super) fn pages() -> Vec<Sample> {
    vec![
        Sample::Login(LoginView::default()),
        Sample::Login(login()),
        Sample::Consent(consent(vec![scope()])),
        Sample::Consent(consent(Vec::new())),
        Sample::Account(Box::new(account())),
        Sample::Account(Box::new(AccountView {
            full_name: None,
            apps: Vec::new(),
            sessions: Vec::new(),
            notice: None,
            problem: None,
            ..account()
        })),
        Sample::Error(ErrorView::default()),
        Sample::Error(ErrorView {
            title: "Title".into(),
            text: "Text.".into(),
            advice: vec!["Advice.".into()],
            request_id: Some("id".into()),
        }),
    ]
}

fn login() -> LoginView {
    LoginView {
        request: Some("request".into()),
        client_name: Some("Web app".into()),
        username: "johndoe".into(),
        alert: Some("Incorrect username or password".into()),
        wrong: true,
    }
}

fn scope() -> ScopeView {
    ScopeView { name: "items".into(), description: "Read items.".into() }
}

fn consent(scopes: Vec<ScopeView>) -> ConsentView {
    ConsentView {
        client_name: "Web app".into(),
        client_id: "web".into(),
        username: "johndoe".into(),
        scopes,
        goes_to: "app.example".into(),
        request: "request".into(),
    }
}

fn account() -> AccountView {
    let moment = || Moment::told(Timestamp::from_seconds(0), Timestamp::from_seconds(0));
    let app = |scopes, last_used| AppView {
        name: "Web app".into(),
        client_id: "web".into(),
        scopes,
        allowed: moment(),
        last_used,
    };
    let session = |current| SessionView {
        id: "session".into(),
        device: "Firefox on Linux".into(),
        started: moment(),
        seen: moment(),
        current,
    };
    AccountView {
        username: "johndoe".into(),
        full_name: Some("John Doe".into()),
        apps: vec![app(vec![scope()], Some(moment())), app(Vec::new(), None)],
        sessions: vec![session(true), session(false)],
        min_chars: 8,
        notice: Some("Done."),
        problem: Some(PasswordProblem { field: "current", text: "Wrong.".into() }),
    }
}
