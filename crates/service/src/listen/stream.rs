//! A connection that does not wait for ever: neither for the rest of a head, nor for a client that
//! takes nothing of its answer.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

use super::{limits::Limits, seat::Seat};

/// A connection with its deadlines.
pub(super) struct Stream {
    tcp: TcpStream,
    seat: Arc<Seat>,
    head_limit: Duration,
    answer_limit: Duration,
    /// Until when a head must be whole. `None` while none has begun.
    head: Option<Pin<Box<Sleep>>>,
    /// Until when the client must take something. `None` while it does.
    answer: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    /// A new connection; its first head has begun.
    pub(super) fn new(tcp: TcpStream, seat: Arc<Seat>, limits: &Limits) -> Self {
        Self {
            tcp,
            seat,
            head_limit: limits.head,
            answer_limit: limits.answer,
            head: Some(Box::pin(sleep(limits.head))),
            answer: None,
        }
    }

    /// Passes on what a write came to, unless the client has taken nothing for too long.
    fn taken<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.answer = None;
            return written;
        }
        let limit = self.answer_limit;
        in_time(self.answer.get_or_insert_with(|| Box::pin(sleep(limit))), context)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.tcp).poll_read(context, buffer);
        if !self.seat.is_waiting() {
            self.head = None;
            return read;
        }
        if read.is_ready() {
            if self.head.is_none() && buffer.filled().len() > before {
                self.head = Some(Box::pin(sleep(self.head_limit)));
            }
            return read;
        }
        self.head.as_mut().map_or(Poll::Pending, |head| in_time(head, context))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(context, bytes);
        self.taken(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write_vectored(context, parts);
        self.taken(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    // hyper flushes a connection only when it has handed over everything that it had to write.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.tcp).poll_flush(context);
        if matches!(flushed, Poll::Ready(Ok(()))) && self.seat.flushed() {
            self.head = None;
        }
        self.taken(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.tcp).poll_shutdown(context);
        self.taken(context, shut)
    }
}

/// Waits until the deadline, which is an error.
fn in_time<T>(deadline: &mut Pin<Box<Sleep>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
    deadline.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
}
