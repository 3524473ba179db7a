//! Other people's OAuth clients, unmodified, complete every flow they know. What each needs to be
//! told is in docs/clients.md.

pub(crate) mod browser;
pub(crate) mod spa;
mod with_oauth2;

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use crate::harness::{AuthServer, Place, ResourceApi, Run, Settings, Stack, free_port, root, skip};

const WEB_SECRET: &str = "web-secret-0123456789-0123456789-012345";
const MACHINE_SECRET: &str = "machine-secret-0123456789-0123456789-0";
const INTRANET_SECRET: &str = "intranet-secret-0123456789-0123456789-";
const API_SECRET: &str = "api-secret-0123456789-0123456789-012345";

#[tokio::test]
async fn authlib_completes_every_flow_it_knows() {
    tell("with_authlib.py").await;
}

#[tokio::test]
async fn requests_oauthlib_completes_every_flow_it_knows() {
    tell("with_requests_oauthlib.py").await;
}

#[tokio::test]
async fn oauth4webapi_completes_every_flow_it_knows() {
    tell("with_oauth4webapi.mjs").await;
}

#[tokio::test]
async fn openid_client_completes_every_flow_it_knows() {
    tell("with_openid-client.mjs").await;
}

#[tokio::test]
async fn simple_oauth2_completes_every_flow_it_knows() {
    tell("with_simple-oauth2.mjs").await;
}

#[tokio::test]
async fn the_oauth2_crate_completes_every_flow_it_knows() {
    let (stack, issuer) = start().await;
    with_oauth2::complete_every_flow(&stack, &issuer).await;
}

/// Both programs at their public URLs, with a client of each kind; the issuer.
async fn start() -> (Stack, String) {
    let place = Place::empty();
    let (auth, resource) = (free_port(), free_port());
    let issuer = format!("http://127.0.0.1:{auth}");
    let both = |settings: &mut Settings, port: u16| {
        settings
            .set("listen", format!("127.0.0.1:{port}"))
            .set("issuer", &issuer)
            .set("audience", format!("http://127.0.0.1:{resource}"));
    };
    let setup = root().join("tests/clients/setup.toml");
    let auth = AuthServer::with(&place, |settings| {
        both(settings, auth);
        settings.set("apply", setup);
    })
    .await;
    let resource = ResourceApi::with(&place, |settings| both(settings, resource)).await;
    (Stack { auth, resource, place }, issuer)
}

/// Runs a script against a stack of its own. It prints each flow once that is complete.
async fn tell(script: &str) {
    let Some(clients) = std::env::var_os("SCOPEGATE_TEST_CLIENTS").map(PathBuf::from) else {
        return skip(script, "the clients of tests/clients/install.sh (SCOPEGATE_TEST_CLIENTS)");
    };
    let (stack, issuer) = start().await;
    let mut command = interpreter(&clients, &stack.place, script);
    command
        .env("ISSUER", issuer)
        .env("API", &stack.resource.url)
        .env("WEB_SECRET", WEB_SECRET)
        .env("MACHINE_SECRET", MACHINE_SECRET)
        .env("INTRANET_SECRET", INTRANET_SECRET)
        .env("API_SECRET", API_SECRET);
    let told = Run::new(command).done();
    assert_eq!(told.lines().last(), Some("password"), "{script} ends with the last flow: {told}");
}

/// The program that runs the script. A script in JavaScript finds its packages beside itself, so it
/// runs as a copy.
fn interpreter(clients: &Path, place: &Place, script: &str) -> Command {
    let scripts = root().join("tests/clients");
    if Path::new(script).extension().is_some_and(|extension| extension == "py") {
        let mut command = Command::new(clients.join("venv/bin/python"));
        command.arg("-B").arg(scripts.join(script));
        return command;
    }
    symlink(clients.join("node_modules"), place.path("node_modules")).expect("the folder is ours");
    for name in ["browser.mjs", script] {
        fs::copy(scripts.join(name), place.path(name)).expect("the script is there");
    }
    let mut command = Command::new("node");
    // Node 18 has Web Crypto behind this flag; later ones take it and have it anyway.
    command.arg("--experimental-global-webcrypto").arg(place.path(script));
    command
}
