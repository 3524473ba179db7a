//! A keep-alive connection that costs as little as one can: bytes out, bytes in, nothing else parsed
//! than where an answer ends.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::failure::{Doing, Failure};

/// Header fields that an answer may have.
const FIELDS: usize = 64;

/// What came back. Kept from answer to answer, for its memory.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// A connection; one that the server closes is opened again for the next request.
pub(crate) struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

/// How an answer's body ends.
enum End {
    After(usize),
    Chunked,
    Closed,
}

impl Connection {
    /// A connection that is opened with its first request.
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, buffer: Vec::with_capacity(8192) }
    }

    /// Sends a whole request and reads a whole answer.
    pub(crate) async fn exchange(
        &mut self,
        request: &[u8],
        answer: &mut Answer,
    ) -> Result<(), Failure> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => open(self.address).await?,
        };
        stream.write_all(request).await.doing(|| "cannot send".to_owned())?;
        self.buffer.clear();
        loop {
            let read = stream.read_buf(&mut self.buffer).await;
            let ended = read.doing(|| "cannot read".to_owned())? == 0;
            if let Some(keeps) = take(&self.buffer, ended, answer)? {
                self.stream = keeps.then_some(stream);
                return Ok(());
            }
            if ended {
                return Err(Failure::new("the server hung up in the middle of an answer"));
            }
        }
    }
}

async fn open(address: SocketAddr) -> Result<TcpStream, Failure> {
    let stream = TcpStream::connect(address).await.doing(|| "cannot connect".to_owned())?;
    stream.set_nodelay(true).doing(|| "cannot set TCP_NODELAY".to_owned())?;
    Ok(stream)
}

/// The answer at the beginning of the bytes, as soon as all of it is there, and whether the connection
/// stays open after it.
fn take(bytes: &[u8], ended: bool, answer: &mut Answer) -> Result<Option<bool>, Failure> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut head = httparse::Response::new(&mut fields);
    let parsed = head.parse(bytes).doing(|| "not HTTP".to_owned())?;
    let httparse::Status::Complete(length) = parsed else { return Ok(None) };
    answer.status = head.code.unwrap_or(0);
    let mut end = End::Closed;
    let mut keeps = true;
    for field in head.headers.iter() {
        let name = field.name;
        if name.eq_ignore_ascii_case("content-length") {
            let length = std::str::from_utf8(field.value).ok().and_then(|text| text.parse().ok());
            end = End::After(length.ok_or_else(|| Failure::new("not a content-length"))?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            end = End::Chunked;
        } else if name.eq_ignore_ascii_case("connection") {
            keeps = !field.value.eq_ignore_ascii_case(b"close");
        }
    }
    let rest = &bytes[length..];
    answer.body.clear();
    let complete = match end {
        End::After(length) if rest.len() >= length => {
            answer.body.extend_from_slice(&rest[..length]);
            true
        }
        End::After(_) => false,
        End::Chunked => unchunk(rest, &mut answer.body)?,
        End::Closed => {
            answer.body.extend_from_slice(rest);
            keeps = false;
            ended
        }
    };
    Ok(complete.then_some(keeps))
}

/// Puts the chunks together; `false` while the last one is not there.
fn unchunk(mut bytes: &[u8], body: &mut Vec<u8>) -> Result<bool, Failure> {
    loop {
        let size = httparse::parse_chunk_size(bytes).doing(|| "not a chunk".to_owned())?;
        let httparse::Status::Complete((start, length)) = size else { return Ok(false) };
        let length = usize::try_from(length).doing(|| "a huge chunk".to_owned())?;
        let Some(chunk) = bytes.get(start..start + length + 2) else { return Ok(false) };
        if length == 0 {
            return Ok(true);
        }
        body.extend_from_slice(&chunk[..length]);
        bytes = &bytes[start + length + 2..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_its_head_says() {
        for (name, bytes, ended, expected) in [
            ("whole", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", false, Some((true, "ok"))),
            ("half a head", "HTTP/1.1 200 OK\r\ncontent-", false, None),
            ("half a body", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok", false, None),
            (
                "chunks",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
                false,
                Some((true, "ok")),
            ),
            (
                "no last chunk",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n",
                false,
                None,
            ),
            (
                "last of the connection",
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
                false,
                Some((false, "ok")),
            ),
            ("until the end", "HTTP/1.0 200 OK\r\n\r\nok", true, Some((false, "ok"))),
            ("not at its end", "HTTP/1.0 200 OK\r\n\r\nok", false, None),
        ] {
            let mut answer = Answer::default();
            let found = take(bytes.as_bytes(), ended, &mut answer).expect("HTTP");
            let found = found.map(|keeps| (keeps, String::from_utf8_lossy(&answer.body)));
            assert_eq!(found, expected.map(|(keeps, body)| (keeps, body.into())), "{name}");
        }
    }
}
