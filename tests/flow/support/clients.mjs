/* The client systems of the protocol tests, one of each kind; and the person who signs in. */
import { generateKeyPairSync } from 'node:crypto';

const secret = (name) => `${name}-secret-for-tests-only-0123456789`;
const code = { redirect_uris: ['https://rp.example/cb'], scope: 'openid profile email phone address', tongxing_consent: 'statutory' };
const withRefresh = { grant_types: ['authorization_code', 'refresh_token'] };

export const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig' };

export const c1 = { client_id: 'c1', client_secret: secret('c1'), ...code, ...withRefresh,
  post_logout_redirect_uris: ['https://rp.example/out'], scope: 'openid profile email phone address offline_access' };
export const c2 = { client_id: 'c2', client_secret: secret('c2'), ...code, ...withRefresh, redirect_uris: ['https://other.example/cb'] };
export const post_ = { client_id: 'post', client_secret: secret('post'), ...code, token_endpoint_auth_method: 'client_secret_post' };
export const jwt = { client_id: 'jwt', ...code, grant_types: ['authorization_code', 'client_credentials'], token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } };
export const hmac = { client_id: 'hmac', client_secret: secret('hmac'), ...code, grant_types: ['authorization_code', 'client_credentials'], token_endpoint_auth_method: 'client_secret_jwt' };
export const pub = { client_id: 'pub', ...code, ...withRefresh, token_endpoint_auth_method: 'none' };
export const nat = { client_id: 'nat', ...code, token_endpoint_auth_method: 'none', application_type: 'native',
  redirect_uris: ['http://127.0.0.1/cb', 'com.example.app:/cb'] };
export const ask = { client_id: 'ask', client_name: '问卷<script>alert(1)</script>', client_secret: secret('ask'), ...code, tongxing_consent: 'ask' };
export const machine = { client_id: 'machine', client_secret: secret('machine'), token_endpoint_auth_method: 'client_secret_basic', grant_types: ['client_credentials'], scope: 'register.read openid' };
export const disabled = { client_id: 'disabled', client_secret: secret('disabled'), ...code, tongxing_enabled: false };
export const query = { client_id: 'query', client_secret: secret('query'), ...code, redirect_uris: ['https://rp.example/cb?a=1', 'https://rp.example/two'], tongxing_require_pkce: false };
export const pairwise = { client_id: 'pairwise', client_secret: secret('pairwise'), ...code, subject_type: 'pairwise' };
export const rs256 = { client_id: 'rs256', client_secret: secret('rs256'), ...code, id_token_signed_response_alg: 'RS256', userinfo_signed_response_alg: 'RS256', tongxing_access_token_alg: 'PS256' };
export const level3 = { client_id: 'level3', client_secret: secret('level3'), ...code, tongxing_level: 3 };

export const clients = [c1, c2, post_, jwt, hmac, pub, nat, ask, machine, disabled, query, pairwise, rs256, level3];

export const alice = { username: 'alice', password: 'Alice-Pass-2026' };
export const aliceAccount = {
  ...alice, level: 2, name: '测试甲', given_name: '甲', family_name: '测试', gender: 'female', birthdate: '1888-12-31', locale: 'zh-CN',
  email: 'alice@rp.example', email_verified: true, phone_number: '+8613800138000', phone_number_verified: true,
  address_formatted: '示例省示例市', address_region: '示例省', address_country: 'CN', id_number: '110105188812310013', id_type: 1,
};
export const bob = { username: 'bob', password: 'Bob-Pass-2026' };
export const bobAccount = { ...bob, level: 2, name: '测试乙', phone_number: '+8613800138001', id_number: '110105188812310021', id_type: 1 };
