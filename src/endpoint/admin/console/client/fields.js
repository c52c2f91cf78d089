/*
 * The members of a client system's metadata as fields, in the groups that wizard and editor share. Each group names its fields for a kind;
 * put(metadata, values) writes what was typed back, leaving out what is empty: absent means "the server's default".
 */
import { t } from '../core/language.js';
import { claimOptions, scopeList, scopeOptions, scopes } from './scopes.js';

const text = (member, settings = {}) => ({ name: member, label: t(`member.${member}`), hint: t(`hint.${member}`), ...settings });

const names = () => [
  text('client_name', { required: true, longest: 200, prose: true }),
  text('client_name#en', { longest: 200, prose: true }),
  text('client_uri', { placeholder: 'https://portal.example.gov.cn/' }),
  text('logo_uri', { placeholder: 'https://portal.example.gov.cn/logo.svg' }),
  text('policy_uri', { placeholder: 'https://portal.example.gov.cn/privacy' }),
  text('tos_uri'),
  text('contacts', { kind: 'lines', rows: 2 }),
];

function addresses(kind) {
  const example = { mobile: 'cn.gov.example.app:/callback\nhttp://127.0.0.1/callback' }[kind] ?? 'https://portal.example.gov.cn/callback';
  return [
    text('redirect_uris', { kind: 'lines', required: true, placeholder: example, hint: t(`hint.redirect_uris.${kind}`) }),
    text('post_logout_redirect_uris', { kind: 'lines' }),
    ...(kind === 'web' ? [text('backchannel_logout_uri'), text('backchannel_logout_session_required', { kind: 'flag' })] : []),
    ...(kind === 'spa' ? [text('tongxing_allowed_origins', { kind: 'lines', rows: 2, placeholder: 'https://portal.example.gov.cn' })] : []),
  ];
}

const bases = ['consent', 'contract', 'statutory_duty', 'emergency', 'public_interest', 'disclosed_information', 'law'];
const basisOptions = () => [['', t('basis.not_said')], ...bases.map((basis) => [basis, t(`basis.${basis}`)])];

const levels = () => [1, 2, 3, 4].map((level) => [`${level}`, `L${level} ${t(`level.${level}`)}`, t(`level.${level}.hint`)]);

function proof(kind) {
  if (kind === 'service')
    return [text('scope', { hint: t('hint.scope.service') }), text('tongxing_rate_limit', { kind: 'number', least: 1, most: 100000 })];
  return [
    text('tongxing_level', { kind: 'radio', options: levels() }),
    text('scope', { kind: 'checks', options: scopeOptions() }),
    text('other_scopes'),
    text('tongxing_claims', { kind: 'checks', options: claimOptions(), compact: true }),
    text('tongxing_consent', {
      kind: 'radio',
      options: ['ask', 'statutory'].map((value) => [value, t(`consent.${value}`), t(`consent.${value}.hint`)]),
    }),
    text('tongxing_legal_basis', { kind: 'choice', options: basisOptions() }),
    text('tongxing_acting', {
      kind: 'radio',
      options: ['none', 'optional', 'required'].map((value) => [value, t(`acting.${value}`), t(`acting.${value}.hint`)]),
    }),
    text('tongxing_second_factor', { kind: 'flag' }),
    text('subject_type', {
      kind: 'radio',
      options: ['pairwise', 'public'].map((value) => [value, t(`subject.${value}`), t(`subject.${value}.hint`)]),
    }),
    text('sector_identifier_uri'),
    text('tongxing_rate_limit', { kind: 'number', least: 1, most: 100000 }),
  ];
}

const methods = {
  web: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'client_secret_jwt'],
  service: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'client_secret_jwt'],
  spa: ['none'],
  mobile: ['none'],
};
const algs = ['ES256', 'RS256', 'PS256', 'EdDSA'];

function credentials(kind) {
  const options = methods[kind].map((method) => [method, t(`method.${method}`), t(`method.${method}.hint`)]);
  return [
    text('token_endpoint_auth_method', { kind: 'radio', options }),
    ...(kind === 'web' || kind === 'service' ? [text('jwks_uri'), text('jwks', { kind: 'area', rows: 4 })] : []),
    ...(kind === 'service' ? [] : [text('id_token_signed_response_alg', { kind: 'choice', options: algs.map((alg) => [alg, alg]) })]),
  ];
}

/* In the order of the wizard's steps. */
export const groups = { names, addresses, proof, credentials };

/* --- between metadata and fields --- */

const known = Object.keys(scopes);

function valueOf(metadata, spec) {
  const value = metadata[spec.name];
  if (spec.name === 'scope' && spec.kind === 'checks') return ['openid', ...scopeList(value).filter((scope) => known.includes(scope))];
  if (spec.name === 'other_scopes')
    return scopeList(metadata.scope)
      .filter((scope) => !known.includes(scope))
      .join(' ');
  if (spec.name === 'tongxing_level') return `${value ?? 1}`;
  if (spec.name === 'tongxing_consent') return value ?? 'ask';
  if (spec.name === 'subject_type') return value ?? 'public';
  if (spec.name === 'token_endpoint_auth_method') return value ?? 'client_secret_basic';
  if (spec.name === 'jwks') return value === undefined ? '' : JSON.stringify(value, null, 1);
  return value;
}

export const filled = (specs, metadata) => specs.map((spec) => ({ ...spec, value: valueOf(metadata, spec) }));

/* Text that is no JSON goes to the server as it is: it says what is wrong with it. */
function jsonOf(value) {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

const isEmpty = (value) => value === undefined || value === '' || value === false || (Array.isArray(value) && !value.length);

export function put(metadata, values) {
  const changed = { ...metadata };
  for (const [name, value] of Object.entries(values)) {
    if (name === 'other_scopes') continue;
    let kept = value;
    if (name === 'tongxing_level') kept = Number(value);
    else if (name === 'jwks' && value) kept = jsonOf(value);
    else if (name === 'scope' && Array.isArray(value)) kept = [...new Set([...value, ...scopeList(values.other_scopes)])].join(' ');
    if (isEmpty(kept)) delete changed[name];
    else changed[name] = kept;
  }
  return changed;
}
