"""Authlib: every flow it knows, from nothing but the issuer (RFC 8414)."""

import os
from urllib.parse import parse_qs, urlsplit

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session, OAuthError
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url

import browser

ISSUER, API = os.environ["ISSUER"], os.environ["API"]
WEB = ("web", os.environ["WEB_SECRET"], "https://app.example/callback")
SPA = ("spa", None, "http://127.0.0.1:49152/callback")


def discover():
    metadata = requests.get(get_well_known_url(ISSUER, external=True), timeout=10).json()
    server = AuthorizationServerMetadata(metadata)
    server.validate()
    assert server["issuer"] == ISSUER, server
    return server


def authorization_code(server, client_id, secret, redirect_uri):
    session = OAuth2Session(
        client_id,
        secret,
        scope="me items",
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        token_endpoint=server["token_endpoint"],
    )
    verifier = generate_token(48)
    url, state = session.create_authorization_url(
        server["authorization_endpoint"], code_verifier=verifier
    )
    returned = browser.answer(url, redirect_uri)
    # Authlib compares the state and leaves the issuer to us (RFC 9207).
    assert parse_qs(urlsplit(returned).query)["iss"] == [ISSUER], returned
    session.fetch_token(authorization_response=returned, state=state, code_verifier=verifier)
    items = session.get(f"{API}/users/me/items/")
    assert items.json() == [{"item_id": "Foo", "owner": "johndoe"}], items.text
    return session


def deny(server, client_id, secret, redirect_uri):
    session = OAuth2Session(
        client_id, secret, redirect_uri=redirect_uri, code_challenge_method="S256"
    )
    url, state = session.create_authorization_url(
        server["authorization_endpoint"], code_verifier=generate_token(48), scope="me"
    )
    returned = browser.answer(url, redirect_uri, decision="deny")
    assert parse_qs(urlsplit(returned).query)["error"] == ["access_denied"], returned


def refresh(session):
    old = dict(session.token)
    new = session.refresh_token()
    assert new["access_token"] != old["access_token"] and new["refresh_token"] != old["refresh_token"]
    assert session.get(f"{API}/users/me/").json()["username"] == "johndoe"


def revoke(server, session):
    token = session.token["refresh_token"]
    answer = session.revoke_token(server["revocation_endpoint"], token, "refresh_token")
    assert answer.status_code == 200, answer.text
    try:
        session.refresh_token()
    except OAuthError as error:
        assert error.error == "invalid_grant", error
    else:
        raise AssertionError("a revoked token was refreshed")


def introspect(server, token, active):
    api = OAuth2Session("api", os.environ["API_SECRET"])
    answer = api.introspect_token(server["introspection_endpoint"], token, "access_token").json()
    assert answer["active"] is active, answer
    if active:
        assert answer["username"] == "johndoe" and answer["client_id"] == "web", answer


def client_credentials(server):
    session = OAuth2Session("machine", os.environ["MACHINE_SECRET"], scope="items")
    token = session.fetch_token(server["token_endpoint"], grant_type="client_credentials")
    assert "refresh_token" not in token, token
    assert session.get(f"{API}/status/").json() == {"status": "ok"}


def password(server):
    session = OAuth2Session("intranet", os.environ["INTRANET_SECRET"], scope="me")
    session.fetch_token(server["token_endpoint"], username="johndoe", password="secret")
    assert session.get(f"{API}/users/me/").json()["username"] == "johndoe"


def main():
    server = discover()
    print("discovery")
    for client in (WEB, SPA):
        deny(server, *client)
        session = authorization_code(server, *client)
        print("authorization code:", client[0])
        refresh(session)
        print("refresh:", client[0])
        if client is WEB:
            introspect(server, session.token["access_token"], active=True)
        access = session.token["access_token"]
        revoke(server, session)
        introspect(server, access, active=False)
        print("revocation and introspection:", client[0])
    client_credentials(server)
    print("client credentials")
    password(server)
    print("password")


# Authlib refuses plain http, which is for trials on this machine alone.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
main()
