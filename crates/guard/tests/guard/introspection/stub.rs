//! An introspection endpoint that says what a test wants, and remembers what it was asked.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use http::{HeaderMap, StatusCode};
use scopegate_guard::Introspection;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinHandle,
};

/// Listens on a free port until it is dropped.
pub(super) struct Stub {
    url: String,
    state: Arc<Known>,
    task: JoinHandle<()>,
}

struct Known {
    replies: Mutex<HashMap<String, Reply>>,
    questions: watch::Sender<Vec<Question>>,
    /// Answers take a permit each.
    permits: Semaphore,
}

/// What a token is answered. What has none is not active.
#[derive(Clone)]
pub(super) enum Reply {
    /// This JSON.
    Json(Value),
    /// This status and this text.
    Text(u16, String),
    /// A redirect to another place that would say yes.
    Redirect,
    /// Nothing, ever.
    Silence,
    /// A body without an end.
    Endless,
}

/// One question, as it came.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) authorization: String,
    pub(super) form: String,
}

impl Stub {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/introspect", listener.local_addr().unwrap());
        let state = Arc::new(Known {
            replies: Mutex::default(),
            questions: watch::Sender::default(),
            permits: Semaphore::new(Semaphore::MAX_PERMITS),
        });
        let app = Router::new()
            .route("/introspect", post(answer))
            .route("/elsewhere", post(async || axum::Json(active())))
            .with_state(Arc::clone(&state));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, state, task }
    }

    pub(super) fn introspection(&self) -> Introspection {
        Introspection::new(&self.url, "api", "a secret: ü")
    }

    pub(super) fn reply(&self, token: &str, reply: Reply) {
        self.state.replies.lock().unwrap().insert(token.to_owned(), reply);
    }

    /// The questions so far.
    pub(super) fn asked(&self) -> Vec<Question> {
        self.state.questions.borrow().clone()
    }

    /// Waits for so many questions in all.
    pub(super) async fn was_asked(&self, times: usize) {
        self.state.questions.subscribe().wait_for(|all| all.len() >= times).await.unwrap();
    }

    /// Keeps answers back until they are released.
    pub(super) fn hold(&self) {
        self.state.permits.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// Lets so many answers go.
    pub(super) fn release(&self, answers: usize) {
        self.state.permits.add_permits(answers);
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The least that an active token is.
pub(super) fn active() -> Value {
    json!({"active": true, "sub": "johndoe", "token_type": "Bearer", "scope": "me items"})
}

async fn answer(State(state): State<Arc<Known>>, headers: HeaderMap, form: String) -> Response {
    let authorization = headers["authorization"].to_str().unwrap().to_owned();
    let token = form.split('&').find_map(|pair| pair.strip_prefix("token=")).unwrap().to_owned();
    let reply = state.replies.lock().unwrap().get(&token).cloned();
    state.questions.send_modify(|asked| asked.push(Question { authorization, form }));
    state.permits.acquire().await.unwrap().forget();
    match reply {
        None => axum::Json(json!({"active": false})).into_response(),
        Some(Reply::Json(value)) => axum::Json(value).into_response(),
        Some(Reply::Text(status, text)) => {
            (StatusCode::from_u16(status).unwrap(), text).into_response()
        }
        Some(Reply::Redirect) => {
            (StatusCode::TEMPORARY_REDIRECT, [("location", "/elsewhere")]).into_response()
        }
        Some(Reply::Silence) => std::future::pending().await,
        Some(Reply::Endless) => {
            let chunk = "x".repeat(8 * 1024);
            let chunks =
                futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
            Body::from_stream(chunks).into_response()
        }
    }
}
