// The peer oidc-provider, configured to do as little as the bench's cases allow: one client, one account, no logging, no development pages, no
// optional features. Usage: server.mjs PORT memory | server.mjs PORT REDIS_PORT; the client's secret is in BENCH_SECRET.
import { generateKeyPairSync } from 'node:crypto';
import Redis from 'ioredis';
import Provider from 'oidc-provider';
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';
import LRU from 'oidc-provider/lib/helpers/lru.js';

const [port, store] = process.argv.slice(2);
const account = 'bench';
const api = 'urn:bench:api';

// The provider's own memory adapter. Its default cache of 1,000 entries would lose some of the bench's 1,000 tokens, so it gets room for them.
function memoryAdapter() {
  const cache = new LRU({ maxSize: 10_000 });
  return (model) => new MemoryAdapter(model, cache);
}

// Records in Redis as the provider's example has them: JSON, or a hash with the JSON where a record can be consumed; the keys of a grant in a list.
function redisAdapter() {
  const redis = new Redis({ host: '127.0.0.1', port: Number(store), keyPrefix: 'oidc:', enableAutoPipelining: true });
  const consumable = new Set(['AuthorizationCode', 'RefreshToken']);
  const grantable = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken']);
  const grantKey = (id) => `grant:${id}`;
  const uidKey = (uid) => `uid:${uid}`;

  return (model) => ({
    key: (id) => `${model}:${id}`,

    async upsert(id, payload, lifetime) {
      const key = this.key(id);
      const json = JSON.stringify(payload);
      const transaction = redis.multi();
      if (consumable.has(model)) transaction.hset(key, 'payload', json).expire(key, lifetime);
      else transaction.set(key, json, 'EX', lifetime);
      if (grantable.has(model) && payload.grantId) {
        const grant = grantKey(payload.grantId);
        transaction.rpush(grant, key);
        if (lifetime > await redis.ttl(grant)) transaction.expire(grant, lifetime);
      }
      if (payload.uid) transaction.set(uidKey(payload.uid), id, 'EX', lifetime);
      await transaction.exec();
    },

    async find(id) {
      if (!consumable.has(model)) {
        const json = await redis.get(this.key(id));
        return json ? JSON.parse(json) : undefined;
      }
      const { payload, ...rest } = await redis.hgetall(this.key(id));
      return payload ? { ...rest, ...JSON.parse(payload) } : undefined;
    },

    async findByUid(uid) {
      return this.find(await redis.get(uidKey(uid)));
    },

    async consume(id) {
      await redis.hset(this.key(id), 'consumed', Math.floor(Date.now() / 1000));
    },

    async destroy(id) {
      await redis.del(this.key(id));
    },

    async revokeByGrantId(id) {
      const keys = await redis.lrange(grantKey(id), 0, -1);
      await redis.del(grantKey(id), ...keys);
    },
  });
}

function signingKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid: 'bench', use: 'sig', alg: 'ES256' };
}

const configuration = {
  adapter: store === 'memory' ? memoryAdapter() : redisAdapter(),
  jwks: { keys: [signingKey()] },
  clients: [{
    client_id: 'bench',
    client_secret: process.env.BENCH_SECRET,
    token_endpoint_auth_method: 'client_secret_basic',
    redirect_uris: ['https://rp.example/cb'],
    response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  }],
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  scopes: ['openid', 'refresh'],
  claims: { openid: ['sub'] },
  pkce: { required: () => true },
  // Not for offline_access, which asks for consent every time.
  issueRefreshToken: (ctx, client, source) => source.scopes.has('refresh'),
  rotateRefreshToken: true,
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  // Tokens that end with the session cost a look at the session each time they are used.
  expiresWithSession: () => false,
  // None of these ends during a run. The code's is short because the memory adapter walks through a grant's living records whenever it adds one.
  ttl: {
    AccessToken: 3600, AuthorizationCode: 5, ClientCredentials: 3600, Grant: 86400, IdToken: 3600, Interaction: 600, RefreshToken: 86400, Session: 86400,
  },
  features: {
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true, allowedPolicy: () => true },
    // client_credentials gets a signed JWT, for which the provider wants a resource. People's access tokens stay opaque, its default and its fastest.
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx) => (ctx.oidc.params.grant_type === 'client_credentials' ? api : undefined),
      getResourceServerInfo: () => ({ scope: 'read', audience: api, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }),
    },
  },
};

const provider = new Provider(`http://localhost:${port}`, configuration);

// Whoever comes to the interaction is signed in and has consented.
async function signIn(request, response) {
  const grant = new provider.Grant({ accountId: account, clientId: 'bench' });
  grant.addOIDCScope('openid refresh');
  const grantId = await grant.save(86400);
  await provider.interactionFinished(request, response, { login: { accountId: account }, consent: { grantId } });
}

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  ctx.respond = false;
  await signIn(ctx.req, ctx.res);
});

const server = provider.listen(Number(port), '127.0.0.1');
server.keepAliveTimeout = 0;
