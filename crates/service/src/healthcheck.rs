//! Asking a running server whether it is ready: for images that have no shell and no curl.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How long the answer may take.
const LIMIT: Duration = Duration::from_secs(3);

/// The server is not ready, or not there.
#[derive(Debug, thiserror::Error)]
pub enum Unhealthy {
    /// Nobody answers.
    #[error("no answer from http://{0}/health/ready: {1}")]
    Silent(SocketAddr, io::Error),
    /// The answer is not 200.
    #[error("http://{0}/health/ready answers: {1}")]
    NotReady(SocketAddr, String),
}

/// Asks the server that listens on this address.
pub async fn ask(listen: SocketAddr) -> Result<(), Unhealthy> {
    let address = reachable(listen);
    let answer = tokio::time::timeout(LIMIT, get(address))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(|error| Unhealthy::Silent(address, error))?;
    let mut lines = answer.lines();
    if lines.next().is_some_and(|status| status.starts_with("HTTP/1.1 200 ")) {
        Ok(())
    } else {
        Err(Unhealthy::NotReady(address, lines.next_back().unwrap_or_default().to_owned()))
    }
}

/// A server that listens everywhere is asked on the loopback address.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

async fn get(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request =
        format!("GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    // Our own server answers with a few hundred bytes; whatever else listens there is cut short.
    stream.take(16 * 1024).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
