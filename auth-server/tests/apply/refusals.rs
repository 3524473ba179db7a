//! Files whose outcome would be unsound: refused in one line, and nothing of them is applied.

use scopegate_core::scope::Scope;
use scopegate_store::users;

use crate::place::{FILE, NOW, Place, command};

#[tokio::test]
async fn a_file_whose_outcome_is_unsound_is_refused_as_a_whole() {
    let place = Place::new().await;
    command!(place, |conn| users::add(
        conn,
        &users::NewUser {
            username: "ann".to_owned(),
            full_name: None,
            email: None,
            password_hash: None,
            scopes: Scope::empty(),
            disabled: false,
        },
        NOW
    ));
    let client = |rest: &str| format!("[[client]]\nid = \"x\"\n{rest}\n");
    for (entry, expected) in [
        (client("scopes = [\"no\"]"), "client \"x\": scopes: there is no scope \"no\""),
        (client("grants = [\"implicit\"]"), "client \"x\": grants: \"implicit\" is not a grant"),
        (
            client("public = true\ngrants = [\"client_credentials\"]"),
            "client \"x\": grants: a public client",
        ),
        (client("grants = [\"authorization_code\"]"), "client \"x\": redirect_uris: auth"),
        (
            client("redirect_uris = [\"http://app.example/cb\"]"),
            "client \"x\": redirect_uris: \"http://app.example/cb\": http is allowed only",
        ),
        (
            "[[user]]\nusername = \"bob\"\nscopes = [\"no\"]\n".to_owned(),
            "user \"bob\": scopes: there is no scope \"no\"",
        ),
        (
            "[[client]]\nid = \"ann\"\n".to_owned(),
            "client \"ann\": id: the name is or was a user's",
        ),
        (
            "[[item]]\nitem_id = \"i\"\nowner = \"nobody\"\n".to_owned(),
            "item \"i\": owner: there is no user \"nobody\"",
        ),
    ] {
        let error = place.apply(&format!("{FILE}{entry}")).await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(place.user("johndoe").await.is_none(), "{expected}");
    }
}

#[tokio::test]
async fn an_item_does_not_move() {
    let place = Place::new().await;
    let file = "[[user]]\nusername = \"bob\"\n";
    place.apply(&format!("{FILE}{file}")).await.unwrap();
    let moved = FILE.replace("owner = \"johndoe\"", "owner = \"bob\"");
    let error = place.apply(&format!("{moved}{file}")).await.unwrap_err().to_string();
    assert!(error.starts_with("item \"Foo\": owner: it belongs to another user"), "{error}");
}
