// oidc-provider with its own in-memory adapter. The password grant, which it leaves to its users, is
// a custom grant as its documentation shows; its userinfo endpoint is what a token reads.
import argon2 from 'argon2';
import Provider, { errors } from 'oidc-provider';

const port = Number(process.argv[2]);
const cost = { type: argon2.argon2id, memoryCost: 65536, timeCost: 3, parallelism: 4 };
const users = new Map([['johndoe', await argon2.hash('secret', cost)]]);

async function findAccount(_ctx, id) {
  return users.has(id) ? { accountId: id, claims: () => ({ sub: id }) } : undefined;
}

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'bench',
    client_secret: 'bench-secret-that-has-32-characters',
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['password', 'refresh_token', 'client_credentials'],
    redirect_uris: [],
    response_types: [],
    scope: 'openid offline_access',
  }],
  scopes: ['openid', 'offline_access'],
  features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
  rotateRefreshToken: true,
  cookies: { keys: ['bench'] },
  findAccount,
});

provider.registerGrantType('password', async (ctx) => {
  const { client, params } = ctx.oidc;
  const hash = users.get(params.username);
  if (!hash || !(await argon2.verify(hash, params.password))) {
    throw new errors.InvalidGrant('wrong username or password');
  }
  const account = await findAccount(ctx, params.username);
  const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  grant.addOIDCScope('openid offline_access');
  const grantId = await grant.save();
  const common = {
    accountId: account.accountId, client, grantId, gty: 'password', scope: 'openid offline_access',
  };
  const access = new provider.AccessToken(common);
  const refresh = new provider.RefreshToken({ ...common, rotations: 0, iiat: Math.floor(Date.now() / 1000) });
  ctx.oidc.entity('Account', account);
  ctx.body = {
    access_token: await access.save(),
    refresh_token: await refresh.save(),
    expires_in: access.expiration,
    token_type: 'Bearer',
    scope: access.scope,
  };
}, ['username', 'password']);

provider.on('server_error', (_ctx, error) => console.error(error));
provider.listen(port, '127.0.0.1');
