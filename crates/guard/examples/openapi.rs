//! An API with its description and Swagger UI: the padlocks come from the table of routes.
//!
//! ```sh
//! cargo run -p auth-server -- serve --apply demo/demo.toml
//! cargo run -p scopegate-guard --example openapi --features openapi
//! ```
//!
//! Open <http://localhost:8001/docs>, press Authorize, leave the client's fields, and sign in as
//! `johndoe` with `secret`. Or look at `security` in `curl http://localhost:8001/openapi.json`.

use axum::{Json, routing::get};
use scopegate_guard::{Access, Guard, Keys, Principal, Routes, User};
use utoipa::{
    OpenApi,
    openapi::security::{AuthorizationCode, Flow, OAuth2, Password, Scopes, SecurityScheme},
};
use utoipa_swagger_ui::{Config, SwaggerUi, oauth};

/// The present user.
#[utoipa::path(get, path = "/users/me", responses((status = 200, body = String)))]
async fn me(user: User) -> Json<String> {
    Json(user.username().to_owned())
}

/// What is new, with a word for those who are known.
#[utoipa::path(get, path = "/news", responses((status = 200, body = String)))]
async fn news(caller: Option<Principal>) -> Json<String> {
    let name = caller.map_or("stranger".to_owned(), |it| it.subject().to_owned());
    Json(format!("Nothing new, {name}"))
}

#[derive(OpenApi)]
#[openapi(info(title = "An example", license(name = "MIT", identifier = "MIT")), paths(me, news))]
struct Document;

fn routes() -> Routes {
    Routes::new().route("/users/me", Access::scopes(["me"]), get(me)).route(
        "/news",
        Access::optional(),
        get(news),
    )
}

/// The description, with what each route needs taken from the routes.
fn document(issuer: &str) -> utoipa::openapi::OpenApi {
    let scopes = || Scopes::from_iter([("me", "Read information about the current user.")]);
    let token_url = format!("{issuer}/token");
    let password = Flow::Password(Password::new(&token_url, scopes()));
    let code = AuthorizationCode::new(format!("{issuer}/authorize"), token_url, scopes());
    let scheme = OAuth2::new([password, Flow::AuthorizationCode(code)]);
    let mut document = Document::openapi();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("oauth2", SecurityScheme::OAuth2(scheme));
    routes().secure(&mut document, "oauth2");
    document
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let issuer = "http://localhost:8000";
    let guard = Guard::builder()
        .issuer(issuer)
        .audience("http://localhost:8001")
        .keys(Keys::file("data/shared/shared.key"))
        .build()?;
    // A document that says something else than the routes would be worse than none.
    assert_eq!(routes().compare(&Document::openapi()), []);
    let login = oauth::Config::new().client_id("docs").use_pkce_with_authorization_code_grant(true);
    let page = SwaggerUi::new("/docs")
        .url("/openapi.json", document(issuer))
        .config(
            Config::new(["/openapi.json"])
                .oauth2_redirect_url("http://localhost:8001/docs/oauth2-redirect.html"),
        )
        .oauth(login);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8001").await?;
    axum::serve(listener, guard.protect(routes()).merge(page)).await?;
    Ok(())
}
