//! A port for a program whose own URL must be known before it starts.

use std::net::{Ipv4Addr, TcpListener};

/// A port that nobody listens on. Another program could take it before ours does; the system hands
/// such ports out in turn, so that it does not.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("the system has a port left")
        .port()
}
