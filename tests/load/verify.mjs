/*
 * verify.mjs JWKS SAMPLE…: are these tokens what they should be? Each line of a sample is "variable token". Signatures are verified against the key
 * set, with a library that shares nothing with the server, and no jti may occur twice. Prints what was looked at; status 1 with the first mistakes.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import fs from 'node:fs';
import path from 'node:path';

const MISTAKES_SHOWN = 10;
const require = createRequire(path.resolve(import.meta.dirname, '../flow/package.json'));
const { createLocalJWKSet, jwtVerify } = await import(pathToFileURL(require.resolve('jose')));

const [jwksFile, ...sampleFiles] = process.argv.slice(2);
const keys = createLocalJWKSet(JSON.parse(fs.readFileSync(jwksFile, 'utf8')));
const tokens = sampleFiles.flatMap((file) => fs.readFileSync(file, 'utf8').split('\n').filter(Boolean));
const seen = new Set();
const mistakes = [];

async function look(line) {
  const [variable, token] = line.split(' ');
  try {
    const { payload } = await jwtVerify(token, keys);
    if (payload.jti === undefined) return;
    if (seen.has(payload.jti)) mistakes.push(`${variable}: jti ${payload.jti} occurs twice`);
    seen.add(payload.jti);
  } catch (error) {
    mistakes.push(`${variable}: ${error.message}: ${token}`);
  }
}

for (const line of tokens) await look(line);
if (tokens.length === 0) mistakes.push('there is no token to be looked at');
process.stdout.write(JSON.stringify({ verified: tokens.length - mistakes.length, with_jti: seen.size, mistakes: mistakes.slice(0, MISTAKES_SHOWN) }));
process.exit(mistakes.length ? 1 : 0);
