/*
 * What the developer of a client system is handed: its credentials (once) and settings for the libraries in common use. Each file of settings/
 * gives a list of blocks { title, text } from what is known of the client system.
 */
import { h } from '../core/dom.js';
import { t } from '../core/language.js';
import { time } from '../core/format.js';
import { issuer } from '../core/auth.js';
import { copyBlock, copyLine } from '../widgets/copy.js';
import { note } from '../widgets/notice.js';
import { tabs } from '../widgets/tabs.js';
import { kindOf } from './kinds.js';
import * as general from './settings/general.js';
import * as openidClient from './settings/openid_client.js';
import * as spring from './settings/spring.js';
import * as apache from './settings/apache.js';
import * as authlib from './settings/authlib.js';
import * as singlePage from './settings/single_page.js';
import * as appauth from './settings/appauth.js';
import * as service from './settings/service.js';

const libraries = {
  web: [openidClient, spring, apache, authlib, general],
  spa: [singlePage, general],
  mobile: [appauth, general],
  service: [service, general],
};

/* What the settings are written from. */
function portalOf(client) {
  const metadata = client.pending ?? client.metadata;
  return {
    issuer: issuer(),
    clientId: client.client_id,
    kind: kindOf(metadata),
    scope: metadata.scope ?? (kindOf(metadata) === 'service' ? '' : 'openid'),
    redirectUri: metadata.redirect_uris?.[0] ?? '',
    afterLogout: metadata.post_logout_redirect_uris?.[0] ?? '',
    method: metadata.token_endpoint_auth_method ?? 'client_secret_basic',
    alg: metadata.id_token_signed_response_alg ?? 'ES256',
  };
}

export function librarySettings(client) {
  const portal = portalOf(client);
  const entries = libraries[portal.kind].map((library) => ({
    name: library.name,
    title: library.title ?? t('settings.general'),
    content: () =>
      h(
        'div',
        { class: 'stack' },
        library.blocks(portal).map((block) => copyBlock(block.title, block.text, { 'data-settings': library.name })),
      ),
  }));
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, t('handover.settings')),
    h('p', { class: 'hint' }, t('handover.settings.hint')),
    tabs(t('handover.settings'), entries),
  );
}

/* Shown once: nobody can look it up again. */
export function credentialsBox(client, credentials) {
  const secret = credentials?.client_secret;
  const ends = credentials?.client_secret_expires_at;
  return h(
    'section',
    { class: 'card once' },
    h('h2', {}, t('handover.credentials')),
    copyLine(t('member.client_id'), client.client_id, { 'data-credential': 'client_id' }),
    secret
      ? [copyLine(t('handover.secret'), secret, { 'data-credential': 'client_secret' }), note(t('handover.once'), 'wait')]
      : note(t('handover.no_secret')),
    secret && ends ? h('p', { class: 'small' }, t('handover.expires', { time: time(typeof ends === 'number' ? ends * 1000 : ends) })) : null,
  );
}
