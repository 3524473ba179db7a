//! `cargo stack`: both services with the demo data, from one command until Ctrl-C.

mod banner;
mod place;
mod ready;
mod service;

use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use self::place::Place;
use self::service::Service;
use crate::failure::{Doing, Failure};
use crate::programs;

/// How long the services may take to become ready; the first start makes keys and a database.
const START: Duration = Duration::from_mins(1);

/// The flags of `cargo stack`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Build with optimisations: slower to build, faster to answer.
    #[arg(long)]
    release: bool,
    /// Where the database and the keys are kept, and found again at the next start.
    #[arg(long, value_name = "FOLDER", default_value = "data")]
    data_dir: PathBuf,
    /// The port of auth-server.
    #[arg(long, value_name = "PORT", default_value_t = 8000)]
    auth_port: u16,
    /// The port of resource-api.
    #[arg(long, value_name = "PORT", default_value_t = 8001)]
    resource_port: u16,
}

/// Runs the stack until a signal (`Ok`) or until a service ends by itself (`Err`).
pub(crate) async fn run(options: Options) -> Result<(), Failure> {
    let stopped = stop_signal()?;
    tokio::pin!(stopped);
    let place = Place::new(&options.data_dir, options.auth_port, options.resource_port)?;
    place.check_ports()?;
    eprintln!("Building auth-server and resource-api …");
    let programs = tokio::select! {
        built = programs::build(options.release) => built?,
        () = &mut stopped => return Ok(()),
    };
    let mut auth = Service::start("auth-server", &programs.auth_server, &place)?;
    let mut resource = Service::start("resource-api", &programs.resource_api, &place)?;
    let ended = tokio::select! {
        () = &mut stopped => Ok(()),
        ended = serve(&place) => ended,
        ended = auth.ended() => Err(ended),
        ended = resource.ended() => Err(ended),
    };
    let (auth, resource) = tokio::join!(auth.stop(), resource.stop());
    ended.and(auth).and(resource)
}

/// Waits for both services, says how to use them, and goes on for ever.
async fn serve(place: &Place) -> Result<(), Failure> {
    for (name, port) in place.services() {
        ready::wait(port, START).await.doing(|| format!("{name} is not ready"))?;
    }
    print!("{}", banner::text(place));
    std::future::pending().await
}

/// Resolves at Ctrl-C, SIGTERM, or when the terminal goes away.
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let listen = |kind| signal(kind).doing(|| "cannot listen for signals".to_owned());
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hangup = listen(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}
