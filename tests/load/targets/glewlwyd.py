"""
The peer Glewlwyd from Debian's package, an OpenID provider written in C: one process at its fastest setting, with SQLite in memory and the client's secret
kept as it is, so that no hash is computed for it. It is set up through its administration's API, as its documentation says.
"""
import http.cookiejar
import json
import os
import pathlib
import subprocess
import urllib.request

from targets.peer import Peer
from targets.steps import PASSWORD, REDIRECT, USER, from_cookie

PACKAGES = ['glewlwyd']
FOLDER = pathlib.Path(__file__).resolve().parents[1] / 'peers' / 'glewlwyd'
SCHEMA = pathlib.Path('/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3')
PLUGIN = 'oidc'
SERVE_FIRST_START = pathlib.Path('/usr/sbin/policy-rc.d')


def installed(package):
    state = subprocess.run(['dpkg-query', '-W', '-f', '${db:Status-Status}', package], capture_output=True, text=True).stdout
    return state == 'installed'


def as_root(*command):
    subprocess.run([*([] if os.getuid() == 0 else ['sudo']), *command], check=True, stdout=subprocess.DEVNULL)


class Administrator:
    """The API as the administrator of a new installation sees it, or as a person who signs in."""

    def __init__(self, port, username, password):
        self.base = f'http://127.0.0.1:{port}/api'
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.call('POST', '/auth/', {'username': username, 'password': password})

    def call(self, method, path, body):
        request = urllib.request.Request(self.base + path, json.dumps(body).encode(), {'Content-Type': 'application/json'}, method=method)
        self.opener.open(request).close()


class Glewlwyd(Peer):
    name = 'glewlwyd'
    paths = {name: f'/api/{PLUGIN}/{path}' for name, path in {
        'discovery': '.well-known/openid-configuration', 'jwks': 'jwks', 'authorize': 'auth', 'token': 'token', 'introspect': 'introspect',
        'userinfo': 'userinfo'}.items()}
    session_cookie = 'GLEWLWYD2_SESSION_ID'
    machine_scope = 'read'
    # What Glewlwyd's sign-in page adds when there is nothing to ask for; without it every request is sent to that page first.
    more = '&g_continue'

    def start(self):
        library = self.bench.folder / 'memory_schema.so'
        self.bench.run('cc', '-O2', '-shared', '-fPIC', '-o', library, FOLDER / 'memory_schema.c', '-lsqlite3')
        configuration = self.bench.folder / f'glewlwyd-{self.port}.conf'
        configuration.write_text((FOLDER / 'glewlwyd.conf').read_text().replace('PORT', str(self.port)))
        environment = {**os.environ, 'LD_PRELOAD': os.environ.get('GL_PRE', '') + ' ' + str(library), 'GLEWLWYD_SCHEMA': os.environ.get('GL_SCHEMA', str(SCHEMA))}
        self.process = self.bench.start(self.bench.server_cpus, f'glewlwyd-{self.port}', 'glewlwyd', '-c', configuration, env=environment)
        self.pids = [self.process.pid]
        self.bench.await_port(self.port)
        self.set_up()

    def version(self):
        return subprocess.run(['dpkg-query', '-W', '-f', '${Version}', 'glewlwyd'], capture_output=True, text=True, check=True).stdout

    def set_up(self):
        administrator = Administrator(self.port, 'admin', 'password')
        administrator.call('POST', '/scope/', {'name': self.machine_scope, 'display_name': 'read', 'description': 'read', 'password_required': False, 'scheme': {}})
        administrator.call('POST', '/mod/plugin/', {'module': 'oidc', 'name': PLUGIN, 'display_name': PLUGIN, 'order_rank': 0, 'parameters': self.parameters()})
        administrator.call('POST', '/client/', {
            'client_id': 'bench', 'name': 'bench', 'enabled': True, 'confidential': True, 'client_secret': self.bench.secret, 'redirect_uri': [REDIRECT],
            'authorization_type': ['code', 'client_credentials', 'refresh_token'], 'token_endpoint_auth_method': ['client_secret_basic'],
            'scope': [self.machine_scope]})
        administrator.call('POST', '/user/', {'username': USER, 'name': USER, 'password': PASSWORD, 'enabled': True, 'scope': ['openid']})
        Administrator(self.port, USER, PASSWORD).call('PUT', '/auth/grant/bench', {'scope': 'openid'})

    def parameters(self):
        private = self.bench.run('openssl', 'ecparam', '-genkey', '-name', 'prime256v1', '-noout')
        public = self.bench.run('openssl', 'ec', '-pubout', input=private)
        return {
            'iss': f'http://localhost:{self.port}/api/{PLUGIN}', 'jwt-type': 'ecdsa', 'jwt-key-size': '256', 'key': private, 'cert': public,
            'access-token-duration': 3600, 'refresh-token-duration': 86400, 'code-duration': 600, 'refresh-token-rolling': False,
            'refresh-token-one-use': 'always', 'auth-type-code-enabled': True, 'auth-type-client-enabled': True, 'auth-type-refresh-enabled': True,
            'auth-type-token-enabled': False, 'auth-type-implicit-enabled': False, 'auth-type-password-enabled': False, 'allow-non-oidc': True,
            'pkce-allowed': True, 'jwks-show': True, 'subject-type': 'public',
            'introspection-revocation-allowed': True, 'introspection-revocation-allow-target-client': True}

    def sign_in(self):
        session = {'variable': 'session', 'from': 'cookie', 'name': self.session_cookie}
        head = self.steps.head('POST', '/api/auth/', 'Content-Type: application/json')
        return [{'request': head, 'body': '{"username":"%s","password":"%s"}' % (USER, PASSWORD), 'status': 200, 'capture': [session]}]

    def plan_refresh(self):
        """A refresh brings a new access token, but no ID token."""
        return self.refresh('access_token')
