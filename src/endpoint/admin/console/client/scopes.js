/*
 * What may be asked about a person: the scopes, and the claims each opens (include/model/claims.def).
 */
import { t } from '../core/language.js';

export const scopes = {
  openid: ['sub', 'acr', 'auth_time', 'amr'],
  profile: ['name', 'family_name', 'given_name', 'gender', 'birthdate', 'preferred_username', 'picture', 'locale', 'updated_at'],
  phone: ['phone_number', 'phone_number_verified'],
  email: ['email', 'email_verified'],
  address: ['address'],
  cn_org: [],
  cn_profile: ['nationalities', 'cn_user_type', 'cn_trust_level'],
  cn_id: ['cn_id_type', 'cn_id_masked', 'cn_id_hash', 'cn_id_number'],
  offline_access: [],
};

export const scopeOptions = () =>
  Object.entries(scopes).map(([scope, claims]) => [
    scope,
    `${t(`scope.${scope}`)} (${scope})`,
    [t(`scope.${scope}.hint`), claims.join(', ')].filter(Boolean).join(' — '),
    scope === 'openid',
  ]);

/* Claims one by one: a client system may be held to fewer than its scopes open. */
export const claimOptions = () =>
  Object.values(scopes)
    .slice(1)
    .flat()
    .map((claim) => [claim, claim]);

export const scopeList = (text) => (text ?? '').split(' ').filter(Boolean);
