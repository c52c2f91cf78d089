"""
The rules of this repository that a compiler does not know. Each check is a function that yields what is wrong; the report is build-test/lint.xml.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml

root = pathlib.Path(__file__).resolve().parents[2]
tracked = subprocess.run(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], cwd=root, check=True,
                         capture_output=True, text=True).stdout
files = [pathlib.Path(name) for name in tracked.split('\0') if name and (root / name).is_file()]
c_files = [file for file in files if file.suffix in ('.c', '.h')]
product = [file for file in c_files if file.parts[0] in ('src', 'include')]


def text_of(file):
    return (root / file).read_text(encoding='utf-8')


def layer_table():
    """The table in src/meson.build: layer → what it may use."""
    block = re.search(r'layers = \{(.*?)\n\}', text_of('src/meson.build'), re.S).group(1)
    return {name: set(re.findall(r"'(\w+)'", uses)) for name, uses in re.findall(r"'(\w+)': \[(.*?)\]", block)}


# Foreign headers and their homes: a folder, or the very files. jose and portal keep apart on purpose: the portal checks the server.
homes = {
    r'openssl/(ssl|err)\.h': ['src/http/tls.c'],
    r'openssl/': ['src/jose/', 'src/portal/id_token.c'],
    r'jwt\.h': ['src/jose/jws.c', 'src/portal/id_token.c'],
    r'jansson\.h': ['src/base/json.c'],
    r'yaml\.h': ['src/config/yaml.c'],
    r'sqlite3\.h': ['src/store/sql_sqlite'],
    r'libpq-fe\.h': ['src/store/sql_postgres'],
    r'argon2\.h': ['src/domain/password.c'],
    r'curl/': ['src/loop/fetch.c', 'src/loop/guard.c'],
    r'hiredis/': ['src/loop/redis.c'],
    r'event2/(bufferevent|bufferevent_ssl|buffer|listener)\.h': ['src/http/'],
    r'event2/': ['src/loop/', 'src/http/'],
    r'qrencode\.h': ['src/endpoint/web/qr.c'],
    r'uninorm\.h': ['src/model/nfkc.c'],
    r'uniwidth\.h': ['src/command/shell/text.c'],
}


def includes_of(file):
    for number, line in enumerate(text_of(file).splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1) == '<', match.group(2)


def check_layers():
    """An include reaches only what the layer may use."""
    table = layer_table()
    for file in product:
        layer = file.parts[1] if file.parts[0] == 'include' else file.parts[1]
        if layer not in table:
            continue
        for number, foreign, name in includes_of(file):
            used = name.split('/')[0]
            if not foreign and '/' in name and used in table and used != layer and used not in table[layer]:
                yield f'{file}:{number}: {layer} may not use {used}'


def check_homes():
    """A foreign library is included at its home only."""
    for file in product:
        for number, foreign, name in includes_of(file):
            if not foreign:
                continue
            for pattern, places in homes.items():
                if re.match(pattern, name):
                    if not any(str(file).startswith(place) for place in places):
                        yield f'{file}:{number}: <{name}> is at home in {", ".join(places)}'
                    break


forbidden = re.compile(r'\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|gets|alloca|rand|srand|system|popen|tmpnam|mktemp)\s*\(')


def check_functions():
    """Functions that cannot be used safely, or not by several threads."""
    for file in product:
        for number, line in enumerate(text_of(file).splitlines(), 1):
            match = None if line.lstrip().startswith(('*', '/*')) else forbidden.search(line)
            if match:
                yield f'{file}:{number}: {match.group(1)} is not used here'


def check_headers():
    """Each contract has its guard named after its path, and opens with what it is for."""
    for file in product:
        if file.suffix != '.h' or file.name in ('options.h',):
            continue
        text = text_of(file)
        if not text.startswith('/*') or '#ifndef' not in text:
            yield f'{file}: opens with a comment, then the include guard'


def check_sizes():
    for file in product:
        lines = text_of(file).count('\n')
        if lines > 560:
            yield f'{file}: {lines} lines; split it along the data flow'


def check_unfinished():
    for file in files:
        if file.suffix in ('.c', '.h', '.py', '.mjs', '.html', '.css', '.def') and file.name != 'lint.py':
            for number, line in enumerate(text_of(file).splitlines(), 1):
                if re.search(r'\b(TODO|FIXME|XXX|HACK)\b', line):
                    yield f'{file}:{number}: unfinished work'


def check_machine_paths():
    """Nothing of the machine that it was written on."""
    own = re.compile(r'/(?:home|root|Users)/\w+|/work/\w+')
    for file in files:
        if file.suffix in ('.png', '.svg') or file.name in ('lint.py', 'package-lock.json'):
            continue
        try:
            lines = text_of(file).splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, 1):
            if own.search(line):
                yield f'{file}:{number}: a path of somebody\'s machine'


def check_format():
    """clang-format has nothing to change."""
    result = subprocess.run(['clang-format', '--dry-run', *map(str, c_files)], cwd=root, capture_output=True, text=True)
    yield from sorted(set(re.findall(r'^(\S+:\d+):\d+: warning', result.stderr, re.M)))


def check_tidy():
    """clang-tidy with the checks of .clang-tidy; it needs the compile commands of a configured build."""
    if not (root / 'build-test/compile_commands.json').exists():
        yield 'build-test is not configured: run ./dev test'
        return
    sources = [str(file) for file in product if file.suffix == '.c']
    result = subprocess.run(['xargs', '-P2', '-n8', 'clang-tidy', '-p', 'build-test', '--quiet', '--extra-arg=-Wno-unknown-warning-option',
                             '--extra-arg=-Wno-implicit-fallthrough'], # uthash's macros fall through; GCC checks ours
                            cwd=root, input='\n'.join(sources), capture_output=True, text=True)
    found = sorted(set(re.findall(r'^\S+:\d+:\d+: (?:error|warning): .*$', result.stdout, re.M)))
    yield from found
    if result.returncode and not found:
        yield f'clang-tidy failed: {result.stderr[-500:]}'


def check_lockfile():
    """The lock files name no machine's registry."""
    for file in files:
        if file.name == 'package-lock.json':
            packages = json.loads(text_of(file))['packages']
            yield from (f'{file}: {name} says where it was resolved' for name, entry in packages.items() if 'resolved' in entry)


