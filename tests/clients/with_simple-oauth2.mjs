// simple-oauth2: every flow it knows. It has no discovery, so it is told the endpoints, and no PKCE
// of its own, so the verifier and the challenge go in as further parameters.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { AuthorizationCode, ClientCredentials, ResourceOwnerPassword } from 'simple-oauth2';
import { answer } from './browser.mjs';

const { ISSUER, API, WEB_SECRET, MACHINE_SECRET, INTRANET_SECRET } = process.env;

const config = (id, secret, further = {}) => ({
  client: { id, secret },
  auth: { tokenHost: ISSUER, tokenPath: '/token', revokePath: '/revoke', ...further },
  // It expects JSON of every answer, and an answer to a revocation is empty (RFC 7009 §2.2).
  http: { json: true },
});
const authorizePath = '/authorize';

const web = {
  id: 'web',
  client: new AuthorizationCode(config('web', WEB_SECRET, { authorizePath })),
  redirectUri: 'https://app.example/callback',
};
// A public client has an empty secret.
const spa = {
  id: 'spa',
  client: new AuthorizationCode(config('spa', '', { authorizePath })),
  redirectUri: 'http://127.0.0.1:49152/callback',
};

async function authorizationCode({ client, redirectUri }, decision = 'allow') {
  const state = randomBytes(16).toString('base64url');
  const verifier = randomBytes(32).toString('base64url');
  const url = client.authorizeURL({
    redirect_uri: redirectUri,
    scope: 'me items',
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const returned = (await answer(url, redirectUri, { decision })).searchParams;
  // It leaves the state and the issuer (RFC 9207) to us.
  assert.deepEqual([returned.get('state'), returned.get('iss')], [state, ISSUER]);
  if (returned.has('error')) throw new Error(returned.get('error'));
  return client.getToken({
    code: returned.get('code'),
    redirect_uri: redirectUri,
    code_verifier: verifier,
  });
}

async function get(path, { token }) {
  const headers = { authorization: `Bearer ${token.access_token}` };
  const response = await fetch(new URL(path, API), { headers });
  return response.json();
}

for (const app of [web, spa]) {
  await assert.rejects(authorizationCode(app, 'deny'), { message: 'access_denied' });
  const first = await authorizationCode(app);
  assert.deepEqual(await get('/users/me/items/', first), [{ item_id: 'Foo', owner: 'johndoe' }]);
  console.log('authorization code:', app.id);

  const second = await first.refresh();
  assert.notEqual(second.token.refresh_token, first.token.refresh_token);
  assert.equal((await get('/users/me/', second)).username, 'johndoe');
  console.log('refresh:', app.id);

  await second.revokeAll();
  const { data } = await second.refresh().catch((error) => error);
  assert.equal(data.payload.error, 'invalid_grant');
  console.log('revocation:', app.id);
}

const machine = new ClientCredentials(config('machine', MACHINE_SECRET));
const own = await machine.getToken({ scope: 'items' });
assert.deepEqual(await get('/status/', own), { status: 'ok' });
console.log('client credentials');

const intranet = new ResourceOwnerPassword(config('intranet', INTRANET_SECRET));
const signedIn = await intranet.getToken({ username: 'johndoe', password: 'secret', scope: 'me' });
assert.equal((await get('/users/me/', signedIn)).username, 'johndoe');
console.log('password');
