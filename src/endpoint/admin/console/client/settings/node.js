/*
 * What the programs for openid-client share: how they authenticate, and where the key comes from.
 */
export const authentication = {
  client_secret_basic: 'client.ClientSecretBasic(process.env.CLIENT_SECRET)',
  client_secret_post: 'client.ClientSecretPost(process.env.CLIENT_SECRET)',
  client_secret_jwt: 'client.ClientSecretJwt(process.env.CLIENT_SECRET)',
  private_key_jwt: 'client.PrivateKeyJwt(privateKey)',
};

export const keyLines = `import { readFile } from 'node:fs/promises';
import { importPKCS8 } from 'jose';

const privateKey = await importPKCS8(await readFile(process.env.PRIVATE_KEY_FILE, 'utf8'), 'ES256');
`;

/* Only an installation for trials is without TLS. */
export const options = (issuer) => (issuer.startsWith('http:') ? '{ execute: [client.allowInsecureRequests] }' : '{}');

export const quote = (text) => JSON.stringify(text);

export const packages = (method) => `npm install openid-client${method === 'private_key_jwt' ? ' jose' : ''}`;
