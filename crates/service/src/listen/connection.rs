//! One connection, from its first byte to its end.

use std::{convert::Infallible, pin::pin, sync::Arc};

use axum::{Router, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpStream, time::timeout};
use tower::ServiceExt;

use super::{
    Stop,
    body::{Answer, Timely},
    limits::{BUFFER_BYTES, HEAD_BYTES, Limits},
    seat::Seat,
    stream::Stream,
};

/// Serves one connection until it ends, has to make room, or the program stops.
///
/// A connection that is to end still finishes the request that it has. Each request carries the
/// peer's address as axum's [`ConnectInfo`].
pub(super) async fn attend(
    tcp: TcpStream,
    seat: Arc<Seat>,
    routes: Router,
    limits: Limits,
    mut stop: Stop,
) {
    // Whoever has hung up already hears no answer.
    let Ok(peer) = tcp.peer_addr() else { return };
    let stream = TokioIo::new(Stream::new(tcp, Arc::clone(&seat), &limits));
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        exchange(request, routes.clone(), Arc::clone(&seat), limits)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // Also runs between requests; `Stream` has the shorter time-out of a head that has begun.
        .header_read_timeout(limits.idle)
        .max_header_size(HEAD_BYTES)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(stream, service);
    let mut connection = pin!(connection);
    // How a connection ends is its client's affair: an error here is no fault of ours.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = seat.dismissed() => if seat.is_waiting() { return; },
        () = stop.asked() => {}
    }
    connection.as_mut().graceful_shutdown();
    let late = timeout(limits.last_head, connection.as_mut()).await.is_err();
    if late && !seat.is_waiting() {
        let _ = connection.await;
    }
}

/// From a request to its answer.
async fn exchange(
    request: Request<Incoming>,
    routes: Router,
    seat: Arc<Seat>,
    limits: Limits,
) -> Result<axum::http::Response<Answer>, Infallible> {
    let working = seat.work();
    let answer = routes.oneshot(request.map(|body| Timely::body(body, limits.body))).await?;
    Ok(answer.map(|body| Answer::new(body, working)))
}
