"""
The peer Glewlwyd from Debian's package, an OpenID provider written in C: one process at its fastest setting, with SQLite in memory and a client secret that
is kept as it is, so that no hash is computed for it. It is set up through its administration's API.
"""
import contextlib
import http.cookiejar
import json
import os
import pathlib
import subprocess
import urllib.request

from targets.peer import Peer
from targets.steps import PASSWORD, REDIRECT, USER

PACKAGES = ['gcc', 'glewlwyd', 'libsqlite3-dev', 'openssl']
FOLDER = pathlib.Path(__file__).resolve().parents[1] / 'peers' / 'glewlwyd'
SCHEMA = pathlib.Path('/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3')
SERVICE_POLICY = pathlib.Path('/usr/sbin/policy-rc.d')
ADMINISTRATOR = 'admin', 'password'    # of every new installation
PLUGIN = 'oidc'
MACHINE_SCOPE = 'read'
# 64 threads, one for each connection, take turns on one core: one heap, and one that is not given back, suits them best.
MALLOC = 'glibc.malloc.arena_max=1:glibc.malloc.trim_threshold=1073741824:glibc.malloc.top_pad=67108864'


# --- installing ---------------------------------------------------------------------------------------------------------------------------

def as_root(*command):
    subprocess.run([*([] if os.getuid() == 0 else ['sudo']), *map(str, command)], check=True, stdout=subprocess.DEVNULL)


def is_installed(package):
    query = subprocess.run(['dpkg-query', '-W', '-f', '${db:Status-Status}', package], capture_output=True, text=True)
    return query.stdout == 'installed'


@contextlib.contextmanager
def no_services_started():
    """Debian's packages start their services unless there is a policy that says no."""
    if SERVICE_POLICY.exists():
        yield
        return
    as_root('sh', '-c', f"printf '#!/bin/sh\\nexit 101\\n' >{SERVICE_POLICY} && chmod 755 {SERVICE_POLICY}")
    try:
        yield
    finally:
        as_root('rm', '-f', SERVICE_POLICY)


def install():
    """The package's service is neither started now nor with the machine."""
    missing = [package for package in PACKAGES if not is_installed(package)]
    if not missing:
        return
    as_root('apt-get', 'update', '-qq')
    with no_services_started():
        as_root('env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', 'install', '-y', '-qq', '--no-install-recommends', *missing)
    as_root('update-rc.d', 'glewlwyd', 'disable')


# --- setting up ---------------------------------------------------------------------------------------------------------------------------

class Api:
    """Glewlwyd's API as someone who has signed in may use it."""

    def __init__(self, port, username, password):
        self.base = f'http://127.0.0.1:{port}/api'
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.call('POST', '/auth/', username=username, password=password)

    def call(self, method, path, **body):
        request = urllib.request.Request(self.base + path, json.dumps(body).encode(), {'Content-Type': 'application/json'}, method=method)
        self.opener.open(request).close()


def oidc_parameters(issuer, private_key, public_key):
    return {
        'iss': issuer, 'subject-type': 'public', 'jwt-type': 'ecdsa', 'jwt-key-size': '256', 'key': private_key, 'cert': public_key, 'jwks-show': True,
        'access-token-duration': 3600, 'refresh-token-duration': 86400, 'code-duration': 600,
        'refresh-token-rolling': False, 'refresh-token-one-use': 'always',
        'auth-type-code-enabled': True, 'auth-type-client-enabled': True, 'auth-type-refresh-enabled': True, 'auth-type-token-enabled': False,
        'auth-type-implicit-enabled': False, 'auth-type-password-enabled': False, 'allow-non-oidc': True, 'pkce-allowed': True,
        'introspection-revocation-allowed': True, 'introspection-revocation-allow-target-client': True}


class Glewlwyd(Peer):
    name = 'glewlwyd'
    paths = {name: f'/api/{PLUGIN}/{path}' for name, path in {
        'discovery': '.well-known/openid-configuration', 'jwks': 'jwks', 'authorize': 'auth', 'token': 'token', 'introspect': 'introspect',
        'userinfo': 'userinfo'}.items()}
    session_cookie = 'GLEWLWYD2_SESSION_ID'
    machine_scope = MACHINE_SCOPE
    # What its sign-in page adds when it finds nothing to ask for. Without it, every request is sent to that page.
    more = '&g_continue'

    def start(self):
        library, script = self.bench.folder / 'memory_database.so', self.bench.folder / 'glewlwyd.sql'
        self.bench.run('gcc', '-O2', '-shared', '-fPIC', '-o', library, FOLDER / 'memory_database.c', '-lsqlite3')
        script.write_text(SCHEMA.read_text() + (FOLDER / 'faster.sql').read_text())
        configuration = self.bench.folder / f'glewlwyd-{self.port}.conf'
        configuration.write_text((FOLDER / 'glewlwyd.conf').read_text().replace('PORT', str(self.port)))
        environment = {**os.environ, 'LD_PRELOAD': str(library), 'GLEWLWYD_SCRIPT': str(script), 'GLIBC_TUNABLES': MALLOC}
        self.process = self.bench.start(self.bench.server_cpus, f'glewlwyd-{self.port}', 'glewlwyd', '-c', configuration, env=environment)
        self.pids = [self.process.pid]
        self.bench.await_port(self.port)
        self.set_up()

    def set_up(self):
        private_key = self.bench.run('openssl', 'ecparam', '-genkey', '-name', 'prime256v1', '-noout')
        public_key = self.bench.run('openssl', 'ec', '-pubout', input=private_key)
        issuer = f'http://localhost:{self.port}/api/{PLUGIN}'
        api = Api(self.port, *ADMINISTRATOR)
        api.call('POST', '/scope/', name=MACHINE_SCOPE, display_name=MACHINE_SCOPE, description=MACHINE_SCOPE, password_required=False, scheme={})
        api.call('POST', '/mod/plugin/', module='oidc', name=PLUGIN, display_name=PLUGIN, order_rank=0,
                 parameters=oidc_parameters(issuer, private_key, public_key))
        api.call('POST', '/client/', client_id='bench', name='bench', enabled=True, confidential=True, client_secret=self.bench.secret,
                 redirect_uri=[REDIRECT], authorization_type=['code', 'client_credentials', 'refresh_token'],
                 token_endpoint_auth_method=['client_secret_basic'], scope=[MACHINE_SCOPE])
        api.call('POST', '/user/', username=USER, name=USER, password=PASSWORD, enabled=True, scope=['openid'])
        Api(self.port, USER, PASSWORD).call('PUT', '/auth/grant/bench', scope='openid')

    def version(self):
        return subprocess.run(['glewlwyd', '--version'], capture_output=True, text=True, check=True).stdout.strip()

    def sign_in(self):
        head = self.steps.head('POST', '/api/auth/', 'Content-Type: application/json')
        session = {'variable': 'session', 'from': 'cookie', 'name': self.session_cookie}
        return [{'request': head, 'body': json.dumps({'username': USER, 'password': PASSWORD}), 'status': 200, 'capture': [session]}]

    def plan_refresh(self):
        """A refresh brings a new access token but no ID token."""
        return self.refresh('access_token')
