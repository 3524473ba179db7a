"""Requests-OAuthlib: every flow it knows. It has no discovery, so it is told the endpoints."""

import os
from urllib.parse import parse_qs, urlsplit

import requests
from oauthlib.oauth2 import (
    AccessDeniedError,
    BackendApplicationClient,
    InvalidGrantError,
    LegacyApplicationClient,
    WebApplicationClient,
)
from requests_oauthlib import OAuth2Session

import browser

ISSUER, API = os.environ["ISSUER"], os.environ["API"]
AUTHORIZE, TOKEN, REVOKE = f"{ISSUER}/authorize", f"{ISSUER}/token", f"{ISSUER}/revoke"


def authorization_code(session, decision="allow", **client):
    url, _ = session.authorization_url(AUTHORIZE)
    returned = browser.answer(url, session.redirect_uri, decision=decision)
    # It compares the state and leaves the issuer to us (RFC 9207).
    assert parse_qs(urlsplit(returned).query)["iss"] == [ISSUER], returned
    session.fetch_token(TOKEN, authorization_response=returned, **client)
    items = session.get(f"{API}/users/me/items/")
    assert items.json() == [{"item_id": "Foo", "owner": "johndoe"}], items.text


def deny(session):
    try:
        authorization_code(session, decision="deny")
    except AccessDeniedError:
        pass
    else:
        raise AssertionError("the user denied, and there is a token")


def refresh(session, **client):
    old = dict(session.token)
    new = session.refresh_token(TOKEN, **client)
    assert new["access_token"] != old["access_token"] and new["refresh_token"] != old["refresh_token"]
    assert session.get(f"{API}/users/me/").json()["username"] == "johndoe"


def revoke(client, session, auth=None, **proof):
    token = session.token["refresh_token"]
    url, headers, body = client.prepare_token_revocation_request(
        REVOKE, token, token_type_hint="refresh_token", **proof
    )
    answer = requests.post(url, headers=headers, data=body, auth=auth, timeout=10)
    assert answer.status_code == 200, answer.text
    try:
        session.refresh_token(TOKEN, auth=auth, **proof)
    except InvalidGrantError:
        pass
    else:
        raise AssertionError("a revoked token was refreshed")


def web():
    """A confidential client: it proves itself with its secret, by Basic."""
    secret = os.environ["WEB_SECRET"]
    client = WebApplicationClient("web")
    session = OAuth2Session(
        client=client,
        scope=["me", "items"],
        redirect_uri="https://app.example/callback",
        pkce="S256",
    )
    deny(session)
    authorization_code(session, client_secret=secret)
    print("authorization code: web")
    refresh(session, auth=("web", secret))
    print("refresh: web")
    revoke(client, session, auth=("web", secret))
    print("revocation: web")


def spa():
    """A public client: its id in the body is all that it has."""
    client = WebApplicationClient("spa")
    session = OAuth2Session(
        client=client,
        scope=["me", "items"],
        redirect_uri="http://127.0.0.1:49152/callback",
        pkce="S256",
    )
    deny(session)
    authorization_code(session, include_client_id=True)
    print("authorization code: spa")
    refresh(session, client_id="spa")
    print("refresh: spa")
    revoke(client, session, client_id="spa")
    print("revocation: spa")


def client_credentials():
    session = OAuth2Session(client=BackendApplicationClient("machine", scope=["items"]))
    token = session.fetch_token(TOKEN, client_secret=os.environ["MACHINE_SECRET"])
    assert "refresh_token" not in token, token
    assert session.get(f"{API}/status/").json() == {"status": "ok"}
    print("client credentials")


def password():
    session = OAuth2Session(client=LegacyApplicationClient("intranet", scope=["me"]))
    session.fetch_token(
        TOKEN,
        username="johndoe",
        password="secret",
        client_secret=os.environ["INTRANET_SECRET"],
    )
    assert session.get(f"{API}/users/me/").json()["username"] == "johndoe"
    print("password")


# OAuthlib refuses plain http, which is for trials on this machine alone.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
web()
spa()
client_credentials()
password()
