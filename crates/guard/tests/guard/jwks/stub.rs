//! A server that says what a test wants, byte for byte, and counts what it is asked.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinHandle,
};

/// Listens on a free port until it is dropped.
pub(super) struct Stub {
    origin: String,
    state: Arc<State>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    replies: Mutex<HashMap<String, Reply>>,
    asked: watch::Sender<Vec<String>>,
}

/// What a path is answered. What has none is answered 404.
#[derive(Clone)]
pub(super) enum Reply {
    /// These bytes, and then the end.
    Bytes(Vec<u8>),
    /// These bytes, and then nothing more and no end.
    Stall(Vec<u8>),
    /// These bytes once there is a permit.
    Held(Arc<Semaphore>, Vec<u8>),
}

/// A whole answer.
pub(super) fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

impl Stub {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        let task = tokio::spawn(listen(listener, Arc::clone(&state)));
        Self { origin, state, task }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub(super) fn reply(&self, path: &str, reply: Reply) {
        self.state.replies.lock().unwrap().insert(path.to_owned(), reply);
    }

    /// The paths that were asked for so far.
    pub(super) fn asked(&self) -> Vec<String> {
        self.state.asked.borrow().clone()
    }

    /// Waits for so many requests in all.
    pub(super) async fn was_asked(&self, times: usize) {
        self.state.asked.subscribe().wait_for(|asked| asked.len() >= times).await.unwrap();
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&state)));
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        request.push(byte);
    }
    let path = String::from_utf8_lossy(&request).split(' ').nth(1).unwrap_or_default().to_owned();
    let reply = state.replies.lock().unwrap().get(&path).cloned();
    state.asked.send_modify(|asked| asked.push(path));
    let bytes = match reply {
        None => answer("404 Not Found", "", ""),
        Some(Reply::Bytes(bytes)) => bytes,
        Some(Reply::Held(permits, bytes)) => {
            permits.acquire().await.unwrap().forget();
            bytes
        }
        Some(Reply::Stall(bytes)) => {
            let _ = stream.write_all(&bytes).await;
            return std::future::pending().await;
        }
    };
    // Whoever asked may have gone.
    let _ = stream.write_all(&bytes).await;
    let _ = stream.shutdown().await;
    // What it still says is read, so that it is not cut off while it reads.
    let _ = stream.read_to_end(&mut Vec::new()).await;
}
