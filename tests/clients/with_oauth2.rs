//! The `oauth2` crate: every flow it knows. It has no discovery, so it is told the endpoints.

use oauth2::{
    AccessToken, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, IntrospectionUrl, PkceCodeChallenge, RedirectUrl,
    RefreshToken, RequestTokenError, ResourceOwnerPassword, ResourceOwnerUsername, RevocationUrl,
    Scope, StandardRevocableToken, TokenIntrospectionResponse, TokenResponse, TokenUrl,
    basic::{BasicClient, BasicErrorResponseType, BasicTokenResponse},
};
use reqwest::{Client, redirect::Policy};

use super::{API_SECRET, INTRANET_SECRET, MACHINE_SECRET, WEB_SECRET, browser};
use crate::harness::Stack;

type Configured = BasicClient<EndpointSet, EndpointNotSet, EndpointSet, EndpointSet, EndpointSet>;

/// One of our clients, as the crate sees it.
struct App {
    client: Configured,
    redirect_uri: &'static str,
}

/// Tells the whole story.
pub(super) async fn complete_every_flow(stack: &Stack, issuer: &str) {
    let web = app(issuer, "web", WEB_SECRET, "https://app.example/callback");
    let spa = app(issuer, "spa", "", "http://127.0.0.1:49152/callback");
    for app in [&web, &spa] {
        let denied = authorization_code(app, issuer, "deny").await;
        assert_eq!(denied.expect_err("the user denied"), "access_denied");
        let first = authorization_code(app, issuer, "allow").await.expect("the user allowed it");
        assert_eq!(ask(stack, "/users/me/items/", first.access_token()).await, 200);
        let second = refresh(app, &first).await.expect("the token is good");
        assert_eq!(ask(stack, "/users/me/", second.access_token()).await, 200);
        assert!(introspect(issuer, second.access_token()).await);
        revoke(app, &second).await;
        assert!(!introspect(issuer, second.access_token()).await);
        assert_eq!(refresh(app, &second).await.err(), Some(BasicErrorResponseType::InvalidGrant));
    }
    client_credentials(stack, issuer).await;
    password(stack, issuer).await;
}

fn app(issuer: &str, id: &str, secret: &str, redirect_uri: &'static str) -> App {
    let at = |path: &str| format!("{issuer}{path}");
    // The crate refuses to revoke over plain http; `send` takes the part of a TLS proxy.
    let revoke = at("/revoke").replace("http://", "https://");
    let mut client = BasicClient::new(ClientId::new(id.to_owned()))
        .set_auth_uri(AuthUrl::new(at("/authorize")).expect("a URL"))
        .set_token_uri(TokenUrl::new(at("/token")).expect("a URL"))
        .set_revocation_url(RevocationUrl::new(revoke).expect("a URL"))
        .set_introspection_url(IntrospectionUrl::new(at("/introspect")).expect("a URL"))
        .set_redirect_uri(RedirectUrl::new(redirect_uri.to_owned()).expect("a URL"));
    if !secret.is_empty() {
        client = client.set_client_secret(ClientSecret::new(secret.to_owned()));
    }
    App { client, redirect_uri }
}

async fn authorization_code(
    app: &App,
    issuer: &str,
    decision: &str,
) -> Result<BasicTokenResponse, String> {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state) = app
        .client
        .authorize_url(CsrfToken::new_random)
        .add_scopes(["me", "items"].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let returned = browser::answer(url, app.redirect_uri, decision).await;
    // The crate leaves the answer to us: the state, the issuer (RFC 9207), a refusal, the code.
    let find = |wanted: &str| {
        returned.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    assert_eq!(find("state").as_ref(), Some(state.secret()));
    assert_eq!(find("iss").as_deref(), Some(issuer));
    if let Some(error) = find("error") {
        return Err(error);
    }
    let code = AuthorizationCode::new(find("code").expect("a code or an error"));
    let request = app.client.exchange_code(code).set_pkce_verifier(verifier);
    Ok(request.request_async(&send).await.expect("the code is good"))
}

async fn refresh(
    app: &App,
    tokens: &BasicTokenResponse,
) -> Result<BasicTokenResponse, BasicErrorResponseType> {
    let token: &RefreshToken = tokens.refresh_token().expect("one was issued");
    let answer = app.client.exchange_refresh_token(token).request_async(&send).await;
    answer.map_err(|error| match error {
        RequestTokenError::ServerResponse(answer) => answer.error().clone(),
        other => panic!("{other}"),
    })
}

async fn revoke(app: &App, tokens: &BasicTokenResponse) {
    let token = tokens.refresh_token().expect("one was issued").clone();
    let request = app.client.revoke_token(StandardRevocableToken::RefreshToken(token));
    request.expect("its URL is https").request_async(&send).await.expect("it is revoked");
}

/// Whether the token is active, as the resource server learns it.
async fn introspect(issuer: &str, token: &AccessToken) -> bool {
    let api = app(issuer, "api", API_SECRET, "urn:none:none").client;
    let told = api.introspect(token).request_async(&send).await.expect("the API may ask");
    assert!(!told.active() || told.username() == Some("johndoe"), "{told:?}");
    told.active()
}

async fn client_credentials(stack: &Stack, issuer: &str) {
    let machine = app(issuer, "machine", MACHINE_SECRET, "urn:none:none").client;
    let request = machine.exchange_client_credentials().add_scope(Scope::new("items".to_owned()));
    let tokens = request.request_async(&send).await.expect("the machine may act for itself");
    assert!(tokens.refresh_token().is_none(), "{tokens:?}");
    assert_eq!(ask(stack, "/status/", tokens.access_token()).await, 200);
}

async fn password(stack: &Stack, issuer: &str) {
    let intranet = app(issuer, "intranet", INTRANET_SECRET, "urn:none:none").client;
    let username = ResourceOwnerUsername::new("johndoe".to_owned());
    let password = ResourceOwnerPassword::new("secret".to_owned());
    let request = intranet.exchange_password(&username, &password);
    let request = request.add_scope(Scope::new("me".to_owned()));
    let tokens = request.request_async(&send).await.expect("the password is right");
    assert_eq!(ask(stack, "/users/me/", tokens.access_token()).await, 200);
}

async fn ask(stack: &Stack, path: &str, token: &AccessToken) -> u16 {
    stack.resource.ask(path, token.secret()).await.status
}

/// The HTTP client that the crate uses.
async fn send(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let mut request = reqwest::Request::try_from(request)?;
    request.url_mut().set_scheme("http").expect("from https to http is allowed");
    let http = Client::builder().redirect(Policy::none()).build()?;
    let answer = http.execute(request).await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = HttpResponse::new(answer.bytes().await?.to_vec());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}
