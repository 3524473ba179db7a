// @node-oauth/oauth2-server on express, with a model that keeps tokens in memory.
import argon2 from 'argon2';
import express from 'express';
import OAuth2Server from '@node-oauth/oauth2-server';

const { Request, Response, OAuthError } = OAuth2Server;
const cost = { type: argon2.argon2id, memoryCost: 65536, timeCost: 3, parallelism: 4 };
const client = { id: 'bench', grants: ['password', 'refresh_token', 'client_credentials'] };
const secret = 'bench-secret-that-has-32-characters';
const users = new Map([['johndoe', {
  username: 'johndoe', email: 'johndoe@example.com', full_name: 'John Doe', disabled: false,
}]]);
const hash = await argon2.hash('secret', cost);
const accessTokens = new Map();
const refreshTokens = new Map();

const server = new OAuth2Server({
  alwaysIssueNewRefreshToken: true,
  model: {
    getClient: (id, given) => (id === client.id && given === secret ? client : false),
    getUser: async (name, password) => {
      const user = users.get(name);
      return user && (await argon2.verify(hash, password)) ? user : false;
    },
    getUserFromClient: () => ({ username: client.id }),
    validateScope: (_user, _client, scope) => scope ?? ['me'],
    verifyScope: (token, scope) => scope.every((one) => token.scope.includes(one)),
    saveToken: (token, ofClient, user) => {
      const saved = { ...token, client: ofClient, user };
      accessTokens.set(saved.accessToken, saved);
      if (saved.refreshToken) refreshTokens.set(saved.refreshToken, saved);
      return saved;
    },
    getAccessToken: (token) => accessTokens.get(token),
    getRefreshToken: (token) => refreshTokens.get(token),
    revokeToken: (token) => {
      accessTokens.delete(token.accessToken);
      return refreshTokens.delete(token.refreshToken);
    },
  },
});

const app = express();
app.use(express.urlencoded({ extended: false }));

app.post('/token', async (req, res) => {
  const response = new Response(res);
  try {
    await server.token(new Request(req), response);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
  }
  res.status(response.status).set(response.headers).json(response.body);
});

app.get('/users/me/', async (req, res) => {
  try {
    const token = await server.authenticate(new Request(req), new Response(res), { scope: ['me'] });
    res.json(token.user);
  } catch (error) {
    res.status(error.code ?? 500).json({ detail: error.message });
  }
});

app.listen(Number(process.argv[2]), '127.0.0.1');
