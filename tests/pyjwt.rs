//! A service in another language verifies our tokens with PyJWT and the shared key alone, by the
//! very function that docs/other-languages.md shows.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::harness::{AUDIENCE, AuthServer, Forge, ISSUER, Place, Signer, now, root, skip};

#[tokio::test]
async fn the_documented_function_takes_our_tokens_and_no_others() {
    let Some(python) = python_with_pyjwt() else {
        return skip("the story of PyJWT", "a Python that has PyJWT (SCOPEGATE_TEST_PYTHON)");
    };
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let issued = auth.login("me items").await.access;
    let forge = Forge::at(&place);
    place.set_shared_key(&format!("{}fedcba9876543210fedcba9876543210\n", place.shared_key()));
    let verify = |token: &str| verify(&python, &place, token);
    assert_eq!(verify(&issued), "johndoe: items me");
    assert_eq!(
        verify(
            &forge.clone().signed_by(Signer::shared("fedcba9876543210fedcba9876543210")).token()
        ),
        "johndoe: items me"
    );
    for (row, token) in [
        ("another type", forge.clone().header("typ", "JWT").token()),
        ("no signature", format!("{}.", issued.rsplit_once('.').expect("three parts").0)),
        (
            "another key",
            forge.clone().signed_by(Signer::shared("another key of thirty-two bytes.")).token(),
        ),
        ("another issuer", forge.clone().claim("iss", "http://localhost:9000").token()),
        ("another audience", forge.clone().claim("aud", "http://localhost:9000").token()),
        ("expired", forge.clone().claim("exp", now() - 60).token()),
        ("no sub", forge.clone().claim("sub", ()).token()),
        ("nonsense", "nonsense".to_owned()),
    ] {
        assert_eq!(verify(&token), "refused", "{row}");
    }
}

fn verify(python: &PathBuf, place: &Place, token: &str) -> String {
    let page = fs::read_to_string(root().join("docs/other-languages.md")).expect("the page");
    let from = page.find("def verify(").expect("the page shows the function");
    let to = page[from..].find("\n\n\n").expect("and another one behind it");
    let script = format!(
        "import sys, jwt\nISSUER, AUDIENCE = {ISSUER:?}, {AUDIENCE:?}\n\
         KEYS = [line for line in open(sys.argv[1]).read().splitlines() if line]\n{}\n\
         try:\n    found = verify(sys.argv[2])\n    print(found['sub'] + ': ' + found['scope'])\n\
         except jwt.InvalidTokenError:\n    print('refused')\n",
        &page[from..from + to]
    );
    let output = Command::new(python)
        .args(["-c", &script])
        .arg(place.data("shared/shared.key"))
        .arg(token)
        .output()
        .expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

fn python_with_pyjwt() -> Option<PathBuf> {
    let python = std::env::var_os("SCOPEGATE_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let has = Command::new(&python)
        .args(["-c", "import jwt; jwt.decode"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    has.then(|| python.into())
}
