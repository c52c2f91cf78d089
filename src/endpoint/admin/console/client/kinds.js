/*
 * The kinds of client systems the wizard knows, and what each starts from.
 */
import { t } from '../core/language.js';

const people = { scope: 'openid profile', subject_type: 'pairwise', tongxing_level: 2, tongxing_consent: 'ask' };

export const kinds = {
  web: {
    metadata: {
      application_type: 'web',
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'client_secret_basic',
      ...people,
    },
  },
  spa: { metadata: { application_type: 'web', grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'none', ...people } },
  mobile: {
    metadata: { application_type: 'native', grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'none', ...people },
  },
  service: { metadata: { grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_basic' } },
};

export const kindOptions = () => Object.keys(kinds).map((kind) => [kind, t(`kind.${kind}`), t(`kind.${kind}.hint`)]);

/* What an existing client system is, from its metadata. */
export function kindOf(metadata) {
  const grants = metadata.grant_types ?? ['authorization_code'];
  if (!grants.includes('authorization_code')) return 'service';
  if (metadata.application_type === 'native') return 'mobile';
  return metadata.token_endpoint_auth_method === 'none' ? 'spa' : 'web';
}

/* Another kind was chosen: what was typed stays, except what the new kind has no use for. */
export function changeKind(metadata, kind) {
  const changed = { ...kinds[kind].metadata, ...metadata };
  for (const member of ['application_type', 'grant_types', 'token_endpoint_auth_method']) {
    changed[member] = kinds[kind].metadata[member];
    if (changed[member] === undefined) delete changed[member];
  }
  if (kind !== 'service') return changed;
  for (const member of [
    'redirect_uris',
    'post_logout_redirect_uris',
    'backchannel_logout_uri',
    'backchannel_logout_session_required',
    'subject_type',
    'sector_identifier_uri',
    'tongxing_level',
    'tongxing_consent',
    'tongxing_legal_basis',
    'tongxing_claims',
    'tongxing_acting',
    'tongxing_second_factor',
    'scope',
  ]) {
    delete changed[member];
  }
  return changed;
}
