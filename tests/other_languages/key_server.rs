//! A server that publishes keys and counts how often they are fetched.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Publishes the same key set at every path.
pub(super) struct KeyServer {
    pub(super) url: String,
    fetches: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl KeyServer {
    /// Starts it.
    pub(super) async fn start(set: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let fetches = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&fetches);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("it listens");
                count.fetch_add(1, Ordering::SeqCst);
                answer(stream, &set).await;
            }
        });
        Self { url, fetches, task }
    }

    /// How often the keys were fetched.
    pub(super) fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    /// Goes away: nobody listens at the URL any more.
    pub(super) async fn stop(self) {
        self.task.abort();
        assert!(self.task.await.expect_err("it ran").is_cancelled());
    }
}

/// Reads a request without a body and sends the set. Nothing comes of a caller who hangs up.
async fn answer(stream: TcpStream, set: &str) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).await.is_ok_and(|length| length > 2) {
        line.clear();
    }
    let length = set.len();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
    let text = format!("{head}Content-Length: {length}\r\n\r\n{set}");
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
}
