//! One running server: listens at once, follows the feed, is ready when database and keys are there.

use std::{sync::Arc, time::Duration};

use scopegate_core::clock::SystemClock;
use scopegate_guard::{Guard, GuardError, Keys, RemoteKeysError};
use scopegate_service::{
    listen::{self, Stop},
    metrics,
    traces::Traces,
};
use tokio::time::Instant;

use crate::{
    config::Config,
    directory::{self, Directory, FeedError},
    keys,
    metrics::{Metrics, Present},
    routes::{self, App},
};

/// Why the server did not run: one line for whoever runs it.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The guard.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] RemoteKeysError),
    /// The database cannot be used, now or later.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The address.
    #[error(transparent)]
    Listen(#[from] listen::ListenError),
    /// The system.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// How long opening the database may take without a word about it.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often a server that is not ready says what it waits for.
const REMIND: Duration = Duration::from_secs(10);

/// Runs until SIGTERM or SIGINT.
pub async fn run(config: Config) -> Result<(), ServeError> {
    let traces = Traces::start("resource-api", env!("CARGO_PKG_VERSION"));
    let url = config.database.url(scopegate_store::sqlite_url);
    let counted = Arc::new(Metrics::new());
    let directory = Directory::new(Arc::new(SystemClock), config.max_staleness);
    let directory = Arc::new(directory.counted_by(counted.lookups.clone()));
    let keys = keys::of(&config)?;
    let guard = Guard::builder()
        .issuer(config.issuer.as_str())
        .audience(config.audience.as_str())
        .keys(keys.clone())
        .subjects(Arc::clone(&directory))
        .on_outcome({
            let outcomes = counted.outcomes.clone();
            move |outcome| outcomes.count(&outcome)
        })
        .build()?;
    let app = App { directory: Arc::clone(&directory), keys: keys.clone() };
    let routes = traces.around(routes::router(&guard, app.clone(), &config, &counted.http));
    let listener = listen::bind(config.listen)?;
    let shown = metrics::bind(config.metrics_listen)?;
    let connections = counted.connections.clone();
    let page = {
        let (app, sources) = (app.clone(), keys::sources(&config));
        move || counted.page(&present(&app, &sources))
    };
    let reload = reload_on_hangup(keys)?;
    let stop = Stop::on_signals()?;
    let serve = async {
        tokio::try_join!(
            metrics::serve(shown, page, stop.clone()),
            listen::serve(listener, routes, connections, stop),
        )
    };
    let ended = tokio::select! {
        served = serve => served.map(drop).map_err(ServeError::from),
        failed = directory::follow(&directory, &url) => Err(failed.into()),
        () = reload => Ok(()),
        () = remind(&app) => Ok(()),
    };
    traces.stop().await;
    ended?;
    tracing::info!("stopped");
    Ok(())
}

fn present(app: &App, sources: &[&'static str]) -> Present {
    Present {
        state_age: app.directory.age(),
        refused: app.directory.refused(),
        cached: app.directory.cached(),
        keys: sources.iter().copied().zip(app.keys.states()).collect(),
    }
}

fn reload_on_hangup(keys: Keys) -> std::io::Result<impl Future<Output = ()>> {
    let mut hangups = listen::reload_signal()?;
    Ok(async move {
        while hangups.recv().await.is_some() {
            keys.reload().await;
        }
        std::future::pending::<()>().await;
    })
}

/// Says what is missing, for as long as something is.
async fn remind(app: &App) {
    let mut ticks = tokio::time::interval_at(Instant::now() + PATIENCE, REMIND);
    while !app.is_ready() {
        ticks.tick().await;
        for missing in app.missing() {
            tracing::info!("waiting for {missing}; auth-server provides that once it runs");
        }
    }
    std::future::pending::<()>().await;
}
