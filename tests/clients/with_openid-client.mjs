// openid-client: every flow of plain OAuth 2 that it knows, from nothing but the issuer (RFC 8414).

import assert from 'node:assert/strict';
import * as client from 'openid-client';
import { answer } from './browser.mjs';

const { ISSUER, API, WEB_SECRET, MACHINE_SECRET, INTRANET_SECRET, API_SECRET } = process.env;

// `oauth2` looks for the metadata where RFC 8414 puts them. Plain http is for trials on this
// machine alone.
const options = { algorithm: 'oauth2', execute: [client.allowInsecureRequests] };
const discover = (id, proof, auth) => client.discovery(new URL(ISSUER), id, proof, auth, options);

const web = {
  id: 'web',
  config: await discover('web', WEB_SECRET, client.ClientSecretBasic(WEB_SECRET)),
  redirectUri: 'https://app.example/callback',
};
const spa = {
  id: 'spa',
  config: await discover('spa', undefined, client.None()),
  redirectUri: 'http://127.0.0.1:49152/callback',
};
const api = await discover('api', API_SECRET);
console.log('discovery');

async function authorizationCode({ config, redirectUri }, scope, decision = 'allow') {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope,
    state: expectedState,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  });
  const returned = await answer(url, redirectUri, { decision });
  // Compares the state and the issuer (RFC 9207).
  return client.authorizationCodeGrant(config, returned, { pkceCodeVerifier, expectedState });
}

async function get(config, path, token) {
  const response = await client.fetchProtectedResource(config, token, new URL(path, API), 'GET');
  return response.json();
}

for (const app of [web, spa]) {
  const { id, config } = app;
  await assert.rejects(authorizationCode(app, 'me', 'deny'), { error: 'access_denied' });
  const first = await authorizationCode(app, 'me items');
  assert.deepEqual(await get(config, '/users/me/items/', first.access_token), [
    { item_id: 'Foo', owner: 'johndoe' },
  ]);
  console.log('authorization code:', id);

  const second = await client.refreshTokenGrant(config, first.refresh_token);
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.equal((await get(config, '/users/me/', second.access_token)).username, 'johndoe');
  console.log('refresh:', id);

  const told = await client.tokenIntrospection(api, second.access_token);
  assert.deepEqual([told.active, told.username, told.client_id], [true, 'johndoe', id]);
  await client.tokenRevocation(config, second.refresh_token);
  assert.equal((await client.tokenIntrospection(api, second.access_token)).active, false);
  await assert.rejects(client.refreshTokenGrant(config, second.refresh_token), {
    error: 'invalid_grant',
  });
  console.log('revocation and introspection:', id);
}

const machine = await discover('machine', MACHINE_SECRET);
const own = await client.clientCredentialsGrant(machine, { scope: 'items' });
assert.equal(own.refresh_token, undefined);
assert.deepEqual(await get(machine, '/status/', own.access_token), { status: 'ok' });
console.log('client credentials');

const intranet = await discover('intranet', INTRANET_SECRET);
const login = { username: 'johndoe', password: 'secret', scope: 'me' };
const signedIn = await client.genericGrantRequest(intranet, 'password', login);
assert.equal((await get(intranet, '/users/me/', signedIn.access_token)).username, 'johndoe');
console.log('password');
