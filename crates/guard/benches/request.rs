//! What the guard costs a request: a guarded route in each algorithm beside the same route without
//! a guard, both straight into the router: `cargo bench -p scopegate-guard`.

use std::time::Duration;

use axum::{Router, body::Body, routing::get};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use http::{Request, StatusCode, header::AUTHORIZATION};
use scopegate_core::{
    algorithm::Algorithm,
    claims::Claims,
    clock::{Clock, SystemClock},
    jwk::JwkSet,
    key::SharedKeys,
    mint::Minter,
    scope::Scope,
    signing_key::SigningKey,
};
use scopegate_guard::{Access, Guard, Keys, Routes};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

const ISSUER: &str = "http://localhost:8000";
const AUDIENCE: &str = "http://localhost:8001";
const SHARED_KEY: &[u8] = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn requests(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().build().expect("a runtime starts");
    let mut group = criterion.benchmark_group("request");
    let bare: Router = Router::new().route("/users/me/", get(async || "johndoe"));
    group.bench_function("without a guard", |bencher| {
        let request = || Request::get("/users/me/").body(Body::empty()).expect("a request");
        bencher.to_async(&runtime).iter_batched(
            || (bare.clone(), request()),
            async |(app, request)| app.oneshot(request).await,
            BatchSize::SmallInput,
        );
    });
    for algorithm in Algorithm::ALL {
        let (app, authorization) = guarded(algorithm);
        let request = || {
            let request = Request::get("/users/me/").header(AUTHORIZATION, &authorization);
            request.body(Body::empty()).expect("a request")
        };
        assert_eq!(status(&runtime, &app, request()), StatusCode::OK, "{algorithm}");
        group.bench_function(algorithm.as_str(), |bencher| {
            bencher.to_async(&runtime).iter_batched(
                || (app.clone(), request()),
                async |(app, request)| app.oneshot(request).await,
                BatchSize::SmallInput,
            );
        });
    }
}

/// The same route behind a guard, and the header that opens it.
fn guarded(algorithm: Algorithm) -> (Router, String) {
    let (keys, minter) = keys(algorithm);
    let guard = Guard::builder().issuer(ISSUER).audience(AUDIENCE).keys(keys);
    let access = Access::scopes(["me", "items"]);
    let routes = Routes::new().route("/users/me/", access, get(async || "johndoe"));
    let app = guard.build().expect("a good guard").protect(routes);
    (app, format!("Bearer {}", token(&minter)))
}

fn keys(algorithm: Algorithm) -> (Keys, Minter) {
    if algorithm == Algorithm::Hs256 {
        let keys = SharedKeys::parse(SHARED_KEY).expect("a good key");
        return (Keys::fixed(&keys), Minter::hs256(keys.signing()));
    }
    let (key, _) = SigningKey::generate(algorithm).expect("a key is made");
    let set = JwkSet::new(vec![key.public().clone()]);
    (Keys::public(&set), Minter::asymmetric(&key))
}

/// What auth-server would issue now.
fn token(minter: &Minter) -> String {
    let scope: Scope = "items me".parse().expect("a scope");
    let now = SystemClock.now();
    let claims = Claims {
        iss: ISSUER,
        sub: "johndoe",
        aud: AUDIENCE,
        exp: now.plus(Duration::from_mins(30)).seconds(),
        iat: now.seconds(),
        jti: "pJ1Dn0qGmTqRZzvWc2c2Fw",
        client_id: "first-party",
        scope: &scope,
        grant_id: "u7C0i7lqH0gkF2mDk3n8tQ",
    };
    minter.mint(&claims).expect("a token is signed")
}

fn status(runtime: &Runtime, app: &Router, request: Request<Body>) -> StatusCode {
    let answer = runtime.block_on(app.clone().oneshot(request));
    answer.map_or_else(|never| match never {}, |response| response.status())
}

criterion_group!(benches, requests);
criterion_main!(benches);
