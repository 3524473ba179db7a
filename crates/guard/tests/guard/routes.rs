//! Scopes down the tree, methods, trailing slashes.

use axum::{
    Router,
    extract::{Path, State},
    routing::{any, get as on_get},
};
use http::{Method, Request};
use scopegate_guard::{Access, Routes};

use crate::harness::{METADATA, bearer, get, protect, send, tokens};

async fn ok() -> &'static str {
    "ok"
}

fn tree() -> Routes {
    let deep = Routes::new().route("/", Access::scopes(["write"]), on_get(ok)).route(
        "/open",
        Access::open(),
        on_get(ok),
    );
    let items = Routes::new().route("/", Access::any_token(), on_get(ok)).nest(
        "/deep",
        Access::scopes(["items"]),
        deep,
    );
    Routes::new().route("/open", Access::open(), on_get(ok)).nest(
        "/users/me",
        Access::scopes(["me"]),
        items,
    )
}

#[tokio::test]
async fn scopes_add_up_over_three_levels() {
    let (tokens, _) = tokens();
    let app = protect(&tokens, tree());
    for (path, scope, expected) in [
        ("/users/me/", "", 403),
        ("/users/me/", "me", 200),
        ("/users/me/", "items write", 403),
        ("/users/me/deep/", "me items", 403),
        ("/users/me/deep/", "items write", 403),
        ("/users/me/deep/", "me write", 403),
        ("/users/me/deep/", "me items write", 200),
    ] {
        let token = tokens.user("johndoe").scopes(scope).mint();
        let answer = send(&app, bearer(path, &token)).await;
        assert_eq!(answer.status, expected, "{path} with `{scope}`");
    }
}

#[tokio::test]
async fn one_scope_of_a_group_is_enough() {
    let (tokens, _) = tokens();
    let notes = Routes::new().route("/", Access::any_of(["read", "write"]), on_get(ok)).route(
        "/all",
        Access::any_of(["read", "write"]).also_any_of_for(Method::POST, ["admin", "write"]),
        any(ok),
    );
    let app = protect(&tokens, Routes::new().nest("/notes", Access::scopes(["me"]), notes));
    for (method, path, scope, expected) in [
        (Method::GET, "/notes/", "me read", 200),
        (Method::GET, "/notes/", "me write", 200),
        (Method::GET, "/notes/", "me read write", 200),
        (Method::GET, "/notes/", "me", 403),
        (Method::GET, "/notes/", "read write", 403),
        (Method::GET, "/notes/", "me READ", 403),
        (Method::POST, "/notes/all", "me write", 200),
        (Method::POST, "/notes/all", "me read admin", 200),
        (Method::POST, "/notes/all", "me admin", 403),
        (Method::POST, "/notes/all", "me read", 403),
        (Method::GET, "/notes/all", "me read", 200),
    ] {
        let token = tokens.user("johndoe").scopes(scope).mint();
        let answer = send(&app, bearer(path, &token).method(method.clone())).await;
        assert_eq!(answer.status, expected, "SC {method} {path} with `{scope}`");
    }
}

#[tokio::test]
async fn a_challenge_for_a_group_names_what_is_enough() {
    let (tokens, _) = tokens();
    let access = Access::scopes(["me"]).and(Access::any_of(["write", "read"]));
    let app = protect(&tokens, Routes::new().route("/notes", access, on_get(ok)));
    let token = tokens.user("johndoe").scopes("me").mint();
    let answer = send(&app, bearer("/notes", &token)).await;
    assert_eq!(answer.status, 403);
    let expected = format!(r#"Bearer error="insufficient_scope", scope="me write", {METADATA}"#);
    assert_eq!(answer.header("www-authenticate"), expected, "RFC 6750 3");
    let token = tokens.user("johndoe").scopes("me write").mint();
    assert_eq!(send(&app, bearer("/notes", &token)).await.status, 200);
}

#[tokio::test]
async fn an_open_route_below_a_guarded_prefix_is_guarded() {
    let (tokens, _) = tokens();
    let app = protect(&tokens, tree());
    assert_eq!(send(&app, get("/users/me/deep/open")).await.status, 401);
    let token = tokens.user("johndoe").scopes("me items").mint();
    assert_eq!(send(&app, bearer("/users/me/deep/open", &token)).await.status, 200);
}

#[tokio::test]
async fn an_open_route_looks_at_no_token() {
    let (tokens, _) = tokens();
    let app = protect(&tokens, tree());
    let answer = send(&app, bearer("/open", "rubbish")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), "");
}

