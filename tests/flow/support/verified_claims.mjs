/* The rules of OpenID Identity Assurance Schema Definition 1.0 as a JSON schema, as far as a server can break them; and a person with evidence. */
import assert from 'node:assert/strict';
import { problemsOf } from './schema.mjs';
import { onDatabase } from './registration.mjs';

const text = { type: 'string' };
const place = Object.fromEntries(['name', 'country', 'country_code', 'formatted', 'jurisdiction', 'locality', 'postal_code', 'region', 'street_address'].map((name) => [name, text]));
const object = (properties, required = []) => ({ type: 'object', properties, required, additionalProperties: false });
const list = (items) => ({ type: 'array', minItems: 1, items });
const time = { type: 'string', format: 'date-time' };

const check_details = list(object({ check_method: text, organization: text, check_id: text, time }, ['check_method']));
const document_details = object({ type: text, document_number: text, serial_number: text, date_of_issuance: text, date_of_expiry: text, issuer: object(place) }, ['type']);
const record = object({ type: text, created_at: time, date_of_expiry: text, source: object(place) }, ['type']);
const evidence = {
  anyOf: [
    object({ type: { const: 'document' }, check_details, document_details }, ['type']),
    object({ type: { const: 'electronic_record' }, check_details, record }, ['type']),
  ],
};
const evidence_ref = list(object({ check_id: text, evidence_metadata: object({ evidence_classification: text }) }, ['check_id']));
const assurance_process = object({
  policy: text,
  procedure: text,
  assurance_details: list(object({ assurance_type: text, assurance_classification: text, evidence_ref })),
});
const verification = object({ trust_framework: text, assurance_level: text, assurance_process, time, verification_process: text, evidence: list(evidence) }, ['trust_framework']);
const element = object({ verification, claims: { type: 'object', minProperties: 1 } }, ['verification', 'claims']);
const schema = { anyOf: [element, list(element)] };

/* That verified_claims is as the schema says, and holds nothing but what the metadata advertises. */
export function isVerifiedClaims(value, metadata) {
  assert.deepEqual(problemsOf(schema, schema, value), [], JSON.stringify(value));
  for (const one of [value].flat()) {
    assert.ok(metadata.trust_frameworks_supported.includes(one.verification.trust_framework));
    for (const claim of Object.keys(one.claims)) assert.ok(metadata.claims_in_verified_claims_supported.includes(claim), claim);
    for (const piece of one.verification.evidence ?? []) {
      assert.ok(metadata.evidence_supported.includes(piece.type), piece.type);
      if (piece.document_details) assert.ok(metadata.documents_supported.includes(piece.document_details.type));
      if (piece.record) assert.ok(metadata.electronic_records_supported.includes(piece.record.type));
      const methods = piece.type === 'document' ? (piece.check_details ?? []).map((check) => check.check_method) : [];
      for (const method of methods) assert.ok(metadata.documents_check_methods_supported.includes(method), method);
    }
  }
}

/* An account of level 3: matched at the population register, then by face. Returns its id. */
export function addProven(stack, account, now = Math.floor(Date.now() / 1000)) {
  const id = stack.addAccount({ ...account, level: 3 });
  const rows = [
    ['population', 'mps-population', 'two_element_match', 'chk-1', 2, now - 7200],
    ['alipay', 'alipay', 'face_1to1', 'chk-2', 3, now - 3600],
  ];
  onDatabase(stack, (database) => {
    const insert = database.prepare('INSERT INTO verifications (verification_id, account_id, source, authority, method, check_id, folded, result, level, checked_at, expires_at)'
      + ' VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?, ?, 0)');
    for (const [source, authority, method, check, level, at] of rows) insert.run(`${id}-${method}`, id, source, authority, method, check, level, at);
  });
  return id;
}
