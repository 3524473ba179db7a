//! Listening, and stopping gracefully: no new connections, requests in flight finish, then the end.

use std::{io, net::SocketAddr, time::Duration};

use axum::Router;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

/// How long requests in flight may take after a signal to stop.
const GRACE: Duration = Duration::from_secs(9);

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {cause}")]
pub struct ListenError {
    address: SocketAddr,
    cause: io::Error,
}

/// Takes the address.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|cause| ListenError { address, cause })
}

/// Serves until `stop` turns true, and then no longer than the requests in flight need, at most
/// nine seconds.
pub async fn serve(listener: TcpListener, routes: Router, stop: Stop) -> io::Result<()> {
    tracing::info!("listening on http://{}", listener.local_addr()?);
    let mut first = stop.clone();
    let mut last = stop;
    let running =
        axum::serve(listener, routes).with_graceful_shutdown(async move { first.asked().await });
    tokio::select! {
        served = running => served,
        () = async { last.asked().await; tokio::time::sleep(GRACE).await; } => {
            tracing::warn!("some requests did not finish in time");
            Ok(())
        }
    }
}

/// Whether the program was asked to stop.
#[derive(Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Is asked by SIGTERM and SIGINT.
    pub fn on_signals() -> io::Result<Self> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let (ask, asked) = watch::channel(false);
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("stopping; requests in flight finish first");
            // An error means that the server has stopped by itself.
            let _ = ask.send(true);
        });
        Ok(Self(asked))
    }

    /// Waits until the program is asked.
    pub async fn asked(&mut self) {
        // An error means that nobody can ask any more; then it is time to stop, too.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}

/// SIGHUP: files are to be read again.
pub fn reload_signal() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}
