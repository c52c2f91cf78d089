/*
 * A service without people: client credentials (RFC 6749 §4.4).
 */
import { authentication, keyLines, options, quote } from './node.js';

export const name = 'service';
export const title = 'curl, Node.js, Python';

function curl({ issuer, clientId, scope, method }) {
  const who =
    method === 'client_secret_post' ? `-d client_id=${clientId} --data-urlencode "client_secret=$CLIENT_SECRET"` : `-u "${clientId}:$CLIENT_SECRET"`;
  return `curl ${issuer}/token ${who} -d grant_type=client_credentials${scope && ` --data-urlencode ${quote(`scope=${scope}`)}`}`;
}

const node = ({ issuer, clientId, scope, method }) => `import * as client from 'openid-client';
${method === 'private_key_jwt' ? keyLines : ''}
const config = await client.discovery(new URL(${quote(issuer)}), ${quote(clientId)}, undefined,
  ${authentication[method]}, ${options(issuer)});
const tokens = await client.clientCredentialsGrant(config, ${scope ? `{ scope: ${quote(scope)} }` : '{}'});
console.log(tokens.expires_in); // fetch a new one before it ends, not for every call
`;

const python = ({ issuer, clientId, scope, method }) => `import os
from authlib.integrations.requests_client import OAuth2Session

session = OAuth2Session(${quote(clientId)}, os.environ["CLIENT_SECRET"],${scope && ` scope=${quote(scope)},`} token_endpoint_auth_method=${quote(method)})
token = session.fetch_token(${quote(`${issuer}/token`)}, grant_type="client_credentials")
`;

export function blocks(portal) {
  const withSecret = portal.method === 'client_secret_basic' || portal.method === 'client_secret_post';
  return [
    ...(withSecret ? [{ title: 'curl', text: curl(portal) }] : []),
    { title: 'Node.js: openid-client', text: node(portal) },
    ...(withSecret ? [{ title: 'Python: Authlib', text: python(portal) }] : []),
  ];
}
