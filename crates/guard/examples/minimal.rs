//! The smallest guarded API that runs.
//!
//! ```sh
//! cargo run -p auth-server -- serve --apply demo/demo.toml        # in one terminal
//! cargo run -p scopegate-guard --example minimal                  # in another, same folder
//! TOKEN=$(curl -s http://localhost:8000/token -d grant_type=password -d client_id=first-party \
//!     -d username=johndoe -d password=secret -d scope=me | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
//! curl -i http://localhost:8001/users/me                                    # 401
//! curl -i -H "Authorization: Bearer $TOKEN" http://localhost:8001/users/me  # 200
//! ```

use axum::routing::get;
use scopegate_guard::{Access, Guard, Keys, Principal, Routes, User};

async fn status(principal: Principal) -> String {
    match principal {
        Principal::User(user) => format!("ok, {}\n", user.username()),
        Principal::Client(client) => format!("ok, program {}\n", client.client_id()),
    }
}

async fn me(user: User) -> String {
    format!("You are {}, with the scopes `{}`\n", user.username(), user.scope())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let guard = Guard::builder()
        .issuer("http://localhost:8000")
        .audience("http://localhost:8001")
        .keys(Keys::file("data/shared/shared.key"))
        .build()?;
    let routes = Routes::new()
        .route("/status", Access::any_token(), get(status))
        .route("/users/me", Access::scopes(["me"]), get(me))
        .either_slash();
    for (path, access) in routes.requirements() {
        println!("http://localhost:8001{path}  needs: {access}");
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8001").await?;
    axum::serve(listener, guard.protect(routes)).await?;
    Ok(())
}
