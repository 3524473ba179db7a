// oauth4webapi: every flow it knows, from nothing but the issuer (RFC 8414).

import assert from 'node:assert/strict';
import * as oauth from 'oauth4webapi';
import { answer } from './browser.mjs';

const { ISSUER, API, WEB_SECRET, MACHINE_SECRET, INTRANET_SECRET, API_SECRET } = process.env;

// Plain http is for trials on this machine alone.
const options = { [oauth.allowInsecureRequests]: true };

const issuer = new URL(ISSUER);
const server = await oauth.processDiscoveryResponse(
  issuer,
  await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' }),
);
console.log('discovery');

const resource = new URL(API);
const described = await oauth.processResourceDiscoveryResponse(
  resource,
  await oauth.resourceDiscoveryRequest(resource, options),
);
assert.deepEqual(described.authorization_servers, [ISSUER]);
console.log('resource discovery');

const web = {
  client: { client_id: 'web' },
  auth: oauth.ClientSecretBasic(WEB_SECRET),
  redirectUri: 'https://app.example/callback',
};
const spa = {
  client: { client_id: 'spa' },
  auth: oauth.None(),
  redirectUri: 'http://127.0.0.1:49152/callback',
};

async function authorizationCode({ client, auth, redirectUri }, scope, decision = 'allow') {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: redirectUri,
    scope,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const returned = await answer(url, redirectUri, { decision });
  // Compares the state and the issuer (RFC 9207).
  const parameters = oauth.validateAuthResponse(server, client, returned, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server, client, auth, parameters, redirectUri, verifier, options,
  );
  return oauth.processAuthorizationCodeResponse(server, client, response);
}

async function refresh({ client, auth }, token) {
  const response = await oauth.refreshTokenGrantRequest(server, client, auth, token, options);
  return oauth.processRefreshTokenResponse(server, client, response);
}

async function revoke({ client, auth }, token) {
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(server, client, auth, token, options),
  );
}

async function introspect(token) {
  const client = { client_id: 'api' };
  const auth = oauth.ClientSecretBasic(API_SECRET);
  const response = await oauth.introspectionRequest(server, client, auth, token, options);
  return oauth.processIntrospectionResponse(server, client, response);
}

async function get(path, token) {
  const url = new URL(path, resource);
  const response = await oauth.protectedResourceRequest(token, 'GET', url, undefined, null, options);
  return response.json();
}

for (const app of [web, spa]) {
  const { client_id: id } = app.client;
  await assert.rejects(authorizationCode(app, 'me', 'deny'), { error: 'access_denied' });
  const first = await authorizationCode(app, 'me items');
  assert.deepEqual(await get('/users/me/items/', first.access_token), [
    { item_id: 'Foo', owner: 'johndoe' },
  ]);
  console.log('authorization code:', id);

  const second = await refresh(app, first.refresh_token);
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.equal((await get('/users/me/', second.access_token)).username, 'johndoe');
  console.log('refresh:', id);

  const told = await introspect(second.access_token);
  assert.deepEqual([told.active, told.username, told.client_id], [true, 'johndoe', id]);
  await revoke(app, second.refresh_token);
  assert.equal((await introspect(second.access_token)).active, false);
  await assert.rejects(refresh(app, second.refresh_token), { error: 'invalid_grant' });
  console.log('revocation and introspection:', id);
}

const narrow = await authorizationCode(spa, 'me');
const refused = await get('/users/me/items/', narrow.access_token).catch((error) => error);
const [challenge] = refused.cause;
assert.equal(challenge.parameters.error, 'insufficient_scope');
await authorizationCode(spa, challenge.parameters.scope);
console.log('step up to the scopes of the challenge');

const machine = { client_id: 'machine' };
const own = await oauth.processClientCredentialsResponse(
  server,
  machine,
  await oauth.clientCredentialsGrantRequest(
    server, machine, oauth.ClientSecretPost(MACHINE_SECRET), { scope: 'items' }, options,
  ),
);
assert.equal(own.refresh_token, undefined);
assert.deepEqual(await get('/status/', own.access_token), { status: 'ok' });
console.log('client credentials');

const intranet = { client_id: 'intranet' };
const login = { username: 'johndoe', password: 'secret', scope: 'me' };
const signedIn = await oauth.processGenericTokenEndpointResponse(
  server,
  intranet,
  await oauth.genericTokenEndpointRequest(
    server, intranet, oauth.ClientSecretBasic(INTRANET_SECRET), 'password', login, options,
  ),
);
assert.equal((await get('/users/me/', signedIn.access_token)).username, 'johndoe');
console.log('password');
