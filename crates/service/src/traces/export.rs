//! The way of spans to a collector: a bounded queue and a thread of its own, so that nobody waits for
//! one that is slow or away.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use axum::{Router, middleware::from_fn_with_state};
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    resource::{EnvResourceDetector, TelemetryResourceDetector},
    trace::{self, SdkTracerProvider, SpanData},
};
use tokio::{sync::oneshot, time::timeout};

use super::{request, wanted_by};

/// How long a stop waits for the last spans to be sent.
const FLUSH: Duration = Duration::from_millis(800);

/// The traces of a program, if it makes any.
#[derive(Debug)]
pub struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Starts sending where the variables name a collector. Where they cannot be followed, a line says
    /// so, and there are no traces.
    pub fn start(program: &'static str, version: &'static str) -> Self {
        let Some(variable) = wanted_by() else { return Self(None) };
        // An error may quote a variable, and URLs and headers may hold a secret.
        let provider = provider(program, version).ok();
        if provider.is_some() {
            tracing::info!("traces are sent to where {variable} says");
        } else {
            tracing::warn!("there are no traces: {variable} or another OTEL_ variable is wrong");
        }
        Self(provider)
    }

    /// Makes a span of each request: the outermost layer of a program's routes.
    pub fn around(&self, routes: Router) -> Router {
        match &self.0 {
            Some(provider) => {
                let tracer = Arc::new(provider.tracer("scopegate"));
                routes.layer(from_fn_with_state(tracer, request::trace))
            }
            None => routes,
        }
    }

    /// Sends what is left, and waits no longer than 0.8 s for that: a stop has ten in all.
    pub async fn stop(self) {
        let Some(provider) = self.0 else { return };
        let (done, stopped) = oneshot::channel();
        // A task of the runtime would be waited for at its end, however long it blocks.
        thread::spawn(move || {
            // What could not be sent was told by `Told`.
            let _ = provider.shutdown_with_timeout(FLUSH);
            let _ = done.send(());
        });
        let _ = timeout(FLUSH, stopped).await;
    }
}

fn provider(
    program: &'static str,
    version: &'static str,
) -> Result<SdkTracerProvider, ExporterBuildError> {
    let inner = SpanExporter::builder().with_http().build()?;
    let exporter = Told { inner, failing: AtomicBool::new(false) };
    Ok(SdkTracerProvider::builder()
        .with_resource(resource(program, version))
        .with_batch_exporter(exporter)
        .build())
}

/// The variables win, as the specification has it.
fn resource(program: &'static str, version: &'static str) -> Resource {
    let resource = Resource::builder_empty()
        .with_service_name(program)
        .with_attribute(KeyValue::new("service.version", version))
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_detector(Box::new(EnvResourceDetector::new()));
    match std::env::var("OTEL_SERVICE_NAME") {
        Ok(name) if !name.is_empty() => resource.with_service_name(name).build(),
        _ => resource.build(),
    }
}

/// An exporter that says once when it begins to fail, and once when it works again.
#[derive(Debug)]
struct Told {
    inner: SpanExporter,
    failing: AtomicBool,
}

impl trace::SpanExporter for Told {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let sent = self.inner.export(batch).await;
        match (&sent, self.failing.swap(sent.is_err(), Ordering::Relaxed)) {
            (Err(error), false) => tracing::warn!("traces are lost for the moment: {error}"),
            (Ok(()), true) => tracing::info!("traces are sent again"),
            _ => {}
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.inner.shutdown()
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
