//! One running server: applies the file, listens, works in the background, stops gracefully.

mod clean;
mod trust;

use std::sync::Arc;

use scopegate_core::clock::SystemClock;
use scopegate_service::{
    listen::{self, Stop},
    metrics,
    traces::Traces,
};
use scopegate_store::{clients, scopes, users};

use crate::{
    app::{App, StartError},
    apply::{self, ApplyError},
    config::{Config, TrustedProxies},
    http,
    identity::demo,
};

/// Why the server did not run: one line for whoever runs it.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The store or a key.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The file of `--apply`.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The address.
    #[error(transparent)]
    Listen(#[from] listen::ListenError),
    /// The system.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Runs until SIGTERM or SIGINT.
pub async fn run(config: Config) -> Result<(), ServeError> {
    let traces = Traces::start("auth-server", env!("CARGO_PKG_VERSION"));
    let app = Arc::new(App::build(&config, Arc::new(SystemClock)).await?);
    if let Some(file) = &config.store.apply {
        apply::run::at_start(&app.store, &app.server_key, &app.hasher, &config, file).await?;
    }
    advise(&app).await?;
    warn_of_default_client(&app).await?;
    warn_of_proxies(&config);
    if !config.http.issuer.is_loopback() {
        warn_of_demo_passwords(&app).await?;
    }
    let listener = listen::bind(config.http.listen)?;
    let shown = metrics::bind(config.http.metrics_listen)?;
    let background = tokio::spawn(work(Arc::clone(&app), listen::reload_signal()?));
    let stop = Stop::on_signals()?;
    let page = {
        let app = Arc::clone(&app);
        move || app.metrics_page()
    };
    let routes = traces.around(http::router(Arc::clone(&app)));
    let connections = app.metrics.connections.clone();
    tokio::try_join!(
        metrics::serve(shown, page, stop.clone()),
        listen::serve(listener, routes, connections, stop),
    )?;
    background.abort();
    app.audit.finish(&app.store, app.clock.now()).await;
    app.store.close().await;
    traces.stop().await;
    tracing::info!("stopped");
    Ok(())
}

/// What goes on beside the requests.
async fn work(app: Arc<App>, mut reload: tokio::signal::unix::Signal) {
    let watch = app.signing.watch(&app.store, &*app.clock);
    let hangups = async {
        while reload.recv().await.is_some() {
            app.signing.refresh(&app.store, app.clock.now()).await;
        }
    };
    tokio::join!(watch, hangups, clean::work(&app), app.audit.work(&app.store, &*app.clock));
}

/// Tells whoever starts on an empty store how to fill it.
async fn advise(app: &App) -> Result<(), StartError> {
    let mut conn = app.store.read().await?;
    let empty = scopes::list(&mut conn).await?.is_empty()
        && clients::list(&mut conn, None, 1).await?.is_empty()
        && users::list(&mut conn, None, 1).await?.is_empty();
    if empty {
        tracing::info!(
            "the store is empty; these three commands make the first scope, client and user:"
        );
        tracing::info!(
            "  auth-server scope add me --description 'Read information about the current user.'"
        );
        tracing::info!(
            "  auth-server client add first-party --public --grants 'password refresh_token' --scopes me"
        );
        tracing::info!("  auth-server user add johndoe --scopes me");
    }
    Ok(())
}

/// Says when requests that name no client cannot mean the one that the settings say.
async fn warn_of_default_client(app: &App) -> Result<(), StartError> {
    let Some(id) = app.default_client() else { return Ok(()) };
    let client = clients::find(&mut *app.store.read().await?, id).await?;
    let reason = match client {
        None => "does not exist",
        Some(client) if !client.is_public() => "has a secret, which such a request does not send",
        Some(client) if client.disabled => "is disabled",
        Some(_) => return Ok(()),
    };
    tracing::warn!("default-client: the client \"{id}\" {reason}");
    Ok(())
}

/// Says when everybody will count as one address: this server speaks no TLS, so under an https issuer
/// a proxy stands in front.
fn warn_of_proxies(config: &Config) {
    let unnamed = config.limits.trusted_proxies == TrustedProxies::default();
    if config.http.issuer.is_https() && config.limits.guesses && unnamed {
        tracing::warn!(
            "trusted-proxies names none, so everybody behind the proxy counts as one address: one \
             who guesses passwords makes all of them wait"
        );
    }
}

/// Names the users whom nobody can be on a server that strangers reach.
async fn warn_of_demo_passwords(app: &App) -> Result<(), StartError> {
    let users = demo::find_users(&app.store).await?;
    if !users.is_empty() {
        tracing::warn!(
            users = users.join(" "),
            "these users hold a demo password, which everybody knows: they cannot log in until \
             `auth-server user set-password` gives them another"
        );
    }
    Ok(())
}
