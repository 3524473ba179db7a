//! Traces: what a collector gets of a request, and what a program does without one.

#[cfg(feature = "otel")]
mod collector;
#[cfg(feature = "otel")]
mod otlp;
#[cfg(feature = "otel")]
mod sent;

use crate::harness::{AuthServer, Place};

#[cfg(not(feature = "otel"))]
#[tokio::test]
async fn a_program_that_was_built_without_traces_says_so_in_one_line() {
    for (name, value, said) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318", 1),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:4318/v1/traces", 1),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "", 0),
        ("OTEL_SERVICE_NAME", "auth", 0),
    ] {
        let place = Place::new();
        let mut auth = AuthServer::with(&place, |settings| {
            settings.variable(name, value);
        })
        .await;
        auth.login("me").await;
        auth.process.stop().await;
        let log = auth.process.log();
        let lines = log.lines().filter(|line| line.contains("the feature `otel`"));
        assert_eq!(lines.count(), said, "{name}={value}: {log}");
    }
}

#[cfg(feature = "otel")]
#[tokio::test]
async fn nothing_is_sent_when_no_collector_is_named_or_traces_are_off() {
    let collector = collector::Collector::start().await;
    for off in [None, Some(("OTEL_SDK_DISABLED", "true")), Some(("OTEL_TRACES_EXPORTER", "none"))] {
        let place = Place::new();
        let mut auth = AuthServer::with(&place, |settings| {
            if let Some((name, value)) = off {
                settings.variable("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url);
                settings.variable(name, value);
            }
        })
        .await;
        auth.login("me").await;
        assert_eq!(auth.process.stop().await.code(), Some(0));
        assert!(!auth.process.log().contains("traces"), "{off:?}: {}", auth.process.log());
    }
    assert_eq!(collector.spans(), []);
}
