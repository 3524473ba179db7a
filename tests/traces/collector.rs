//! A collector: takes OTLP over HTTP as little as an exporter needs it, and keeps what came.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::otlp::{self, Span};

/// A collector that listens until the story is over.
pub(super) struct Collector {
    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is to be.
    pub(super) url: String,
    kept: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collector {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is left");
        let url = format!("http://{}", listener.local_addr().expect("it listens"));
        let kept = Arc::<Mutex<Vec<_>>>::default();
        let keeper = Arc::clone(&kept);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&keeper)));
            }
        });
        Self { url, kept }
    }

    /// Everything that came, as it came.
    pub(super) fn bodies(&self) -> Vec<Vec<u8>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The spans in it.
    pub(super) fn spans(&self) -> Vec<Span> {
        self.bodies().iter().flat_map(|body| otlp::spans(body)).collect()
    }
}

async fn serve(stream: TcpStream, kept: Arc<Mutex<Vec<Vec<u8>>>>) {
    let mut stream = BufReader::new(stream);
    while let Some(body) = request(&mut stream).await {
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(body);
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(answer).await.expect("the exporter waits for it");
    }
}

/// The body of the next request on a connection.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.expect("a head is text") == 0 {
            return None;
        }
    }
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-type: application/x-protobuf\r\n"), "{head}");
    let (_, rest) = head.split_once("\r\ncontent-length: ").expect("its length is known");
    let length = rest.split("\r\n").next().and_then(|length| length.parse().ok());
    let mut body = vec![0; length.expect("a number")];
    stream.read_exact(&mut body).await.expect("the body comes whole");
    Some(body)
}
