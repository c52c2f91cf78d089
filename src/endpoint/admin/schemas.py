"""
Writes schemas.json as a C string: schemas.py SCHEMAS ROUTES OUTPUT. Refuses a reference, or an answer in the table of routes, that leads
nowhere, and a schema that nothing leads to.
"""
import json
import pathlib
import re
import sys

schemas_file, routes_file, output = map(pathlib.Path, sys.argv[1:])
schemas = json.loads(schemas_file.read_text(encoding='utf-8'))
text = json.dumps(schemas, ensure_ascii=False, separators=(',', ':'))
routes = re.sub(r'/\*.*?\*/', '', routes_file.read_text(encoding='utf-8'), flags=re.S)
rows = re.findall(r'^ROUTE\(.*"(@\w+|[^"@]*)", \d+, "\*?(\w*)", "[^"]*"\)$', routes, re.M)
if len(rows) != routes.count('ROUTE('):
    sys.exit(f'{routes_file}: a row cannot be read')
used = {'Problem'} | set(re.findall(r'"#/components/schemas/(\w+)"', text))
used |= {name for body, answer in rows for name in (body[1:] if body.startswith('@') else '', answer) if name}
if used != set(schemas):
    sys.exit(f'{schemas_file}: {sorted(used ^ set(schemas))} is used and not there, or there and not used')
data = ','.join(str(byte) for byte in text.encode())
output.write_text('#include "endpoint/admin/schemas.h"\n\n'
                  f'static const unsigned char text[] = {{{data}}};\n'
                  'const struct str admin_schemas = {(const char *)text, sizeof(text)};\n')
