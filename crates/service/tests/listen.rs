//! Listening over real connections, within limits small enough to reach.

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{ConnectInfo, State},
    routing::{get, post},
};
use scopegate_service::{
    listen::{self, Limits, Stop},
    metrics::Connections,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, timeout},
};

/// Longer than any test runs: what is limited so is not what the test is about.
const NEVER: Duration = Duration::from_hours(1);
/// Short enough to wait for.
const SOON: Duration = Duration::from_millis(200);
/// What should have happened by then never happens.
const PATIENCE: Duration = Duration::from_secs(10);

const HALF: &str = "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ";
const WHOLE: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const LAST: &str = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

fn limits() -> Limits {
    Limits {
        connections: 100,
        head: NEVER,
        idle: NEVER,
        body: NEVER,
        answer: NEVER,
        last_head: SOON,
        stop: NEVER,
    }
}

/// A running server.
struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
    /// Says that the slow route has begun; its answer comes when the sender it hands out is dropped.
    slow: mpsc::Receiver<oneshot::Sender<()>>,
}

impl Server {
    fn start(limits: Limits) -> Self {
        let (begun, slow) = mpsc::channel(16);
        let (stop, asked) = oneshot::channel();
        let routes = Router::new()
            .route("/", get(async || "hello"))
            .route("/slow", get(slowly))
            .route("/echo", post(async |body: Bytes| body))
            .route("/peer", get(async |peer: ConnectInfo<SocketAddr>| peer.to_string()))
            .route("/large", get(async || vec![b'x'; 64 << 20]))
            .with_state(begun);
        let listener =
            listen::bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let stopped = Stop::after(async move {
            let _ = asked.await;
        });
        let served = tokio::spawn(async move {
            listen::serve_within(limits, listener, routes, Connections::default(), stopped)
                .await
                .expect("it listens");
        });
        Self { address, stop, served, slow }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("the server listens")
    }

    /// A connection on which this was sent.
    async fn sent(&self, text: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.expect("the connection is open");
        stream
    }

    /// Asks the server to stop, and waits until it has.
    async fn stopped(self) {
        self.stop.send(()).expect("it still runs");
        timeout(PATIENCE, self.served).await.expect("it stops").expect("it does not panic");
    }
}

async fn slowly(State(begun): State<mpsc::Sender<oneshot::Sender<()>>>) -> &'static str {
    let (finish, finished) = oneshot::channel();
    begun.send(finish).await.expect("the test goes on");
    let _ = finished.await;
    "at last"
}

