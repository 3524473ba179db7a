//! Several machines on one database, each with a folder of its own: what one does, all know.

use crate::harness::{Answer, AuthServer, FORM, Place, REACH, ResourceApi, Stack, Tokens};

const REVOKED: (u16, &str) = (401, "Could not validate credentials");

#[tokio::test]
async fn a_login_at_one_machine_goes_on_at_another() {
    let stack = Stack::start().await;
    let elsewhere = stack.place.replica();
    let two = AuthServer::start(&elsewhere).await;
    let resource = ResourceApi::start(&elsewhere).await;
    let first = stack.auth.login("me").await;
    assert_eq!(resource.ask("/users/me/", &first.access).await.status, 200);
    let second = Tokens::of(&two.refresh(&first.refresh).await);
    let retried = Tokens::of(&stack.auth.refresh(&first.refresh).await);
    assert_eq!(retried.refresh, second.refresh, "a lost answer is given again elsewhere");
    let third = Tokens::of(&stack.auth.refresh(&second.refresh).await);
    assert_eq!(two.refresh(&first.refresh).await.status, 400, "RF02: a reuse is known elsewhere");
    assert_eq!(stack.auth.refresh(&third.refresh).await.status, 400, "RF02: the family is dead");
}

#[tokio::test]
async fn what_one_machine_takes_back_is_refused_at_the_others_within_a_second() {
    let stack = Stack::start().await;
    let elsewhere = stack.place.replica();
    let two = AuthServer::start(&elsewhere).await;
    let resource = ResourceApi::start(&elsewhere).await;
    let (token, grant) = (two.login("me").await, two.login("me").await);
    for access in [&token.access, &grant.access] {
        assert_eq!(resource.ask("/users/me/", access).await.status, 200);
    }
    for given_back in [&token.access, &grant.refresh] {
        let request = two.http.post(format!("{}/revoke", stack.auth.url));
        let body = format!("client_id=first-party&token={given_back}");
        let answer = Answer::to(request.header("content-type", FORM).body(body)).await;
        assert_eq!(answer.status, 200);
    }
    for access in [&token.access, &grant.access] {
        resource.comes_to(REACH, "/users/me/", access, REVOKED).await;
    }
    let refreshed = two.refresh(&grant.refresh).await;
    assert_eq!(refreshed.verdict(), (400, "invalid_grant".to_owned()), "at once");

    let living = two.login("me").await;
    stack.place.run(&["user", "disable", "johndoe"]).done();
    assert_eq!(two.password("johndoe", "secret", "me").await.status, 400, "at once");
    resource.comes_to(REACH, "/users/me/", &living.access, (400, "Inactive user")).await;
}

#[tokio::test]
async fn machines_that_start_at_once_on_an_empty_database_agree() {
    let first = Place::new();
    assert_eq!(AuthServer::start(&first).await.stop().await.code(), Some(0));
    // The same keys, as an operator hands them out, and a database that nobody has migrated yet.
    let one = first.anew();
    let (two, three) = (one.replica(), one.replica());
    let (one, two, three) =
        tokio::join!(AuthServer::start(&one), AuthServer::start(&two), AuthServer::start(&three));
    let tokens = one.login("me").await;
    for server in [&two, &three, &one] {
        assert_eq!(server.get("/health/ready").await.status, 200);
    }
    Tokens::of(&three.refresh(&tokens.refresh).await);
}

#[tokio::test]
async fn a_machine_without_the_server_key_of_the_others_is_refused() {
    let place = Place::new();
    assert_eq!(AuthServer::start(&place).await.stop().await.code(), Some(0));
    let elsewhere = place.replica();
    let key = elsewhere.data("private/server.key");
    for (row, content) in [("another key", Some("0123456789abcdef".repeat(4))), ("none", None)] {
        match content {
            Some(content) => std::fs::write(&key, content).expect("the folder is ours"),
            None => std::fs::remove_file(&key).expect("the folder is ours"),
        }
        let line = elsewhere.run(&["serve"]).refused();
        assert!(line.contains("server.key"), "{row}: {line}");
    }
}
