//! The life of the two programs: first start, restart, in any order, refusals, graceful end.

use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use crate::harness::{
    AuthServer, FORM, Place, REACH, ResourceApi, Run, Settings, Stack, connect,
    demand_a_later_release, eventually, free_port, is_postgres, programs,
};

#[tokio::test]
async fn a_request_in_flight_is_finished_before_the_end() {
    let place = Place::new();
    let mut auth = AuthServer::start(&place).await;
    let body = "grant_type=password&username=johndoe&password=secret&scope=me";
    let mut stream = BufReader::new(connect(&auth.url).await);
    let head = format!(
        "POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("the server listens");
    let mut line = String::new();
    stream.read_line(&mut line).await.expect("it asks for the body");
    assert!(line.starts_with("HTTP/1.1 100"), "the request is in flight: {line}");

    auth.process.signal(Signal::TERM);
    auth.process.line("stopping").await;
    eventually("nobody new is let in", REACH, async || {
        let address = auth.url.strip_prefix("http://").expect("our servers speak http");
        tokio::net::TcpStream::connect(address).await.is_err().then_some(())
    })
    .await;
    assert!(auth.process.is_running(), "it waits for the request");
    stream.write_all(body.as_bytes()).await.expect("the connection is open");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("the answer comes whole");
    assert!(answer.contains("HTTP/1.1 200") && answer.contains("access_token"), "{answer}");
    assert_eq!(auth.process.ended().await.code(), Some(0));
}

#[tokio::test]
async fn both_end_with_zero_on_either_signal() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut stack = Stack::start().await;
        // An idle connection, such as every client keeps, must not hold the end up.
        stack.auth.login("me").await;
        stack.auth.process.signal(signal);
        stack.resource.process.signal(signal);
        assert_eq!(stack.auth.process.ended().await.code(), Some(0), "auth-server, {signal:?}");
        assert_eq!(
            stack.resource.process.ended().await.code(),
            Some(0),
            "resource-api, {signal:?}"
        );
    }
}

#[tokio::test]
async fn resource_api_may_start_first_and_waits() {
    let place = Place::new();
    let mut resource = ResourceApi::listening(&place, |_| {}).await;
    assert_eq!(resource.get("/health/live").await.status, 200);
    assert_eq!(resource.get("/health/ready").await.status, 503, "nothing is there yet");
    resource.process.line("waiting for the database").await;
    resource.process.line("waiting for the shared key").await;
    let early = resource.ask("/status/", "a.b.c").await;
    assert_eq!((early.status, early.header("retry-after")), (503, "1"), "it cannot judge a token");
    assert!(!place.data("shared/shared.key").exists(), "it never makes a key");

    let auth = AuthServer::start(&place).await;
    resource.ready().await;
    let token = auth.login("me").await.access;
    assert_eq!(resource.ask("/users/me/", &token).await.status, 200);
}

