//! Listening, and stopping gracefully: no new connections, requests in flight finish, then the end.
//!
//! Connections are bounded in number and in time, so that clients that send half a request, or
//! nothing, take no file and no memory from the others for long.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    signal::unix::{Signal, SignalKind, signal},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout},
};

mod body;
mod connection;
mod limits;
mod seat;
mod stop;
mod stream;

pub use limits::{CONNECTIONS, Limits};
pub use stop::Stop;

use seat::{Line, Seat};

use crate::metrics::{Connections, Dropped};

/// How many connections may wait to be let in. The system takes no more than `net.core.somaxconn`. One
/// beyond it is not refused: its client tries again, a second later at first.
const BACKLOG: u32 = 4096;

/// How long nobody is let in after the system refused to, as when it is out of files.
const BREATH: Duration = Duration::from_millis(100);

/// How often at most a log line says that there are too many connections.
const REMIND: Duration = Duration::from_mins(1);

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {cause}")]
pub struct ListenError {
    address: SocketAddr,
    cause: io::Error,
}

/// Takes the address, also where connections of a server before this one still linger.
///
/// # Panics
/// Outside of a Tokio runtime.
pub fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    take(address).map_err(|cause| ListenError { address, cause })
}

fn take(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves HTTP/1.1 until `stop`, and then no longer than the requests in flight need, at most nine
/// seconds.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    connections: Connections,
    stop: Stop,
) -> io::Result<()> {
    tracing::info!("listening on http://{}", listener.local_addr()?);
    serve_within(Limits::of_process(), listener, routes, connections, stop).await
}

/// As [`serve`], within limits of one's own, and without a word in the log.
pub async fn serve_within(
    limits: Limits,
    listener: TcpListener,
    routes: Router,
    counted: Connections,
    mut stop: Stop,
) -> io::Result<()> {
    let door = Door::new(limits.connections, counted.clone());
    let connections = stop.clone();
    tokio::select! {
        () = stop.asked() => {}
        never = door.let_in(&listener, |tcp, seat, permit| {
            let connection =
                connection::attend(tcp, seat, routes.clone(), limits, connections.clone());
            let open = counted.open();
            tokio::spawn(async move {
                connection.await;
                drop((permit, open));
            });
        }) => match never {}
    }
    drop(listener);
    if timeout(limits.stop, door.empty()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    Ok(())
}

/// SIGHUP: files are to be read again.
pub fn reload_signal() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// Lets connections in, and no more than there is room for.
struct Door {
    room: Arc<Semaphore>,
    places: u16,
    line: Arc<Line>,
    counted: Connections,
}

/// What never comes.
enum Never {}

impl Door {
    fn new(places: u16, counted: Connections) -> Self {
        let room = Arc::new(Semaphore::new(places.into()));
        Self { room, places, line: Arc::default(), counted }
    }

    /// Hands over each connection with its seat and a permit to keep while it lives.
    async fn let_in(
        &self,
        listener: &TcpListener,
        attend: impl Fn(TcpStream, Arc<Seat>, OwnedSemaphorePermit),
    ) -> Never {
        let (mut refused, mut full) = (Complaint::default(), Complaint::default());
        loop {
            match listener.accept().await {
                Ok((tcp, _)) => {
                    let permit = self.permit(&mut full).await;
                    attend(tcp, Seat::take(&self.line), permit);
                }
                Err(error) if is_the_clients(&error) => {}
                Err(error) => {
                    if refused.is_due() {
                        tracing::warn!(%error, "no new connections for the moment");
                    }
                    self.dismiss(Dropped::Refused);
                    sleep(BREATH).await;
                }
            }
        }
    }

    /// Waits for room; where there is none, the connection that has waited longest makes it.
    async fn permit(&self, full: &mut Complaint) -> OwnedSemaphorePermit {
        if let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() {
            return permit;
        }
        if full.is_due() {
            let most = self.places;
            tracing::warn!("{most} connections are open; unused ones make room for new ones");
        }
        let mut permit = pin!(Arc::clone(&self.room).acquire_owned());
        let mut asked = self.dismiss(Dropped::Full);
        loop {
            tokio::select! {
                permit = permit.as_mut() => return permit.expect("the semaphore is never closed"),
                () = self.line.joined(), if !asked => asked = self.dismiss(Dropped::Full),
            }
        }
    }

    /// Asks the connection that has waited longest to leave. `false` when none waits.
    fn dismiss(&self, reason: Dropped) -> bool {
        let dismissed = self.line.dismiss_longest();
        if dismissed {
            self.counted.dropped(reason);
        }
        dismissed
    }

    /// Waits until every connection has ended.
    async fn empty(&self) {
        let _ = self.room.acquire_many(self.places.into()).await;
    }
}

/// Whether accepting failed because the client gave up before.
fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
    )
}

/// When something was last complained about.
#[derive(Default)]
struct Complaint(Option<Instant>);

impl Complaint {
    fn is_due(&mut self) -> bool {
        let due = self.0.is_none_or(|last| last.elapsed() >= REMIND);
        if due {
            self.0 = Some(Instant::now());
        }
        due
    }
}
