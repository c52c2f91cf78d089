"""
Silent sign-on (/authorize with a session in Redis) on one core, beside the floor program that does the same two Redis operations and nothing else.
Server and floor take turns in one run, several times, on the same core; wrk and Redis have the other. The figures that count are ratios and CPU per request.
"""
import base64
import hashlib
import http.client
import json
import os
import pathlib
import re
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

root = pathlib.Path(__file__).resolve().parents[2]
binary, floor = root / 'build/src/tongxing', root / 'build/tests/bench/floor'
ROUNDS, SECONDS, CONNECTIONS = 5, 4, 64
started = []


def free_port():
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


def start(core, *command):
    log = open(folder / 'log', 'ab')
    process = subprocess.Popen(['taskset', '-c', str(core), *map(str, command)], stdout=log, stderr=log)
    started.append(process)
    return process


def await_port(port):
    for _ in range(200):
        try:
            socket.create_connection(('127.0.0.1', port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f'nothing listens on port {port}:\n{(folder / "log").read_text()[-2000:]}')


def request(path, form=None, cookies={}):
    connection = http.client.HTTPConnection('127.0.0.1', port)
    headers = {'Cookie': '; '.join(f'{name}={value}' for name, value in cookies.items())}
    if form:
        headers['Content-Type'] = 'application/x-www-form-urlencoded'
    connection.request('POST' if form else 'GET', path, urllib.parse.urlencode(form) if form else None, headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    for line in answer.headers.get_all('Set-Cookie') or []:
        name, value = line.split(';')[0].split('=', 1)
        cookies[name] = value
    return answer, body


def cpu_seconds(process):
    """User and system time of all threads."""
    fields = pathlib.Path(f'/proc/{process.pid}/stat').read_text().rsplit(') ', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def measure(process, url, cookie):
    before = cpu_seconds(process)
    out = subprocess.run(['taskset', '-c', '0', 'wrk', '-t1', f'-c{CONNECTIONS}', f'-d{SECONDS}s', '-H', f'Cookie: {cookie}', url],
                         capture_output=True, text=True, check=True).stdout
    count = int(re.search(r'(\d+) requests in', out).group(1))
    if 'Non-2xx' in out:
        sys.exit(f'not every answer was a redirect:\n{out}')
    return count / SECONDS, (cpu_seconds(process) - before) / count * 1e6


def run():
    global port
    port, ops, redis_port, floor_port = (free_port() for _ in range(4))
    secret = secrets.token_urlsafe(24)
    (folder / 'clients.yaml').write_text(json.dumps({'clients': [{
        'client_id': 'bench', 'client_secret': secret, 'redirect_uris': ['https://rp.example/cb'], 'tongxing_consent': 'statutory'}]}))
    (folder / 'tongxing.yaml').write_text(json.dumps({
        'server': {'issuer': f'http://localhost:{port}', 'workers': 1}, 'listen': {'port': port}, 'ops': {'port': ops}, 'redis': {'port': redis_port},
        'log': {'level': 'warn'}, 'sql': {'path': str(folder / 'x.db')}, 'keys': {'folder': str(folder / 'keys')},
        'clients': {'file': str(folder / 'clients.yaml')}, 'registration': {'enabled': False}}))
    config = folder / 'tongxing.yaml'
    start(0, 'redis-server', '--port', redis_port, '--bind', '127.0.0.1', '--save', '', '--dir', folder)
    await_port(redis_port)
    subprocess.run([binary, 'keys', 'create', config], check=True)
    subprocess.run([binary, 'account', 'add', config], check=True, input=json.dumps({'username': 'bench', 'password': 'Bench-Pass-1', 'level': 2}), text=True,
                   stdout=subprocess.DEVNULL)
    server = start(1, binary, 'serve', config)
    bare = start(1, floor, floor_port, redis_port)
    await_port(port)
    await_port(floor_port)
    time.sleep(0.5)

    challenge = hashlib.sha256(b'x').digest()
    query = urllib.parse.urlencode({
        'client_id': 'bench', 'redirect_uri': 'https://rp.example/cb', 'response_type': 'code', 'scope': 'openid', 'state': 's' * 43, 'nonce': 'n' * 43,
        'code_challenge': base64.urlsafe_b64encode(challenge).decode().rstrip('='), 'code_challenge_method': 'S256'})
    cookies = {}
    answer, _ = request(f'/authorize?{query}', cookies=cookies)
    _, page = request(answer.headers['Location'], cookies=cookies)
    flow = re.search(r'name="flow" value="([^"]+)"', page).group(1)
    request('/login', {'flow': flow, 'username': 'bench', 'password': 'Bench-Pass-1', 'action': 'login'}, cookies)
    answer, _ = request(f'/authorize?{query}', cookies=cookies)
    assert '?code=ac_' in answer.headers['Location'], answer.headers['Location']

    rows = []
    cookie = f'__Host-session={cookies["__Host-session"]}'
    for _ in range(ROUNDS):
        ours = measure(server, f'http://127.0.0.1:{port}/authorize?{query}', cookie)
        theirs = measure(bare, f'http://127.0.0.1:{floor_port}/', cookie)
        rows.append((*ours, *theirs))
        print('server %8.0f/s %6.1f us CPU   floor %8.0f/s %6.1f us CPU   CPU ratio %.2f' % (*rows[-1], ours[1] / theirs[1]), flush=True)
    rss = int(re.search(r'VmRSS:\s+(\d+)', pathlib.Path(f'/proc/{server.pid}/status').read_text()).group(1))
    print('median CPU ratio server/floor %.2f, CPU per sign-on %.1f us against %.1f us, resident memory of the server %.1f MiB' % (
        statistics.median(row[1] / row[3] for row in rows), statistics.median(row[1] for row in rows), statistics.median(row[3] for row in rows), rss / 1024))


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    try:
        run()
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()