def check_links():
    """Documents point at files that are there."""
    for file in files:
        if file.suffix == '.md':
            for target in re.findall(r'\]\((?!https?:|#)([^)#]+)', text_of(file)):
                if not (root / file.parent / target).exists():
                    yield f'{file}: links to {target}, which is not there'


def check_spelled_out():
    """Each decision is listed in the index."""
    index = text_of('docs/decisions/README.md')
    for file in files:
        if str(file.parent) == 'docs/decisions' and file.name != 'README.md' and file.name not in index:
            yield f'docs/decisions/README.md: does not list {file.name}'


def metrics_table():
    """metrics.def: name → (type, labels)."""
    text = text_of('include/metrics/metrics.def')
    labels = dict(re.findall(r'^LABEL\((\w+), "(.*?)"\)', text, re.M))
    rows = re.findall(r'^METRIC\(\w+, (\w+), "(\w+)", (\w+), (\w+), ', text, re.M)
    return {name: (kind, {labels[first], labels[second]} - {''}) for kind, name, first, second in rows}


def label_values():
    """Values of labels that are written down in the code: a selector with any other selects nothing."""
    names = lambda file, pattern: set(re.findall(pattern, text_of(file), re.M))
    verdicts = names('src/model/evidence.c', r'return "(\w+)"') | names('src/model/evidence.c', r'= "(\w+)"')
    return {
        'event': names('include/model/events.def', r'^EVENT\(\w+, "(.*?)"'),
        'result': names('src/model/event.c', r'\[EVENT_\w+\] = STR_INIT\("(\w+)"\)') | verdicts,
        'route': names('src/endpoint/routes.def', r'^ROUTE\("(.*?)"') | {'other', 'asset'},
        'status': {f'{digit}xx' for digit in range(1, 6)},
        'state': {'next', 'active', 'retired'},
        'operation': {'read', 'write'},
    }


def selectors_of(text):
    """Each name of a metric in a text, with what stands in the braces behind it."""
    for name, braces in re.findall(r'\b((?:tongxing|process)_\w+)(?:\{([^}]*)\})?', text):
        yield name, re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"', braces.replace('\\"', '"'))


def check_observation():
    """The dashboard, the alerts and their tests name metrics, labels and values that exist."""
    table, known = metrics_table(), label_values()
    for file in ('config/grafana-dashboard.json', 'config/alerts.yaml', 'tests/metrics/alerts_test.yaml'):
        found = list(selectors_of(text_of(file)))
        if len(found) < 15:
            yield f'{file}: only {len(found)} names of metrics were found in it'
        for name, selected in found:
            base = re.sub(r'_(bucket|sum|count)$', '', name)
            kind, labels = table.get(name) or table.get(base) or (None, set())
            if kind is None or (name != base and name not in table and kind != 'HISTOGRAM'):
                yield f'{file}: {name} is not in metrics.def'
                continue
            for label, value in selected:
                if label not in labels | {'job', 'instance', 'le'}:
                    yield f'{file}: {name} has no label {label}'
                for one in value.split('|') if label in known else ():
                    if one not in known[label]:
                        yield f'{file}: {label}="{one}" is never there'


