/* Every way of proof that there is, each against its simulator: the environment, and the entries of the configuration. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const appId = '777290058110097'; // UnionPay wants digits
export const secretsOf = {
  TONGXING_CORPORATE_SECRET: 'corporate-secret-for-tests-only-1',
  TONGXING_SOCIAL_INSURANCE_SECRET: 'social-secret-for-tests-only-012',
  TONGXING_CTID_SECRET: 'ctid-secret-for-tests-only-0123456',
  TONGXING_CTID_KEY: '00112233445566778899aabbccddeeff',
  TONGXING_ALIPAY_ENCRYPT_KEY: 'ABEiM0RVZneImaq7zN3u/w==',
  TONGXING_WECHAT_SECRET: 'wechat-secret-for-tests-only-01',
  TONGXING_SMS_SECRET: 'sms-secret-for-tests-only-0123456789',
};

export function makeKeys() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tongxing-ways-'));
  execFileSync(path.resolve(import.meta.dirname, '../../../config/simulator-keys'), [folder]);
  return folder;
}

export const environment = (keys) => ({
  ...secretsOf,
  TONGXING_ALIPAY_KEYS: keys,
  TONGXING_UNIONPAY_KEYS: keys,
  TONGXING_SOCIAL_INSURANCE_KEY: path.join(keys, 'essc_private_key.pem'),
  TONGXING_CTID_PRIVATE_KEY: path.join(keys, 'ctid_private_key.pem'),
  TONGXING_NETWORK_IDENTITY_PRIVATE_KEY: path.join(keys, 'ncid_private_key.pem'),
  TONGXING_NETWORK_IDENTITY_CLIENT_KEY: path.join(keys, 'ncid_client_public_key.pem'),
});

/* Of the simulator's address. */
export function entries(url, keys) {
  const file = (name) => path.join(keys, name);
  const common = { app_id: appId, timeout_ms: 3000 };
  const alipay = { ...common, url: `${url}/gateway.do`, app_private_key: file('app_private_key.pem'), alipay_public_key: file('alipay_public_key.pem') };
  const ctid = { ...common, adapter: 'ctid', url: `${url}/idauth`, secret: '${TONGXING_CTID_SECRET}', key: '${TONGXING_CTID_KEY}', public_key: file('ctid_public_key.pem') };
  const ncid = { ...common, adapter: 'network_identity', url, business_id: '0001', private_key: file('ncid_client_private_key.pem'), public_key: file('ncid_public_key.pem'), page_url: `${url}/ncid/launch` };
  return {
    corporate: { ...common, adapter: 'corporate', url, secret: '${TONGXING_CORPORATE_SECRET}' },
    bank: { ...common, adapter: 'unionpay', url, sign_key: file('merchant.key'), sign_cert: file('merchant.crt'), encrypt_cert: file('encrypt.crt'), verify_cert: file('sign.crt') },
    social: { ...common, adapter: 'social_insurance', url, secret: '${TONGXING_SOCIAL_INSURANCE_SECRET}', platform_key: file('essc_public_key.pem') },
    alipay: { ...alipay, adapter: 'alipay', encrypt_key: '${TONGXING_ALIPAY_ENCRYPT_KEY}', authorize_url: `${url}/oauth2/publicAppAuthorize.htm` },
    face: { ...alipay, adapter: 'alipay_face', evidence_days: 365 },
    ctid,
    ctid_face: { ...ctid, mode: 'face', page_url: `${url}/ctid` },
    ncid: { ...ncid, mode: 1 },
    ncid_face: { ...ncid, mode: 3 },
    wechat: { ...common, adapter: 'wechat', url, open_url: url, secret: '${TONGXING_WECHAT_SECRET}' },
  };
}
