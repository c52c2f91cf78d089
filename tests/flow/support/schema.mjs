/* JSON Schema (2020-12) as far as the API's own description and verified_claims.mjs use it. A keyword it does not know is an error: nothing is waved through. */
const types = {
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: Number.isSafeInteger,
  null: (value) => value === null,
};
const formats = { 'date-time': (text) => /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text)) };

const checks = {
  type: (wanted, value) => [wanted].flat().some((type) => types[type](value)),
  enum: (wanted, value) => wanted.includes(value),
  const: (wanted, value) => wanted === value,
  minimum: (least, value) => value >= least,
  maximum: (most, value) => value <= most,
  minLength: (least, value) => [...value].length >= least,
  maxLength: (most, value) => [...value].length <= most,
  pattern: (pattern, value) => new RegExp(pattern, 'u').test(value),
  format: (name, value) => formats[name](value),
  minItems: (least, value) => value.length >= least,
  minProperties: (least, value) => Object.keys(value).length >= least,
  required: (names, value) => names.every((name) => Object.hasOwn(value, name)),
};
const said = new Set(['description', 'default', 'title']);

/* What does not fit, as "path: keyword"; empty when all does. */
export function problemsOf(document, schema, value, path = '$') {
  const problems = [];
  for (const [keyword, wanted] of Object.entries(schema)) {
    if (keyword === '$ref') {
      const found = wanted.split('/').slice(1).reduce((at, part) => at?.[part], document);
      if (!found) throw new Error(`${wanted} leads nowhere`);
      problems.push(...problemsOf(document, found, value, path));
    } else if (keyword === 'properties') {
      for (const [name, inner] of Object.entries(wanted)) {
        if (Object.hasOwn(value, name)) problems.push(...problemsOf(document, inner, value[name], `${path}.${name}`));
      }
    } else if (keyword === 'additionalProperties') {
      const extra = Object.keys(value).filter((name) => !Object.hasOwn(schema.properties ?? {}, name));
      if (wanted === false) problems.push(...extra.map((name) => `${path}.${name}: is not described`));
      else if (wanted !== true) extra.forEach((name) => problems.push(...problemsOf(document, wanted, value[name], `${path}.${name}`)));
    } else if (keyword === 'items') {
      value.forEach((item, index) => problems.push(...problemsOf(document, wanted, item, `${path}[${index}]`)));
    } else if (keyword === 'anyOf') {
      const each = wanted.map((inner) => problemsOf(document, inner, value, path));
      if (each.every((found) => found.length)) problems.push(`${path}: fits none of ${wanted.length}`, ...each.flat());
    } else if (checks[keyword]) {
      if (!checks[keyword](wanted, value)) {
        problems.push(`${path}: ${keyword} ${JSON.stringify(wanted)}, got ${JSON.stringify(value)?.slice(0, 100)}`);
        if (keyword === 'type') return problems;
      }
    } else if (!said.has(keyword)) {
      throw new Error(`the keyword ${keyword} is not known here`);
    }
  }
  return problems;
}
