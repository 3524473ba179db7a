//! Addresses: many names tried from one of them, and who says where somebody is.

use crate::guesser::Server;

const SPRAY: usize = 100;

async fn spray(server: &Server, times: usize, addresses: impl Fn(usize) -> String) {
    for n in 0..times {
        let answer = server.at(&addresses(n)).password(&format!("user{n}"), "wrong").await;
        assert_eq!(answer.status, 400, "guess {n}");
    }
}

#[tokio::test]
async fn en06_one_password_for_many_names_makes_the_address_wait() {
    let server = Server::start().await;
    spray(&server, SPRAY, |_| "192.0.2.1".to_owned()).await;
    let here = server.at("192.0.2.1");
    here.password("johndoe", "wrong").await.expect_wait(36);
    here.password("johndoe", "secret").await.expect_wait(36);
    assert_eq!(server.at("192.0.2.2").password("johndoe", "secret").await.status, 200);
    server.advance(36);
    assert_eq!(here.password("johndoe", "secret").await.status, 200);
    assert_eq!(here.password("johndoe", "wrong").await.status, 400, "a success is given back");
    here.password("johndoe", "wrong").await.expect_wait(36);
}

#[tokio::test]
async fn en06_a_64_of_ipv6_is_one_address() {
    let server = Server::start().await;
    spray(&server, SPRAY, |n| format!("2001:db8:1:2:{n:x}::1")).await;
    server.at("2001:db8:1:2:ffff::2").password("johndoe", "wrong").await.expect_wait(36);
    let next = server.at("2001:db8:1:3::1").password("johndoe", "wrong").await;
    assert_eq!(next.status, 400, "another /64");
}

#[tokio::test]
async fn en06_a_48_of_ipv6_has_the_budget_of_four_addresses() {
    let server = Server::start().await;
    spray(&server, 4 * SPRAY, |n| format!("2001:db8:1:{n:x}::1")).await;
    let fresh = server.at("2001:db8:1:ffff::1");
    fresh.password("johndoe", "secret").await.expect_wait(9);
    let next = server.at("2001:db8:2::1").password("johndoe", "wrong").await;
    assert_eq!(next.status, 400, "another /48");
    server.advance(9);
    assert_eq!(fresh.password("johndoe", "secret").await.status, 200);
    assert_eq!(fresh.password("johndoe", "wrong").await.status, 400, "a success is given back");
    fresh.password("johndoe", "wrong").await.expect_wait(9);
}

#[tokio::test]
async fn hh04_a_header_that_nobody_is_trusted_to_send_changes_nothing() {
    let server = Server::start().await;
    for name in ["x-forwarded-for", "forwarded"] {
        for n in 0..5 {
            let guesser = server.at("192.0.2.1").saying(name, &format!("for=203.0.113.{n}"));
            assert_eq!(guesser.password("johndoe", "wrong").await.status, 400);
        }
        let guesser = server.at("192.0.2.1").saying(name, "203.0.113.99");
        guesser.password("johndoe", "wrong").await.expect_wait(1);
        server.advance(24 * 3600);
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_clients_are_told_apart() {
    let server = Server::with(&[("SCOPEGATE_TRUSTED_PROXIES", "10.0.0.0/8")]).await;
    let client = |address: &str| server.at("10.0.0.1").saying("x-forwarded-for", address);
    for n in 0..5 {
        let spoofed = client(&format!("203.0.113.{n}, 192.0.2.1"));
        assert_eq!(spoofed.password("johndoe", "wrong").await.status, 400);
    }
    client("203.0.113.9, 192.0.2.1").password("johndoe", "wrong").await.expect_wait(1);
    assert_eq!(client("192.0.2.2").password("johndoe", "secret").await.status, 200);
}