#[tokio::test]
async fn unknown_paths_stay_unknown_and_wrong_methods_are_checked_first() {
    let (tokens, _) = tokens();
    let app = protect(&tokens, tree());
    let good = tokens.user("johndoe").scopes("me").mint();
    for (name, request, expected) in [
        ("unknown path", get("/nowhere"), 404),
        ("unknown path with a token", bearer("/nowhere", &good), 404),
        ("unknown path below a prefix", get("/users/me/nowhere"), 404),
        ("wrong method without a token", Request::delete("/users/me/"), 401),
        ("wrong method with a token", bearer("/users/me/", &good).method(Method::DELETE), 405),
        ("HEAD without a token", Request::head("/users/me/"), 401),
        ("HEAD with a token", bearer("/users/me/", &good).method(Method::HEAD), 200),
        ("OPTIONS without a token", Request::options("/users/me/"), 401),
        ("a method of its own without a token", get("/users/me/").method("PURGE"), 401),
    ] {
        assert_eq!(send(&app, request).await.status, expected, "{name}");
    }
}

#[tokio::test]
async fn a_method_may_need_more_than_its_path() {
    let (tokens, _) = tokens();
    let access = Access::open().also_for(Method::POST, ["write"]);
    let routes = Routes::new().route("/notes", access.clone(), any(ok)).nest(
        "/mine",
        Access::scopes(["me"]),
        Routes::new().route("/notes", access, any(ok)),
    );
    let app = protect(&tokens, routes);
    for (path, method, scope, expected) in [
        ("/notes", Method::GET, "", 200),
        ("/notes", Method::POST, "me", 403),
        ("/notes", Method::POST, "write", 200),
        ("/mine/notes", Method::GET, "write", 403),
        ("/mine/notes", Method::GET, "me", 200),
        ("/mine/notes", Method::POST, "write", 403),
        ("/mine/notes", Method::POST, "me write", 200),
    ] {
        let token = tokens.user("johndoe").scopes(scope).mint();
        let answer = send(&app, bearer(path, &token).method(method.clone())).await;
        assert_eq!(answer.status, expected, "{method} {path} with `{scope}`");
    }
    assert_eq!(send(&app, get("/notes")).await.status, 200);
    assert_eq!(send(&app, Request::post("/notes")).await.status, 401);
}

#[tokio::test]
async fn either_slash_guards_both_spellings_without_a_redirect() {
    let (tokens, _) = tokens();
    let routes = Routes::new()
        .route("/status/", Access::any_token(), on_get(ok))
        .nest(
            "/users",
            Access::scopes(["me"]),
            Routes::new().route("/me", Access::open(), on_get(ok)),
        )
        .either_slash();
    let app = protect(&tokens, routes);
    let token = tokens.user("johndoe").scopes("me").mint();
    for path in ["/status/", "/status", "/users/me", "/users/me/"] {
        assert_eq!(send(&app, get(path)).await.status, 401, "{path}");
        assert_eq!(send(&app, bearer(path, &token)).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn merged_routes_keep_their_access_and_spelling() {
    let (tokens, _) = tokens();
    let other = Routes::new().route("/other", Access::any_token(), on_get(ok)).either_slash();
    let app = protect(&tokens, tree().merge(other));
    for (path, expected) in [("/other", 401), ("/other/", 401), ("/open/", 404), ("/open", 200)] {
        assert_eq!(send(&app, get(path)).await.status, expected, "{path}");
    }
}

#[tokio::test]
async fn handlers_see_path_parameters_and_state() {
    async fn show(
        State(state): State<&'static str>,
        Path((a, b)): Path<(String, String)>,
    ) -> String {
        format!("{state} {a} {b}")
    }
    let (tokens, _) = tokens();
    let inner = Routes::new().route("/items/{item}", Access::any_token(), on_get(show));
    let routes: Routes<&'static str> =
        Routes::new().nest("/users/{user}", Access::any_token(), inner);
    let app: Router = tokens.guard().build().unwrap().protect(routes).with_state("state");
    let token = tokens.user("johndoe").mint();
    let answer = send(&app, bearer("/users/alice/items/7", &token)).await;
    assert_eq!(answer.text(), "state alice 7");
}

#[test]
#[should_panic(expected = "two routes are served at `/status`")]
fn one_path_has_one_access() {
    let (tokens, _) = tokens();
    let routes = Routes::new().route("/status", Access::any_token(), on_get(ok)).route(
        "/status",
        Access::open(),
        any(ok),
    );
    let _ = protect(&tokens, routes);
}
