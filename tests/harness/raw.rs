//! Requests that no HTTP client would send, byte for byte.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What came back on the connection.
#[derive(Debug)]
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

/// Sends these bytes to the server at this URL and reads until it closes the connection.
pub(crate) async fn raw(url: &str, bytes: &[u8]) -> RawAnswer {
    let mut stream = connect(url).await;
    // A server may refuse the rest of a request that it has judged; what it says still counts.
    let _ = stream.write_all(bytes).await;
    RawAnswer::read(&mut stream).await
}

/// A connection to the server at this URL.
pub(crate) async fn connect(url: &str) -> TcpStream {
    let address = url.strip_prefix("http://").expect("our servers speak http");
    TcpStream::connect(address).await.expect("the server listens")
}

impl RawAnswer {
    /// Reads until the other side closes.
    pub(crate) async fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        // A reset after the answer is as good as an end.
        let _ = stream.read_to_end(&mut bytes).await;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
        Self { status: status.unwrap_or_else(|| panic!("no answer: {text:?}")), text }
    }
}
