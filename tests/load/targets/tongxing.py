"""
Tongxing itself, set up as an operator would: a configuration, a clients file, keys and an account, all in the harness's folder. Keys and account
are made once for a run and serve every instance.
"""
import http.client
import json
import urllib.request

from targets.steps import PASSWORD, REDIRECT, USER, Steps
from targets.target import Target

TOKENS = 1000
TOKEN_CONNECTIONS = 8
ASSERTION_LIFETIME_S = 300
# Tokens and sessions made before a measurement must outlive it.
LIFETIMES = {'access_token_s': 3600, 'session_idle_s': 7200}
# 64 connections sign the same person in from the same address: nothing of that may look like guessing.
LOGIN = {'attempts_per_account': 1000, 'attempts_per_address': 100000}
MEMORY_STORE_BYTES = 8 * 2**30
OTHER_ALGORITHMS = ('RS256', 'PS256', 'EdDSA')
MAKE_KEY = """
  const { privateKey } = require('crypto').generateKeyPairSync('ec', { namedCurve: 'P-256' });
  console.log(JSON.stringify(privateKey.export({ format: 'jwk' })));
"""
READY_TRY_S = 1


def is_ready(port):
    """What the operators' listener says of readiness."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=READY_TRY_S)
    try:
        connection.request('GET', '/ready')
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def merged(options, more):
    return {group: {**options.get(group, {}), **more.get(group, {})} for group in {**options, **more}}


class Tongxing(Target):
    def __init__(self, bench, store='redis', workers=1, name=None, cpus=None, redis_port=None, options=None):
        self.bench, self.store, self.workers = bench, store, workers
        self.name = name or f'tongxing ({store})'
        self.cpus = cpus or bench.server_cpus
        self.redis_port = redis_port or bench.redis_port
        self.options = options or {}
        self.binary = bench.build / 'src/tongxing'
        self.port, self.ops_port = bench.free_port(), bench.free_port()
        self.file = bench.folder / f'tongxing-{self.port}.yaml'
        self.steps = Steps(self.port, bench.secret)
        self.issuer = f'http://localhost:{self.port}'
        self.process, self.pids, self.lists, self.cookie = None, [], {}, None

    # --- installing -----------------------------------------------------------------------------------------------------------------------

    def settings(self):
        """JSON is YAML: the file is written as the configuration wants it."""
        folder = self.bench.folder
        kv = {'driver': self.store, **({'memory_bytes': MEMORY_STORE_BYTES} if self.store == 'memory' else {})}
        return merged({
            'server': {'issuer': self.issuer, 'workers': self.workers}, 'listen': {'port': self.port}, 'ops': {'port': self.ops_port},
            'log': {'level': 'warn'}, 'kv': kv, 'redis': {'port': self.redis_port}, 'sql': {'path': str(folder / 'tongxing.db')},
            'keys': {'folder': str(folder / 'keys')}, 'clients': {'file': str(folder / 'clients.yaml')},
            'lifetimes': LIFETIMES, 'login': LOGIN, 'registration': {'enabled': False}}, self.options)

    def clients(self):
        secret = {'client_secret': self.bench.secret}
        person = {'redirect_uris': [REDIRECT], 'scope': 'openid', 'tongxing_consent': 'statutory'}
        machine = {'grant_types': ['client_credentials']}
        public_key = {name: value for name, value in self.assertion_key().items() if name != 'd'}
        return [
            {'client_id': 'bench', **secret, **person, 'grant_types': ['authorization_code', 'client_credentials']},
            {'client_id': 'bench-refresh', **secret, **person, 'grant_types': ['authorization_code', 'refresh_token']},
            {'client_id': 'bench-jwt', **machine, 'token_endpoint_auth_method': 'private_key_jwt', 'jwks': {'keys': [public_key]}},
            *({'client_id': f'bench-{algorithm}', **secret, **machine, 'tongxing_access_token_alg': algorithm} for algorithm in OTHER_ALGORITHMS)]

    def assertion_key(self):
        """The private JWK of the client with private_key_jwt, made by Node: Python's library has no elliptic curves."""
        file = self.bench.folder / 'assertion-key.json'
        if not file.exists():
            file.write_text(self.bench.run(self.bench.node(), '-e', MAKE_KEY))
        return {**json.loads(file.read_text()), 'kid': 'bench', 'use': 'sig', 'alg': 'ES256'}

    def install(self):
        settings = self.settings()
        self.file.write_text(json.dumps(settings))
        clients = self.bench.folder / 'clients.yaml'
        if not clients.exists():
            clients.write_text(json.dumps({'clients': self.clients()}))
        if not (self.bench.folder / 'keys').exists():
            self.bench.run(self.binary, 'keys', 'create', self.file)
        account = {'username': USER, 'password': PASSWORD, 'level': 2}
        database = settings['sql']['path']
        if database not in self.bench.databases:
            self.bench.run(self.binary, 'account', 'add', self.file, input=json.dumps(account))
            self.bench.databases.add(database)

    # --- running --------------------------------------------------------------------------------------------------------------------------

    def start(self):
        self.install()
        self.launch()
        self.bench.wait_for(lambda: is_ready(self.ops_port), f'{self.name} is not ready')

    def launch(self, env=None):
        """Starts it without waiting for anything."""
        self.process = self.bench.start(self.cpus, f'tongxing-{self.port}', self.binary, 'serve', self.file, env=env)
        self.pids = [self.process.pid]

    def stop(self):
        self.bench.end(self.process)

    def version(self):
        return self.bench.about['tongxing']

    def jwks(self):
        with urllib.request.urlopen(f'http://127.0.0.1:{self.port}/jwks') as answer:
            return json.load(answer)

    # --- what is made before a measurement ------------------------------------------------------------------------------------------------

    def session(self):
        """The cookie of a person who has signed in."""
        if not self.cookie:
            plan = {'flow': self.steps.sign_in(), 'connections': 1, 'flows': 1}
            self.cookie = self.bench.collect(self, 'signing in', plan, ['session'])['session'][0]
        return self.cookie

    def tokens(self, variable):
        if not self.lists:
            for name, client in (('access_token', 'bench'), ('refresh_token', 'bench-refresh')):
                plan = {**self.with_session(), 'flow': [self.steps.authorize(client), self.steps.exchange(name, client=client)],
                        'connections': TOKEN_CONNECTIONS, 'flows': TOKENS}
                self.lists |= self.bench.collect(self, 'making tokens', plan, [name])
        return self.lists[variable]

    def with_session(self):
        return {'variables': {'session': self.session()}}

    # --- cases ----------------------------------------------------------------------------------------------------------------------------

    def plan(self, case):
        return getattr(self, f'plan_{case}', lambda: None)()

    def plan_discovery(self):
        return {'flow': [self.steps.get('/.well-known/openid-configuration', contains='"issuer"')]}

    def plan_jwks(self):
        return {'flow': [self.steps.get('/jwks', contains='"keys"')]}

    def plan_client_credentials_es256(self):
        return self.machine_plan(self.steps.client_credentials())

    def plan_client_credentials_rs256(self):
        return self.other_algorithm('RS256')

    def plan_client_credentials_ps256(self):
        return self.other_algorithm('PS256')

    def plan_client_credentials_eddsa(self):
        return self.other_algorithm('EdDSA')

    def other_algorithm(self, algorithm):
        return self.machine_plan(self.steps.client_credentials(f'bench-{algorithm}'))

    def plan_private_key_jwt(self):
        assertion = {'jwk': self.assertion_key(), 'client_id': 'bench-jwt', 'audience': self.issuer, 'lifetime': ASSERTION_LIFETIME_S}
        return {**self.machine_plan(self.steps.client_assertion()), 'assertion': assertion}

    @staticmethod
    def machine_plan(step):
        return {'flow': [step], 'sample': {'variables': ['access_token']}}

    def plan_introspect_jwt(self):
        return {'lists': {'access_token': self.tokens('access_token')}, 'flow': [self.steps.introspect('access_token')]}

    def plan_introspect_refresh_token(self):
        """Only the client a refresh token was given to learns that it is active."""
        return {'lists': {'refresh_token': self.tokens('refresh_token')}, 'flow': [self.steps.introspect('refresh_token', 'bench-refresh')]}

    def plan_userinfo(self):
        return {'lists': {'access_token': self.tokens('access_token')},
                'flow': [self.steps.get('/userinfo', 'Authorization: Bearer {access_token}', contains='"sub"')]}

    def plan_silent_sign_on(self):
        return {**self.with_session(), 'flow': [self.steps.authorize()]}

    def plan_full_loop(self):
        return {**self.with_session(), 'flow': [self.steps.authorize(), self.steps.exchange('access_token', 'id_token')],
                'sample': {'variables': ['access_token', 'id_token']}}

    def plan_refresh(self):
        client = 'bench-refresh'
        return {**self.with_session(), 'prologue': [self.steps.authorize(client), self.steps.exchange('refresh_token', client=client)],
                'flow': [self.steps.refresh(client)], 'sample': {'variables': ['access_token', 'id_token']}}

    def plan_password_login(self):
        return {'flow': self.steps.sign_in()}
