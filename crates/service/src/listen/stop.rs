//! Whether the program was asked to stop: everything that listens or waits holds one of these.

use std::io;

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// Whether the program was asked to stop.
#[derive(Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Is asked by SIGTERM and SIGINT.
    pub fn on_signals() -> io::Result<Self> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        Ok(Self::after(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("stopping; requests in flight finish first");
        }))
    }

    /// Is asked when this ends.
    pub fn after(end: impl Future<Output = ()> + Send + 'static) -> Self {
        let (ask, asked) = watch::channel(false);
        tokio::spawn(async move {
            end.await;
            // An error means that the server has stopped by itself.
            let _ = ask.send(true);
        });
        Self(asked)
    }

    /// Waits until the program is asked.
    pub async fn asked(&mut self) {
        // An error means that nobody can ask any more; then it is time to stop, too.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}
