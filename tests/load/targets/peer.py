"""
What the peers have in common: the cases' flows, written once in terms of a peer's paths, its session cookie and its way of signing in.
"""
import json
import urllib.parse
import urllib.request

from targets.steps import REDIRECT, Steps, from_json, from_location
from targets.target import Target

TOKENS = 1000


class Peer(Target):
    paths = {}                # of discovery, jwks, authorize, token, introspect, userinfo
    session_cookie = ''
    redirect_status = 302
    more = ''                 # more parameters of the authorization request
    scope = 'openid'
    refresh_scope = 'openid'  # what a refresh token is given out for
    machine_scope = ''
    # What a person's flow captures that is a JWT, so that the key set can verify it.
    signed_tokens = ('access_token', 'id_token')

    def __init__(self, bench):
        self.bench = bench
        self.port = bench.free_port()
        self.steps = Steps(self.port, bench.secret)
        self.pids, self.process, self.lists, self.cookie = [], None, {}, None

    def stop(self):
        self.bench.end(self.process)

    def jwks(self):
        with urllib.request.urlopen(f'http://127.0.0.1:{self.port}{self.paths["jwks"]}') as answer:
            return json.load(answer)

    # --- steps ----------------------------------------------------------------------------------------------------------------------------

    def sign_in(self):
        """The steps after which {session} is known."""
        raise NotImplementedError

    def authorize_path(self, scope):
        fixed = {'response_type': 'code', 'client_id': 'bench', 'redirect_uri': REDIRECT, 'scope': scope, 'code_challenge_method': 'S256'}
        return f'{self.paths["authorize"]}?{urllib.parse.urlencode(fixed)}&state={{state}}&nonce={{nonce}}&code_challenge={{challenge}}{self.more}'

    def with_code(self, *captures):
        return {'status': self.redirect_status, 'location_starts': f'{REDIRECT}?', 'capture': [*from_location('code'), *captures]}

    def authorize(self, scope):
        return self.steps.get(self.authorize_path(scope), f'Cookie: {self.session_cookie}={{session}}', **self.with_code())

    def exchange(self, *variables):
        form = {'grant_type': 'authorization_code', 'code': '{code}', 'redirect_uri': urllib.parse.quote(REDIRECT, ''), 'code_verifier': '{verifier}'}
        return self.steps.call(self.paths['token'], form, capture=from_json(*variables))

    def introspect(self, variable):
        form = {'token': f'{{{variable}}}', 'token_type_hint': variable}
        return self.steps.call(self.paths['introspect'], form, contains='"active":true')

    # --- what is made before a measurement ------------------------------------------------------------------------------------------------

    def session(self):
        """The cookie of a person who has signed in."""
        if not self.cookie:
            plan = {'flow': self.sign_in(), 'connections': 1, 'flows': 1}
            self.cookie = self.bench.collect(self, 'signing in', plan, ['session'])['session'][0]
        return self.cookie

    def signed_in(self):
        """The part of a plan that makes {session} known: one for all connections."""
        return {'variables': {'session': self.session()}, 'prologue': []}

    def tokens(self, variable):
        """The access tokens and the refresh tokens of a session that signs on again and again."""
        if not self.lists:
            names = ['access_token', 'refresh_token']
            plan = {**self.signed_in(), 'flow': [self.authorize(self.refresh_scope), self.exchange(*names)], 'connections': 1, 'flows': TOKENS}
            self.lists = self.bench.collect(self, 'making tokens', plan, names)
        return self.lists[variable]

    # --- cases ----------------------------------------------------------------------------------------------------------------------------

    def plan(self, case):
        return getattr(self, f'plan_{case}', lambda: None)()

    def plan_discovery(self):
        return {'flow': [self.steps.get(self.paths['discovery'], contains='"issuer"')]}

    def plan_jwks(self):
        return {'flow': [self.steps.get(self.paths['jwks'], contains='"keys"')]}

    def plan_client_credentials_es256(self):
        form = {'grant_type': 'client_credentials', **({'scope': self.machine_scope} if self.machine_scope else {})}
        return {'flow': [self.steps.call(self.paths['token'], form, capture=from_json('access_token'))], 'sample': {'variables': ['access_token']}}

    def plan_introspect_jwt(self):
        return {'lists': {'access_token': self.tokens('access_token')}, 'flow': [self.introspect('access_token')]}

    def plan_introspect_refresh_token(self):
        return {'lists': {'refresh_token': self.tokens('refresh_token')}, 'flow': [self.introspect('refresh_token')]}

    def plan_userinfo(self):
        return {'lists': {'access_token': self.tokens('access_token')},
                'flow': [self.steps.get(self.paths['userinfo'], 'Authorization: Bearer {access_token}', contains='"sub"')]}

    def plan_silent_sign_on(self):
        return {**self.signed_in(), 'flow': [self.authorize(self.scope)]}

    def plan_full_loop(self):
        return {**self.signed_in(), 'flow': [self.authorize(self.scope), self.exchange('access_token', 'id_token')],
                'sample': {'variables': list(self.signed_tokens)}}

    def refresh(self, *captures):
        """The plan, which looks at these tokens besides the refresh token."""
        form = {'grant_type': 'refresh_token', 'refresh_token': '{refresh_token}'}
        begun = self.signed_in()
        return {**begun, 'prologue': [*begun['prologue'], self.authorize(self.refresh_scope), self.exchange('refresh_token')],
                'flow': [self.steps.call(self.paths['token'], form, capture=from_json('refresh_token', *captures))],
                'sample': {'variables': [name for name in captures if name in self.signed_tokens]}}