/// What comes until the server closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is as good an end as any.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("it is closed");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One answer on a connection that stays open.
async fn answer(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    let mut bytes = [0; 1024];
    while !text.ends_with(end) {
        let read = timeout(PATIENCE, stream.read(&mut bytes)).await.expect("it is answered");
        let read = read.expect("the connection is open");
        assert!(read > 0, "closed after {text:?}");
        text.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
    text
}

#[tokio::test]
async fn a_handler_is_told_the_address_of_its_peer() {
    let server = Server::start(limits());
    let mut client = server.sent(&LAST.replace("GET /", "GET /peer")).await;
    let address = client.local_addr().expect("it is connected").to_string();
    let text = rest(&mut client).await;
    assert!(text.ends_with(&address), "{address}: {text}");
}

#[tokio::test]
async fn a_head_that_does_not_end_is_cut_off() {
    let server = Server::start(Limits { head: SOON, ..limits() });
    for half in ["", "G", HALF] {
        assert_eq!(rest(&mut server.sent(half).await).await, "", "{half:?}");
    }
    let mut later = server.sent(WHOLE).await;
    answer(&mut later, "hello").await;
    later.write_all(HALF.as_bytes()).await.expect("the connection is open");
    assert_eq!(rest(&mut later).await, "", "the second head has a limit, too");
}

#[tokio::test]
async fn an_unused_connection_may_stay_longer_than_a_head_may_take() {
    let server = Server::start(Limits { head: SOON, ..limits() });
    let mut unused = server.sent(WHOLE).await;
    answer(&mut unused, "hello").await;
    assert_eq!(rest(&mut server.sent(HALF).await).await, "", "so much time has passed");
    unused.write_all(WHOLE.as_bytes()).await.expect("the connection is open");
    answer(&mut unused, "hello").await;
}

#[tokio::test]
async fn an_unused_connection_is_closed_in_the_end() {
    let server = Server::start(Limits { idle: SOON, ..limits() });
    let mut unused = server.sent(WHOLE).await;
    answer(&mut unused, "hello").await;
    assert_eq!(rest(&mut unused).await, "");
}

#[tokio::test]
async fn a_body_that_does_not_end_is_refused() {
    let server = Server::start(Limits { body: SOON, ..limits() });
    let head = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n";
    let mut whole = server.sent(&format!("{head}0123456789")).await;
    answer(&mut whole, "0123456789").await;
    let text = rest(&mut server.sent(&format!("{head}01234")).await).await;
    assert!(text.starts_with("HTTP/1.1 400 "), "{text}");
}

#[tokio::test]
async fn who_takes_nothing_of_an_answer_is_cut_off() {
    let server = Server::start(Limits { answer: SOON, ..limits() });
    let slow = server.sent("GET /large HTTP/1.1\r\nHost: x\r\n\r\n").await;
    // Stopping waits for answers, and here only their limit ends them.
    slow.readable().await.expect("the answer has begun");
    server.stopped().await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = Server::start(limits());
    let with = |size: usize| {
        format!(
            "GET / HTTP/1.1\r\nHost: x\r\nCookie: {}\r\nConnection: close\r\n\r\n",
            "x".repeat(size)
        )
    };
    let many = "X: x\r\n".repeat(1000);
    let rows = [
        ("an 8 KiB token (JW27)", with(8 << 10), "200"),
        ("64 KiB (HH02)", with(64 << 10), "431"),
        ("1 MiB (JW27)", with(1 << 20), "431"),
        ("1000 fields (HH02)", format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n"), "431"),
    ];
    for (name, head, status) in rows {
        let mut stream = server.connect().await;
        // The rest of a head that is refused may find the connection closed.
        let _ = stream.write_all(head.as_bytes()).await;
        let text = rest(&mut stream).await;
        assert_eq!(text.split(' ').nth(1), Some(status), "{name}: {text:?}");
    }
}

#[tokio::test]
async fn half_sent_heads_do_not_shut_anybody_out() {
    let server = Server::start(Limits { connections: 8, ..limits() });
    let mut half_open = Vec::new();
    for _ in 0..50 {
        half_open.push(server.sent(HALF).await);
    }
    let text = rest(&mut server.sent(LAST).await).await;
    assert!(text.ends_with("hello"), "DS03: {text}");
    assert_eq!(rest(&mut half_open[0]).await, "", "DS04: the first made room");
}

#[tokio::test]
async fn who_is_being_answered_does_not_make_room() {
    let mut server = Server::start(Limits { connections: 1, ..limits() });
    let mut first = server.sent("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let finish = server.slow.recv().await.expect("the request has begun");
    let mut second = server.sent(LAST).await;
    drop(finish);
    answer(&mut first, "at last").await;
    assert!(rest(&mut second).await.ends_with("hello"), "the first is unused now and makes room");
    assert_eq!(rest(&mut first).await, "");
}

#[tokio::test]
async fn half_sent_heads_and_unused_connections_do_not_hold_up_the_end() {
    let server = Server::start(limits());
    let mut unused = server.sent(WHOLE).await;
    answer(&mut unused, "hello").await;
    let _half = server.sent(HALF).await;
    let _silent = server.connect().await;
    let begun = Instant::now();
    server.stopped().await;
    assert!(begun.elapsed() < PATIENCE / 2, "{:?}", begun.elapsed());
    assert_eq!(rest(&mut unused).await, "");
}

#[tokio::test]
async fn a_request_in_flight_is_finished_at_the_end() {
    let mut server = Server::start(limits());
    let mut stream = server.sent("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let finish = server.slow.recv().await.expect("the request has begun");
    let mut half = server.sent(HALF).await;
    let address = server.address;
    let stopped = tokio::spawn(server.stopped());
    assert_eq!(rest(&mut half).await, "", "half-sent heads have gone by now");
    assert!(TcpStream::connect(address).await.is_err(), "nobody new is let in");
    drop(finish);
    assert!(rest(&mut stream).await.ends_with("at last"));
    stopped.await.expect("it stops");
}

#[tokio::test]
async fn a_request_that_never_ends_does_not_hold_up_the_end_for_ever() {
    let mut server = Server::start(Limits { stop: SOON, ..limits() });
    let _stream = server.sent("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let _finish = server.slow.recv().await.expect("the request has begun");
    server.stopped().await;
}

#[tokio::test]
async fn many_who_come_at_once_are_let_in_before_anybody_looks() {
    let system = std::fs::read_to_string("/proc/sys/net/core/somaxconn");
    let most = system.ok().and_then(|most| most.trim().parse().ok()).unwrap_or(128);
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(listener) = listen::bind(address.parse().expect("an address")) else {
            assert_ne!(address, "127.0.0.1:0", "some machines have no IPv6, all have this");
            continue;
        };
        let address = listener.local_addr().expect("it is bound");
        let mut held = Vec::new();
        // Nobody accepts: one that the queue has no place for is never connected.
        for count in 0..300.min(most) {
            let connected = timeout(PATIENCE, TcpStream::connect(address)).await;
            let connected = connected.unwrap_or_else(|_| panic!("{address}: {count} had a place"));
            held.push(connected.expect("somebody listens"));
        }
    }
}

#[tokio::test]
async fn an_address_that_somebody_listens_on_is_taken() {
    let first = listen::bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let address = first.local_addr().expect("it is bound");
    let second = listen::bind(address).expect_err("one at a time").to_string();
    assert!(second.starts_with(&format!("cannot listen on {address}")), "{second}");
}
