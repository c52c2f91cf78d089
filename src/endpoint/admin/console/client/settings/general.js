/*
 * For everything else: nginx with a sign-on module, Keycloak as a broker, anything that asks for these values one by one.
 */
import { t } from '../../core/language.js';

export const name = 'general';

export function blocks({ issuer, clientId, scope, redirectUri, method, alg, kind }) {
  const lines = [
    ['Issuer', issuer],
    ['Discovery', `${issuer}/.well-known/openid-configuration`],
    ...(kind === 'service' ? [] : [['Authorization endpoint', `${issuer}/authorize`]]),
    ['Token endpoint', `${issuer}/token`],
    ...(kind === 'service' ? [] : [['UserInfo endpoint', `${issuer}/userinfo`]]),
    ['JWK set', `${issuer}/jwks`],
    ...(kind === 'service' ? [] : [['End session endpoint', `${issuer}/logout`]]),
    ['Client ID', clientId],
    ['Client authentication', method],
    ...(kind === 'service'
      ? [['Grant', 'client_credentials']]
      : [
          ['Redirect URI', redirectUri],
          ['Response type', 'code'],
          ['PKCE', 'S256'],
          ['ID token signature', alg],
        ]),
    ...(scope ? [['Scope', scope]] : []),
  ];
  return [{ title: t('settings.general'), text: lines.map(([what, value]) => `${what}: ${value}`).join('\n') }];
}
