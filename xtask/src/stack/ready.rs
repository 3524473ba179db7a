//! Asks a service whether it is ready, until it is or the time is up.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// The pause between two questions.
const PAUSE: Duration = Duration::from_millis(50);

/// Returns once `GET /health/ready` answers 200, or fails at the deadline with the last answer.
pub(super) async fn wait(port: u16, deadline: Duration) -> Result<(), String> {
    let mut last = "no answer yet".to_owned();
    let polling = async {
        loop {
            match status_line(port).await {
                Ok(line) if line.split(' ').nth(1) == Some("200") => return,
                Ok(line) => last = format!("it answers {line}"),
                Err(error) => last = error.to_string(),
            }
            sleep(PAUSE).await;
        }
    };
    timeout(deadline, polling).await.map_err(|_| format!("after {} s: {last}", deadline.as_secs()))
}

/// The first line of the answer. HTTP/1.0 makes the server end the connection after it.
async fn status_line(port: u16) -> io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(b"GET /health/ready HTTP/1.0\r\nHost: localhost\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_service_is_ready_when_it_answers_200_and_not_before() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = async {
            for status in ["503 Service Unavailable", "200 OK"] {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut question = [0; 512];
                let _ = stream.read(&mut question).await.unwrap();
                stream.write_all(format!("HTTP/1.0 {status}\r\n\r\n").as_bytes()).await.unwrap();
            }
        };
        let (waited, ()) = tokio::join!(wait(port, Duration::from_secs(10)), server);
        waited.unwrap();
    }
}
