//! What a client gives back (RFC 7009) is refused at both servers within a second, and stays refused.

use crate::harness::{Answer, AuthServer, FORM, Lock, Place, REACH, ResourceApi, Stack, Tokens};

const REVOKED: (u16, &str) = (401, "Could not validate credentials");

#[tokio::test]
async fn a_revoked_access_token_is_refused_and_its_refresh_token_stays() {
    let stack = Stack::start().await;
    let tokens = stack.auth.login("me").await;
    let other = stack.auth.login("me").await;
    assert_eq!(stack.resource.ask("/users/me/", &tokens.access).await.status, 200);
    assert_eq!(revoke(&stack.auth, &tokens.access).await.status, 200);
    for path in ["/users/me/", "/status/"] {
        stack.resource.comes_to(REACH, path, &tokens.access, REVOKED).await;
    }
    assert_eq!(stack.resource.ask("/users/me/", &other.access).await.status, 200, "only that one");
    let next = Tokens::of(&stack.auth.refresh(&tokens.refresh).await);
    assert_eq!(stack.resource.ask("/users/me/", &next.access).await.status, 200, "RV02");
}

#[tokio::test]
async fn a_revoked_refresh_token_takes_every_access_token_of_its_login_along() {
    let stack = Stack::start().await;
    let first = stack.auth.login("me").await;
    let second = Tokens::of(&stack.auth.refresh(&first.refresh).await);
    let other = stack.auth.login("me").await;
    assert_eq!(revoke(&stack.auth, &second.refresh).await.status, 200);
    for access in [&first.access, &second.access] {
        stack.resource.comes_to(REACH, "/users/me/", access, REVOKED).await;
    }
    let refresh = stack.auth.refresh(&second.refresh).await;
    assert_eq!(refresh.verdict(), (400, "invalid_grant".to_owned()), "RV01");
    assert_eq!(stack.resource.ask("/users/me/", &other.access).await.status, 200, "another login");
}

#[tokio::test]
async fn a_clients_own_token_opens_what_is_no_users_until_it_is_revoked() {
    let stack = Stack::start().await;
    let add = ["client", "add", "machine", "--grants", "client_credentials", "--scopes", "me"];
    let secret = "a-secret-of-more-than-thirty-two-characters";
    stack.place.run(&[&add[..], &["--secret-stdin"]].concat()).input(&format!("{secret}\n")).done();
    let client = [("client_id", "machine"), ("client_secret", secret)];
    let ask = [("grant_type", "client_credentials"), ("scope", "me")];
    let nobody = stack.auth.token(&ask).await.verdict();
    assert_eq!(nobody, (401, "invalid_client".to_owned()), "the default client is not meant");
    let token = Tokens::of(&stack.auth.token(&[ask, client].concat()).await);
    assert_eq!(token.refresh, "", "RFC 6749 §4.4.3");
    assert_eq!(stack.resource.ask("/status/", &token.access).await.status, 200);
    assert_eq!(stack.resource.ask("/users/me/", &token.access).await.problem().0, 401);
    let form = [("token", token.access.as_str()), client[0], client[1]];
    let url = format!("{}/revoke", stack.auth.url);
    assert_eq!(Answer::to(stack.auth.http.post(url).form(&form)).await.status, 200);
    stack.resource.comes_to(REACH, "/status/", &token.access, REVOKED).await;
}

#[tokio::test]
async fn rv09_an_acknowledged_revocation_survives_being_killed() {
    let place = Place::new();
    let mut auth = AuthServer::start(&place).await;
    let one = auth.login("me").await;
    let two = auth.login("me").await;
    assert_eq!(revoke(&auth, &one.refresh).await.status, 200);
    assert_eq!(revoke(&auth, &two.access).await.status, 200);
    auth.process.kill();
    let auth = AuthServer::start(&place).await;
    assert_eq!(auth.refresh(&one.refresh).await.verdict(), (400, "invalid_grant".to_owned()));
    let resource = ResourceApi::start(&place).await;
    for access in [&one.access, &two.access] {
        let answer = resource.ask("/users/me/", access).await;
        assert_eq!(answer.problem(), (REVOKED.0, REVOKED.1.to_owned()), "RV09");
    }
    Tokens::of(&auth.refresh(&two.refresh).await);
}

#[tokio::test]
async fn rv04_a_revocation_that_cannot_be_written_is_not_acknowledged() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let tokens = auth.login("me").await;
    let lock = Lock::take(&place).await;
    let answer = revoke(&auth, &tokens.refresh).await;
    assert_eq!(answer.verdict(), (503, "temporarily_unavailable".to_owned()));
    assert!(!answer.header("retry-after").is_empty(), "RFC 7009 §2.2.1: {answer:?}");
    lock.release().await;
    assert_eq!(revoke(&auth, &tokens.refresh).await.status, 200);
    assert_eq!(auth.refresh(&tokens.refresh).await.status, 400);
}

/// A revocation by the client that every login of the harness is for.
async fn revoke(auth: &AuthServer, token: &str) -> Answer {
    let request = auth.http.post(format!("{}/revoke", auth.url)).header("content-type", FORM);
    Answer::to(request.body(format!("client_id=first-party&token={token}"))).await
}
