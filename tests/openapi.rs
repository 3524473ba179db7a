//! The descriptions of both APIs: valid, and as strict as the routes are.

use serde_json::{Value, json};

use crate::harness::{Answer, ISSUER, Run, Settings, Stack, programs};

#[tokio::test]
async fn each_route_names_the_scopes_that_it_needs() {
    let stack = Stack::start().await;
    let document = stack.resource.get("/openapi.json").await.json();
    assert!(document["openapi"].as_str().expect("a version").starts_with("3.1"));
    let schemes = document["components"]["securitySchemes"].as_object().expect("schemes");
    let (scheme, flows) = schemes.iter().next().expect("one scheme");
    let password = &flows["flows"]["password"];
    assert_eq!(flows["type"], "oauth2");
    assert_eq!(password["tokenUrl"], format!("{ISSUER}/token"));
    assert_eq!(
        password["scopes"],
        json!({"me": "Read information about the current user.", "items": "Read items."})
    );
    for (path, scopes) in [
        ("/users/me/", json!(["me"])),
        ("/users/me/items/", json!(["items", "me"])),
        ("/status/", json!([])),
    ] {
        let operation = &document["paths"][path]["get"];
        assert_eq!(operation["security"], json!([{ scheme.as_str(): scopes }]), "{path}");
        for status in ["200", "401"] {
            assert!(operation["responses"].get(status).is_some(), "{path}: {status}");
        }
    }
}

#[tokio::test]
async fn what_is_described_is_served_and_every_reference_leads_somewhere() {
    let stack = Stack::start().await;
    let token = stack.auth.login("me items").await.access;
    for (name, document) in [
        ("auth-server", stack.auth.get("/openapi.json").await.json()),
        ("resource-api", stack.resource.get("/openapi.json").await.json()),
    ] {
        references(&document, &document, name);
        assert!(!document["info"]["title"].as_str().unwrap_or_default().is_empty(), "{name}");
        assert!(!document["info"]["license"]["name"].as_str().unwrap_or_default().is_empty());
        for (path, operations) in document["paths"].as_object().expect("paths") {
            let base = if name == "auth-server" { &stack.auth.url } else { &stack.resource.url };
            for method in operations.as_object().expect("operations").keys() {
                let method = method.to_uppercase().parse().expect("a method");
                let request = stack.auth.http.request(method, format!("{base}{path}"));
                let answer = Answer::to(request.bearer_auth(&token)).await;
                assert!(![404, 405].contains(&answer.status), "{name} {path}: {answer:?}");
                let described =
                    operations.as_object().expect("operations").values().any(|operation| {
                        operation["responses"].get(answer.status.to_string()).is_some()
                    });
                assert!(described, "{name} {path}: {} is not described", answer.status);
            }
        }
    }
}

#[tokio::test]
async fn the_command_prints_what_the_server_serves() {
    let stack = Stack::start().await;
    for (program, served) in [
        (&programs().auth_server, stack.auth.get("/openapi.json").await),
        (&programs().resource_api, stack.resource.get("/openapi.json").await),
    ] {
        let printed = Run::new(Settings::default().command(program, &["openapi"])).json();
        let served = if *program == programs().auth_server {
            without_scopes(served.json())
        } else {
            served.json()
        };
        assert_eq!(printed, served, "{}", program.display());
    }
}

/// The document without the scopes of the store, which the command does not open.
fn without_scopes(mut document: Value) -> Value {
    let flows = &mut document["components"]["securitySchemes"]["OAuth2"]["flows"];
    for flow in flows.as_object_mut().expect("the scheme has flows").values_mut() {
        let scopes = flow["scopes"].as_object_mut().expect("a flow has scopes");
        assert!(scopes.contains_key("me"), "the server shows the scopes that there are");
        scopes.clear();
    }
    document
}

/// Every `$ref` points at something in the document.
fn references(document: &Value, part: &Value, name: &str) {
    match part {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                let pointer = reference.strip_prefix('#').expect("a reference within the document");
                assert!(document.pointer(pointer).is_some(), "{name}: {reference}");
            }
            members.values().for_each(|member| references(document, member, name));
        }
        Value::Array(items) => items.iter().for_each(|item| references(document, item, name)),
        _ => {}
    }
}
