/*
 * Apache's mod_auth_openidc.
 */
export const name = 'apache';
export const title = 'mod_auth_openidc (Apache)';

function text({ issuer, clientId, scope, redirectUri, method, alg }) {
  const secret = method.startsWith('client_secret')
    ? '\nOIDCClientSecret "${CLIENT_SECRET}"'
    : '\nOIDCPrivateKeyFiles /etc/ssl/private/portal-signing-key.pem';
  return `OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID ${clientId}${secret}
OIDCProviderTokenEndpointAuth ${method}
OIDCRedirectURI ${redirectUri}
OIDCScope "${scope}"
OIDCResponseType code
OIDCPKCEMethod S256
OIDCIDTokenSignedResponseAlg ${alg}
OIDCCryptoPassphrase "\${OIDC_CRYPTO_PASSPHRASE}"
OIDCCookieSameSite On

<Location "/">
    AuthType openid-connect
    Require valid-user
</Location>
`;
}

export const blocks = (portal) => [{ title: 'httpd.conf', text: text(portal) }];