#[tokio::test]
async fn a_second_start_finds_everything_again() {
    let stack = Stack::start().await;
    let tokens = stack.auth.login("me items").await;
    let key = stack.place.shared_key();
    let place = stack.place;
    assert_eq!(stack.auth.stop().await.code(), Some(0));
    assert_eq!(stack.resource.stop().await.code(), Some(0));

    let resource = ResourceApi::start(&place).await;
    assert_eq!(resource.ask("/users/me/items/", &tokens.access).await.status, 200, "alone");
    let auth = AuthServer::start(&place).await;
    assert_eq!(place.shared_key(), key);
    assert_eq!(auth.refresh(&tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn secrets_are_their_owners_alone() {
    let stack = Stack::start().await;
    stack.auth.login("me").await;
    let database = ["shared/scopegate.db", "shared/scopegate.db-wal", "shared/scopegate.db-shm"];
    let database = if is_postgres() { &[][..] } else { &database };
    for file in [&["shared/shared.key", "private/server.key"], database].concat() {
        assert_eq!(stack.place.mode(file), 0o600, "DB14 {file}");
    }
    for folder in ["shared", "private"] {
        assert_eq!(stack.place.mode(folder), 0o700, "DB14 {folder}");
    }
}

#[tokio::test]
async fn an_empty_store_says_how_to_fill_it_and_a_full_one_does_not() {
    let place = Place::empty();
    let mut auth = AuthServer::start(&place).await;
    for command in ["auth-server scope add me", "auth-server client add", "auth-server user add"] {
        auth.process.line(command).await;
    }
    let full = Place::new();
    let auth = AuthServer::start(&full).await;
    assert!(!auth.process.log().contains("the store is empty"));
}

#[tokio::test]
async fn the_three_commands_of_an_empty_store_lead_to_a_token() {
    let place = Place::empty();
    let auth = AuthServer::start(&place).await;
    place
        .run(&["scope", "add", "me", "--description", "Read information about the current user."])
        .done();
    let client = [
        "client",
        "add",
        "first-party",
        "--public",
        "--grants",
        "password refresh_token",
        "--scopes",
        "me",
    ];
    place.run(&client).done();
    let user = ["user", "add", "johndoe", "--scopes", "me", "--password-stdin"];
    place.run(&user).input("a long enough one\n").done();
    let resource = ResourceApi::start(&place).await;
    let answer = auth.password("johndoe", "a long enough one", "me").await;
    assert_eq!(resource.ask("/users/me/", &answer.text("access_token")).await.status, 200);
}

#[tokio::test]
async fn another_server_key_is_refused() {
    let place = Place::new();
    assert_eq!(AuthServer::start(&place).await.stop().await.code(), Some(0));
    let key = place.data("private/server.key");
    let kept = std::fs::read_to_string(&key).expect("auth-server made it");
    for (row, content) in
        [("another key", "0123456789abcdef".repeat(4)), ("no key", "x".to_owned())]
    {
        std::fs::write(&key, content).expect("the folder is ours");
        let line = place.run(&["serve"]).refused();
        assert!(line.contains("server.key"), "{row}: {line}");
    }
    std::fs::remove_file(&key).expect("the folder is ours");
    let line = place.run(&["serve"]).refused();
    assert!(line.contains("server.key"), "a lost key is not replaced in silence: {line}");
    assert!(!key.exists(), "nor does another one take its place");
    std::fs::write(&key, kept).expect("the folder is ours");
    AuthServer::start(&place).await;
}

#[tokio::test]
async fn a_bad_shared_key_stops_the_start() {
    let key = "0123456789abcdef0123456789abcdef";
    let nine = (0..9).map(|n| format!("{n}{key}")).collect::<Vec<_>>().join("\n");
    for (row, content) in [
        ("KR06 empty", String::new()),
        ("KR06 short", "short\n".to_owned()),
        ("KR06 a short second line", format!("{key}\nshort\n")),
        ("nine lines", nine),
        ("the same twice", format!("{key}\n{key}\n")),
    ] {
        let place = Place::empty();
        std::fs::create_dir_all(place.data("shared")).expect("the folder is ours");
        place.set_shared_key(&content);
        let line = place.run(&["serve"]).refused();
        assert!(line.contains("shared.key") && !line.contains(key), "{row}: {line}");
    }
}

#[tokio::test]
async fn a_store_of_a_later_release_is_refused_by_both() {
    let place = Place::new();
    assert_eq!(AuthServer::start(&place).await.stop().await.code(), Some(0));
    demand_a_later_release(&place).await;
    for command in [&["serve"][..], &["migrate"], &["user", "list"]] {
        let line = place.run(command).refused();
        assert!(line.contains("schema 9999"), "DB13 {command:?}: {line}");
    }
    let mut resource = ResourceApi::spawn(&place, |_| {});
    assert_eq!(resource.ended().await.code(), Some(1), "DB13 resource-api");
    assert!(resource.log().contains("schema 9999"), "DB13: {}", resource.log());
}

#[tokio::test]
async fn without_migrating_an_empty_store_is_refused() {
    let place = Place::empty();
    let serve = || {
        place.run_with(&["serve"], |settings| {
            settings.set("no-migrate", "true");
        })
    };
    let line = serve().refused();
    assert!(line.contains("migrate"), "{line}");
    place.run(&["migrate"]).done();
    let auth = AuthServer::with(&place, |settings| {
        settings.set("no-migrate", "true");
    })
    .await;
    assert_eq!(auth.get("/health/ready").await.status, 200);
}

#[tokio::test]
async fn a_taken_address_is_one_line() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let address = auth.url.trim_start_matches("http://").to_owned();
    let serve = |settings: &mut Settings| {
        settings.set("listen", &address);
    };
    let outcome = place.run_with(&["serve"], serve).outcome();
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let last = outcome.stderr.lines().last().unwrap_or_default();
    assert!(last.starts_with("auth-server: cannot listen on 127.0.0.1:"), "{outcome:?}");
}

#[tokio::test]
async fn a_healthcheck_tells_by_its_exit() {
    let stack = Stack::start().await;
    let port = free_port().to_string();
    for (program, url) in [
        (&programs().auth_server, &stack.auth.url),
        (&programs().resource_api, &stack.resource.url),
    ] {
        let check = |address: &str| {
            let mut settings = Settings::default();
            settings.set("listen", address);
            Run::new(settings.command(program, &["healthcheck"]))
        };
        let address = url.trim_start_matches("http://");
        check(address).done();
        let line = check(&format!("127.0.0.1:{port}")).refused();
        assert!(line.contains(&port), "{line}");
        let (_, everywhere) = address.split_once(':').expect("a port");
        check(&format!("0.0.0.0:{everywhere}")).done();
    }
}

#[tokio::test]
async fn every_answer_names_its_request_and_tells_browsers_to_trust_little() {
    let stack = Stack::start().await;
    for answer in [
        stack.auth.get("/health/live").await,
        stack.auth.get("/nonsense").await,
        stack.auth.password("johndoe", "secret", "me").await,
        stack.resource.get("/users/me/").await,
        stack.resource.get("/nonsense").await,
    ] {
        assert!(!answer.header("x-request-id").is_empty(), "{answer:?}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert!(answer.headers.get("server").is_none(), "HH05: no version");
    }
}
