//! What nothing can be faster than: this program, started again as the least that a server has to do.

mod hashing;
mod rotating;
mod route;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::{failure::Failure, looped::Looped, sample::Sample, usage};

/// What to be.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// An axum route on that port that answers as `GET /users/me/` does and checks nothing.
    Route {
        /// The port.
        port: u16,
    },
    /// Hashes passwords with the argon2 crate, m=65536, t=3, p=4.
    Argon2 {
        /// Take new memory for each hash.
        #[arg(long)]
        fresh: bool,
        /// How many hash at once.
        #[arg(long, default_value_t = 1)]
        callers: usize,
        /// For how long.
        #[arg(long)]
        seconds: f64,
    },
    /// Runs the statements of refreshes in groups of 16, one transaction each.
    Sqlite {
        /// With `synchronous = NORMAL`, not `FULL`.
        #[arg(long)]
        normal: bool,
        /// The folder for the database.
        #[arg(long)]
        data: PathBuf,
        /// For how long.
        #[arg(long)]
        seconds: f64,
    },
}

/// Runs it: the route until it is killed, a loop until its time is over; then its sample is printed.
pub(crate) async fn run(command: &Command) -> Result<(), Failure> {
    let looped = match command {
        Command::Route { port } => return route::serve(*port).await,
        Command::Argon2 { fresh, callers, seconds } => {
            hashing::run(*fresh, *callers, Duration::from_secs_f64(*seconds))?
        }
        Command::Sqlite { normal, data, seconds } => {
            rotating::run(*normal, data, Duration::from_secs_f64(*seconds)).await?
        }
    };
    let line = serde_json::to_string(&looped).map_err(|error| Failure::new(error.to_string()))?;
    println!("{line}");
    Ok(())
}

/// What this process took from a moment on.
struct Watch {
    began: Instant,
    cpu: Duration,
}

impl Watch {
    fn start() -> Self {
        Self { cpu: usage::cpu(&[std::process::id()]), began: Instant::now() }
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn stop(&self, latencies: Vec<Duration>) -> Looped {
        let me = [std::process::id()];
        let elapsed = self.began.elapsed();
        let cpu = usage::cpu(&me).saturating_sub(self.cpu);
        Looped {
            sample: Sample::new(latencies.len(), latencies, elapsed, cpu),
            peak_kib: usage::peak_kib(&me),
        }
    }
}