def check_dashboard():
    """Grafana can import it: panels with numbers of their own that do not overlap, each with what it shows."""
    board = json.loads(text_of('config/grafana-dashboard.json'))
    taken, numbers = {}, set()
    for panel in board['panels']:
        place, title = panel['gridPos'], panel['title']
        if panel['id'] in numbers:
            yield f'config/grafana-dashboard.json: {title}: the number {panel["id"]} is used twice'
        numbers.add(panel['id'])
        for cell in ((x, y) for x in range(place['x'], place['x'] + place['w']) for y in range(place['y'], place['y'] + place['h'])):
            if cell in taken or cell[0] > 23:
                yield f'config/grafana-dashboard.json: {title} lies on {taken.get(cell, "the border")}'
                break
            taken[cell] = title
        if panel['type'] != 'row' and not all(target.get('expr') for target in panel.get('targets') or [{}]):
            yield f'config/grafana-dashboard.json: {title} shows nothing'
    if {variable['name'] for variable in board['templating']['list']} != {'datasource', 'job', 'instance'}:
        yield 'config/grafana-dashboard.json: its expressions use the variables datasource, job and instance'


def check_alerts():
    """Each alert has an expression, a severity, a summary and a description, and is tested. With promtool, by promtool."""
    rules = re.split(r'^      - alert: ', text_of('config/alerts.yaml'), flags=re.M)[1:]
    tests = text_of('tests/metrics/alerts_test.yaml')
    if len(rules) < 10:
        yield f'config/alerts.yaml: only {len(rules)} alerts were found in it'
    for rule in rules:
        name = rule.split('\n', 1)[0]
        for part in (r'^        expr: \S', r'^          severity: (critical|warning)$', r'^          summary: "\S', r'^          description: "\S'):
            if not re.search(part, rule, re.M):
                yield f'config/alerts.yaml: {name} lacks {part}'
        if f'alertname="{name}"' not in tests:
            yield f'tests/metrics/alerts_test.yaml: {name} is not tested'
    for arguments in (['check', 'rules', 'config/alerts.yaml'], ['test', 'rules', 'tests/metrics/alerts_test.yaml']) if shutil.which('promtool') else ():
        result = subprocess.run(['promtool', *arguments], cwd=root, capture_output=True, text=True)
        if result.returncode:
            yield f'promtool {" ".join(arguments)}: {result.stdout}{result.stderr}'


def check_admin_api():
    """The routes of the admin API are documented, each with its permission."""
    routes = re.findall(r'^ROUTE\((\w+), "([^"]+)", \w+, (\w+), (\w+), .*"([^"]*)"\)$', text_of('src/endpoint/admin/admin_routes.def'), re.M)
    names = dict(re.findall(r'^PERMISSION\((\w+), "([^"]+)"', text_of('include/model/permissions.def'), re.M)) | {'ANYBODY': 'any administrator'}
    wanted = [f'| `{method} {path}` | {names[permission]} | {summary}{" (If-Match)" if tag == "TAG" else ""} |'
              for method, path, permission, tag, summary in routes]
    documented = re.findall(r'^\| `.*', text_of('docs/admin-api.md'), re.M)
    yield from (f'docs/admin-api.md: does not have {row}' for row in wanted if row not in documented)
    yield from (f'docs/admin-api.md: has {row}, which is no route' for row in documented if row not in wanted)
    if not wanted:
        yield 'src/endpoint/admin/admin_routes.def: no route is found'


checks = [value for name, value in sorted(globals().items()) if name.startswith('check_')]
report = xml.Element('testsuite', name='lint')
problems = 0
for check in checks:
    found = list(check())
    case = xml.SubElement(report, 'testcase', classname='lint', name=check.__name__.removeprefix('check_'))
    for line in found:
        print(line)
    if found:
        xml.SubElement(case, 'failure').text = '\n'.join(found)
        problems += len(found)
(root / 'build-test').mkdir(exist_ok=True)
xml.ElementTree(report).write(root / 'build-test/lint.xml')
print(f'lint: {len(checks)} checks, {problems} problems')
sys.exit(1 if problems else 0)
