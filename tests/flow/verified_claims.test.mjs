/* Verified claims (OpenID Connect for Identity Assurance 1.0), the claims of domain-china §10.3, and what a token is still good for (RFC 9470), with an
 * unmodified openid-client. Tests of the first part are named after the modules of the conformance suite. */
import test, { before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import * as library from 'openid-client';
import { Stack, until } from './support/stack.mjs';
import { Agent, claimsOf, follow, hidden, post, requestOf, tokensOf, userinfo } from './support/agent.mjs';
import { onDatabase } from './support/registration.mjs';
import { addProven, isVerifiedClaims } from './support/verified_claims.mjs';

const basics = { redirect_uris: ['https://rp.example/cb'], grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile email cn_profile cn_id offline_access', tongxing_consent: 'statutory' };
const client = (client_id, more = {}) => ({ client_id, client_secret: `${client_id}-secret-for-tests-only-0123456789`, ...basics, ...more });
const portal = client('portal');
const elsewhere = client('elsewhere', { redirect_uris: ['https://other.example/cb'] });
const narrow = client('narrow', { tongxing_claims: ['name'] });
const unscoped = client('unscoped', { scope: 'openid email' });
const leveled = client('leveled', { tongxing_level: 2, default_max_age: 600 });
const duty = client('duty', { tongxing_claims: ['name', 'cn_id_number'], tongxing_legal_basis: 'statutory_duty' });
const asking = client('asking', { tongxing_consent: 'ask', tongxing_claims: ['name', 'email', 'email_verified', 'cn_id_type', 'cn_id_masked', 'cn_id_hash', 'cn_id_number'] });
const unnamed = client('unnamed', { tongxing_consent: 'ask' });

const person = { username: 'jia', password: 'Jia-Pass-2026!' };
const number = '110105188812310013';
const account = { ...person, name: '测试甲', phone_number: '+8613800138000', id_number: number, id_type: 1, email: 'jia@rp.example', email_verified: true };
const asserted = { username: 'yi', password: 'Yi-Pass-2026!' };

let stack, config, metadata, accountId;
before(async () => {
  stack = await Stack.start({ clients: [portal, elsewhere, narrow, unscoped, leveled, duty, asking, unnamed], portals: false });
  accountId = addProven(stack, account);
  stack.addAccount({ ...asserted, level: 2, name: '测试乙', phone_number: '+8613800138001', id_number: '110105188812310021', id_type: 1 });
  config = await library.discovery(new URL(stack.issuer), portal.client_id, portal.client_secret, undefined, { execute: [library.allowInsecureRequests] });
  metadata = config.serverMetadata();
});
after(() => stack?.stop());

const configOf = ({ client_id, client_secret }) =>
  library.discovery(new URL(stack.issuer), client_id, client_secret, undefined, { execute: [library.allowInsecureRequests] });

/* A whole flow with openid-client: what the ID token and userinfo say. */
async function told(claims, { of = portal, by = config, who = person, scope = 'openid', agent = new Agent(stack), extra = {} } = {}) {
  const pkceCodeVerifier = library.randomPKCECodeVerifier(), expectedState = library.randomState(), expectedNonce = library.randomNonce();
  const url = library.buildAuthorizationUrl(by, { redirect_uri: of.redirect_uris[0], scope, state: expectedState, nonce: expectedNonce, claims: JSON.stringify(claims),
    code_challenge: await library.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256', ...extra });
  const back = await follow(agent, await agent.request(url), who);
  const tokens = await library.authorizationCodeGrant(by, back, { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true });
  const id_token = tokens.claims();
  return { tokens, id_token, userinfo: await library.fetchUserInfo(by, tokens.access_token, id_token.sub) };
}
const toldOf = async (of, claims, more) => told(claims, { of, by: await configOf(of), ...more });

const asked = (claims, verification = {}) => ({ verification: { trust_framework: null, ...verification }, claims });
const both = (verified_claims) => ({ id_token: { verified_claims }, userinfo: { verified_claims } });

/* In both places the same, as the schema says. */
async function verified(verified_claims, more) {
  const answer = await told(both(verified_claims), more);
  assert.deepEqual(answer.id_token.verified_claims, answer.userinfo.verified_claims);
  if (answer.userinfo.verified_claims) isVerifiedClaims(answer.userinfo.verified_claims, metadata);
  return answer.userinfo.verified_claims;
}

describe('ekyc-test-plan-oidccore', () => {
  const trust_framework = 'cn_gov_zwfw';
  const name = { verification: { trust_framework }, claims: { name: '测试甲' } };
  test('ekyc-server-happypath', async () => {
    for (const claim of metadata.claims_in_verified_claims_supported.filter((name) => name !== 'cn_org')) { // who acts for nobody has none
      const answer = await verified(asked({ [claim]: null }));
      assert.deepEqual(Object.keys(answer.claims), [claim]);
      assert.deepEqual(answer.verification, { trust_framework });
    }
  });
  test('ekyc-server-happypath-emptyobject', async () => assert.deepEqual(await verified(asked({ name: {} })), name));
  test('ekyc-server-happypath-essentialfalse', async () => assert.deepEqual(await verified(asked({ name: { essential: false } })), name));
  test('ekyc-server-unknown-claim-omitted', async () => {
    assert.deepEqual(await verified(asked({ name: null, not_a_claim_of_ours: null })), name);
    assert.equal(await verified(asked({ not_a_claim_of_ours: null })), undefined);
  });
  test('ekyc-server-unknown-essential-claim-omitted', async () =>
    assert.deepEqual(await verified(asked({ name: null, not_a_claim_of_ours: { essential: true } })), name));
  test('ekyc-server-unknown-claim-specialchars-omitted', async () =>
    assert.deepEqual(await verified(asked({ name: null, 'a "b" \\ <c>&%#/中文\u2028\u0001': null, '': null, __proto__x: null })), name));
  test('ekyc-server-one-claim-with-random-value-omitted', async () => {
    assert.deepEqual(await verified(asked({ name: null, birthdate: { value: '0000-01-01' } })), name);
    assert.equal(await verified(asked({ name: { value: 'random-b7c1' } })), undefined);
    assert.deepEqual(await verified(asked({ name: { values: ['random-b7c1', '测试甲'] } })), name);
    assert.equal(await verified({ verification: { trust_framework: { value: 'random-b7c1' } }, claims: { name: null } }), undefined);
  });
  test('ekyc-server-request-only-in-idtoken', async () => {
    const answer = await told({ id_token: { verified_claims: asked({ name: null }) } });
    assert.deepEqual(answer.id_token.verified_claims, name);
    assert.equal(answer.userinfo.verified_claims, undefined);
  });
  test('ekyc-server-request-only-in-userinfo', async () => {
    const answer = await told({ userinfo: { verified_claims: asked({ name: null }) } });
    assert.equal(answer.id_token.verified_claims, undefined);
    assert.deepEqual(answer.userinfo.verified_claims, name);
  });
  test('ekyc-server-testuserprovidedrequest', async () => {
    const answer = await verified(asked({ name: { essential: true }, birthdate: null, nationalities: null }, {
      assurance_level: { values: ['L3', 'L4'] },
      assurance_process: { policy: null, procedure: null, assurance_details: [{ assurance_type: null, evidence_ref: [{ check_id: null }] }] },
      time: { max_age: 31536000 },
      verification_process: null,
      evidence: [
        { type: { value: 'document' }, check_details: [{ check_method: { value: 'bvr' }, organization: null, check_id: null, time: null }],
          document_details: { type: { values: ['idcard', 'passport'] }, issuer: { country_code: null } } },
        { type: { value: 'electronic_record' }, check_details: [{ check_method: null, organization: null, check_id: null, time: { max_age: 31536000 } }],
          record: { type: null, source: { name: null, country_code: null } } },
      ],
    }));
    assert.deepEqual(answer.claims, { name: '测试甲', birthdate: '1888-12-31', nationalities: ['CHN'] });
    const { assurance_level, assurance_process, time, evidence } = answer.verification;
    assert.equal(assurance_level, 'L3');
    assert.equal(assurance_process.procedure, 'face_1to1');
    assert.deepEqual(evidence.map((piece) => [piece.type, piece.check_details[0].check_method, piece.check_details[0].organization]),
      [['electronic_record', 'data', 'mps-population'], ['document', 'bvr', 'alipay']]);
    assert.deepEqual(evidence[0].record, { type: 'population_register', source: { name: 'mps-population', country_code: 'CHN' } });
    assert.deepEqual(evidence[1].document_details, { type: 'idcard', issuer: { country_code: 'CHN' } });
    assert.equal(time, evidence[1].check_details[0].time);
    assert.deepEqual(assurance_process.assurance_details.map((detail) => detail.evidence_ref[0].check_id), evidence.map((piece) => piece.check_details[0].check_id));
    assert.ok(!JSON.stringify(answer).includes(number) && !JSON.stringify(answer).includes('chk-'));
  });
  test('ekyc-server-testbasedonuserinfo-defaults', async () => {
    const known = { name: '测试甲', gender: 'male', birthdate: '1888-12-31', nationalities: ['CHN'], cn_id_type: 'resident_id', cn_id_masked: '1101**********0013' };
    const request = Object.fromEntries(Object.keys(known).map((claim) => [claim, null]));
    assert.deepEqual((await verified(asked(request))).claims, known);
    const exact = Object.fromEntries(Object.entries(known).map(([claim, value]) => [claim, { value }]));
    assert.deepEqual((await verified(asked(exact))).claims, known);
  });
  test('ekyc-server-test-userinfo-notfoundinop', async () => {
    for (const verification of [
      { assurance_level: { value: 'L4' } },
      { time: { max_age: 60 } },
      { evidence: [{ type: { value: 'vouch' } }] },
      { evidence: [{ type: { value: 'document' }, document_details: { type: { value: 'passport' } } }] },
      { evidence: [{ type: { value: 'electronic_record' }, check_details: [{ check_method: { value: 'kbv' } }] }] },
      { evidence: [{ type: { value: 'electronic_record' }, check_details: [{ check_method: null, organization: { value: 'random-b7c1' } }] }] },
    ]) assert.equal(await verified(asked({ name: null }, verification)), undefined, JSON.stringify(verification));
    assert.equal(await verified(asked({ name: null }), { who: asserted }), undefined); /* nobody but the operator has said so */
  });
});

describe('several elements, refresh, and what the client is registered for', () => {
  test('a list is answered as one, with those that are met', async () => {
    const answer = await verified([
      asked({ name: null }, { assurance_level: { value: 'L2' }, evidence: [{ type: { value: 'electronic_record' } }] }),
      asked({ name: null }, { assurance_level: { value: 'L4' } }),
      asked({ gender: null }, { assurance_level: null }),
    ]);
    assert.deepEqual(answer.map((element) => [element.verification.assurance_level, element.claims]), [['L2', { name: '测试甲' }], ['L3', { gender: 'male' }]]);
  });
  test('a refreshed ID token tells it as it is then, and its hint is taken', async () => {
    const { tokens } = await told(both(asked({ name: null }, { assurance_process: { assurance_details: null } })), { scope: 'openid offline_access' });
    const fresh = await library.refreshTokenGrant(config, tokens.refresh_token);
    isVerifiedClaims(fresh.claims().verified_claims, metadata);
    const agent = new Agent(stack);
    const back = await follow(agent, await agent.authorize(requestOf(portal, { id_token_hint: fresh.id_token }).parameters), person);
    assert.ok(back.searchParams.get('code'));
  });
  test('neither a scope nor a claim it is not registered for', async () => {
    const request = both(asked({ name: null, gender: null }));
    assert.deepEqual((await toldOf(narrow, request)).userinfo.verified_claims.claims, { name: '测试甲' });
    assert.equal((await toldOf(unscoped, request)).userinfo.verified_claims, undefined);
  });
  test('another sector sees other references', async () => {
    const request = { userinfo: { verified_claims: asked({ name: null, cn_id_hash: null }, { verification_process: null, evidence: [
      { type: { value: 'document' }, check_details: [{ check_method: null, check_id: null }] }] }) } };
    const [one, again, other] = [await toldOf(portal, request), await toldOf(portal, request), await toldOf(elsewhere, request)].map((answer) => answer.userinfo.verified_claims);
    assert.deepEqual(one, again);
    assert.notEqual(one.verification.verification_process, other.verification.verification_process);
    assert.notEqual(one.verification.evidence[0].check_details[0].check_id, other.verification.evidence[0].check_details[0].check_id);
    assert.notEqual(one.claims.cn_id_hash, other.claims.cn_id_hash);
  });
  test('malformed requests are invalid_request', async () => {
    for (const verified_claims of [
      null, [], 'x', {}, { claims: { name: null } }, { verification: { trust_framework: null } }, asked({}), { verification: {}, claims: { name: null } }, asked({ name: 'x' }),
      asked({ name: null }, { evidence: [{ type: null }] }), asked({ name: null }, { time: { max_age: -1 } }), Array(9).fill(asked({ name: null })),
    ]) {
      const { parameters } = requestOf(portal, { claims: JSON.stringify({ userinfo: { verified_claims } }) });
      const back = new URL((await new Agent(stack).authorize(parameters)).location);
      assert.equal(back.searchParams.get('error'), 'invalid_request', JSON.stringify(verified_claims));
    }
  });
});

describe('the claims map (domain-china §10.3)', () => {
  test('cn_profile and cn_id by scope, without the number', async () => {
    const { userinfo: info, id_token } = await told({}, { scope: 'openid cn_profile cn_id' });
    assert.match(info.cn_id_hash, /^[\w-]{43}$/);
    delete info.cn_id_hash;
    assert.deepEqual(info, { sub: id_token.sub, nationalities: ['CHN'], cn_user_type: 'person', cn_trust_level: 3, cn_id_type: 'resident_id', cn_id_masked: '1101**********0013' });
    assert.equal(id_token.cn_id_masked, undefined);
  });
  test('a language tag is answered as the claim', async () => {
    const { userinfo: info } = await told({ userinfo: { 'name#zh-Hans-CN': null } });
    assert.equal(info.name, '测试甲');
    assert.equal(info['name#zh-Hans-CN'], undefined);
  });
  test('the number is for whom it is named, at userinfo only', async () => {
    const request = { userinfo: { cn_id_number: { essential: true } }, id_token: { cn_id_number: { essential: true } } };
    const { userinfo: info, id_token } = await toldOf(duty, request);
    assert.equal(info.cn_id_number, number);
    assert.equal(id_token.cn_id_number, undefined);
    assert.equal((await told(request)).userinfo.cn_id_number, undefined); /* statutory, but not named */
    assert.equal((await toldOf(duty, {}, { scope: 'openid cn_id' })).userinfo.cn_id_number, undefined); /* no scope opens it */
    assert.equal((await toldOf(unnamed, request, { who: { ...person, consentForm: { id_number: 'yes' } } })).userinfo.cn_id_number, undefined);
  });
  test('a person says yes to it alone, unticked at first, each time anew', async () => {
    const request = { userinfo: { cn_id_number: null, name: null } };
    const agent = new Agent(stack), by = await configOf(asking);
    const infoFor = async (consentForm, extra) => (await told(request, { of: asking, by, agent, who: { ...person, consentForm }, extra })).userinfo;
    assert.deepEqual((({ cn_id_number, name }) => [cn_id_number, name])(await infoFor({})), [undefined, '测试甲']);
    assert.equal((await infoFor({ id_number: 'yes' })).cn_id_number, number);
    assert.equal((await infoFor({})).cn_id_number, undefined);
    assert.equal((await infoFor({}, { prompt: 'none' })).cn_id_number, undefined); /* nobody can be asked: it is not told */

    const page = await agent.request((await agent.authorize(requestOf(asking, { claims: JSON.stringify(request) }).parameters)).location);
    assert.match(page.html, /<input type="checkbox" id="id_number" name="id_number" value="yes"(?![^>]*checked)/);
    assert.doesNotMatch(page.html, new RegExp(number));
    assert.ok(hidden(page.html));
    /* Whoever was not asked cannot be made to say yes. */
    const plain = await toldOf(asking, { userinfo: { name: null } }, { agent, who: { ...person, consentForm: { id_number: 'yes' } }, extra: { prompt: 'consent' } });
    assert.equal(plain.userinfo.cn_id_number, undefined);
  });
  test('consent is asked for claims one by one as for their scope', async () => {
    const agent = new Agent(stack);
    const claims = JSON.stringify({ userinfo: { verified_claims: asked({ cn_id_masked: null }) } });
    const answer = await agent.request((await agent.authorize(requestOf(unnamed).parameters)).location);
    const signedIn = await agent.request('/login', { form: { flow: hidden(answer.html), ...person, action: 'login' } });
    await follow(agent, signedIn, person);
    const page = await agent.request((await agent.authorize(requestOf(unnamed, { claims }).parameters)).location);
    assert.match(page.html, /id="consent-allow"/);
    assert.match(page.html, /证件信息/);
    const silent = new URL((await agent.authorize(requestOf(unnamed, { claims, prompt: 'none' }).parameters)).location);
    assert.equal(silent.searchParams.get('error'), 'consent_required');
  });
});

describe('metadata', () => {
  test('says what is there', () => {
    assert.equal(metadata.verified_claims_supported, true);
    assert.deepEqual(metadata.trust_frameworks_supported, ['cn_gov_zwfw']);
    assert.deepEqual(metadata.evidence_supported.toSorted(), ['document', 'electronic_record']);
    assert.deepEqual(metadata.documents_supported, ['idcard', 'residence_permit']);
    assert.deepEqual(metadata.documents_check_methods_supported.toSorted(), ['bvr', 'pvp']);
    assert.ok(metadata.electronic_records_supported.includes('population_register'));
    assert.deepEqual(metadata.claims_in_verified_claims_supported.toSorted(),
      ['birthdate', 'cn_id_hash', 'cn_id_masked', 'cn_id_type', 'cn_org', 'gender', 'name', 'nationalities']);
    assert.deepEqual(metadata.acr_values_supported, [1, 2, 3, 4].map((level) => `urn:tongxing:loa:${level}`));
    for (const claim of ['nationalities', 'cn_trust_level', 'cn_id_number']) assert.ok(metadata.claims_supported.includes(claim), claim);
    assert.deepEqual(metadata.scopes_supported, ['openid', 'profile', 'email', 'phone', 'address', 'cn_profile', 'cn_id', 'cn_org', 'offline_access']);
  });
});

describe('step up (RFC 9470)', () => {
  const setLevel = (level) => onDatabase(stack, (database) => database.prepare('UPDATE accounts SET level = ? WHERE account_id = ?').run(level, accountId));
  test('access tokens and introspection say acr and auth_time', async () => {
    const { access_token } = await tokensOf(new Agent(stack), leveled, person);
    const said = (await post(stack, '/introspect', { token: access_token }, { client: leveled })).body;
    const claims = claimsOf(access_token);
    assert.deepEqual([said.acr, said.auth_time], [claims.acr, claims.auth_time]);
    assert.equal(claims.acr, 'urn:tongxing:loa:2');
  });
  test('a person who has fallen below the client\'s level must sign in anew', async (t) => {
    t.after(() => setLevel(3));
    const { access_token } = await tokensOf(new Agent(stack), leveled, person, { scope: 'openid profile' });
    assert.equal((await userinfo(stack, access_token)).status, 200);
    const plain = await tokensOf(new Agent(stack), leveled, person);
    const verification = { userinfo: { verified_claims: asked({ name: null }, { assurance_level: null }) } };
    const { access_token: any } = await tokensOf(new Agent(stack), portal, person, { claims: JSON.stringify(verification) });
    setLevel(1);
    for (const one of [access_token, plain.access_token]) {
      const answer = await userinfo(stack, one);
      assert.equal(answer.status, 401);
      assert.match(answer.headers.get('www-authenticate'),
        /^Bearer error="insufficient_user_authentication", error_description="[^"]+", acr_values="urn:tongxing:loa:2", max_age="600"$/);
    }
    assert.equal((await (await userinfo(stack, any)).json()).verified_claims, undefined);
    setLevel(2); /* what is told is the level now */
    assert.equal((await (await userinfo(stack, any)).json()).verified_claims.verification.assurance_level, 'L2');
  });
  test('a client whose level was raised meanwhile', async (t) => {
    const raised = stack.clients.find((one) => one.client_id === 'portal');
    const reload = async (level, status, access_token) => {
      raised.tongxing_level = level;
      stack.writeClients();
      stack.server.child.kill('SIGHUP');
      return until(`userinfo to answer ${status}`, async () => {
        const answers = await Promise.all(Array.from({ length: 8 }, () => userinfo(stack, access_token)));
        return answers.every((answer) => answer.status === status) && answers[0];
      });
    };
    const { access_token } = await tokensOf(new Agent(stack), portal, person);
    t.after(() => reload(1, 200, access_token));
    const answer = await reload(3, 401, access_token);
    assert.match(answer.headers.get('www-authenticate'), /error="insufficient_user_authentication".*acr_values="urn:tongxing:loa:3"$/);
  });
  test('acr values: what is wanted is not demanded; what is essential and unknown cannot be met', async () => {
    const errorOf = async (parameters) => new URL((await new Agent(stack).authorize(requestOf(portal, parameters).parameters)).location, stack.issuer).searchParams.get('error');
    const agent = new Agent(stack);
    await tokensOf(agent, portal, person);
    const wished = { acr_values: 'urn:mace:silver urn:tongxing:loa:4 urn:tongxing:loa:3' };
    const page = await agent.request((await agent.authorize(requestOf(portal, wished).parameters)).location);
    const without = await agent.request('/verify', { form: { flow: hidden(page.html), action: 'decline' } });
    assert.ok(new URL(without.location).searchParams.get('code'), 'whoever declines goes on');
    const essential = (acr) => ({ claims: JSON.stringify({ id_token: { acr: { essential: true, ...acr } } }) });
    assert.equal(await errorOf(essential({ values: ['urn:mace:silver'] })), 'unmet_authentication_requirements');
    assert.equal(await errorOf(essential({})), null);
    assert.equal(await errorOf({ acr_values: 'x'.repeat(1025) }), 'invalid_request');
  });
});

describe('what was told is counted (table disclosures)', () => {
  const rows = () => onDatabase(stack, (database) => database.prepare('SELECT client_id, claims, times FROM disclosures WHERE account_id = ? AND client_id = ? ORDER BY claims').all(accountId, 'elsewhere'))
    .map(({ claims, times }) => [claims, times]);
  test('once for each grant and set of claims, and not what was not told', async () => {
    onDatabase(stack, (database) => database.prepare('DELETE FROM disclosures').run());
    const { access_token } = await tokensOf(new Agent(stack), elsewhere, person, { scope: 'openid email' });
    for (let i = 0; i < 6; i++) assert.equal((await userinfo(stack, access_token)).status, 200);
    await until('the first row', async () => rows().length === 1);
    await tokensOf(new Agent(stack), elsewhere, person, { claims: JSON.stringify({ id_token: { picture: null, verified_claims: asked({ gender: null, name: { value: 'no' } }) } }) });
    await until('the second row', async () => rows().length === 2);
    const other = await tokensOf(new Agent(stack), elsewhere, person, { scope: 'openid email' });
    await userinfo(stack, other.access_token);
    await until('the second grant to count', async () => rows()[0][1] === 2);
    assert.deepEqual(rows(), [['email email_verified', 2], ['gender', 1]]);
    const nothing = await tokensOf(new Agent(stack), elsewhere, person);
    assert.deepEqual(Object.keys(await (await userinfo(stack, nothing.access_token)).json()), ['sub']);
    assert.equal(rows().length, 2);
  });
});
