"""
The steps of Tongxing's flows, in the plan format of the load generator (generator/plan.h).
"""
import base64
import urllib.parse

REDIRECT = 'https://rp.example/cb'
ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
USER, PASSWORD = 'bench', 'Bench-Pass-1'


def from_json(*names):
    return [{'variable': name, 'from': 'json', 'name': name} for name in names]


def from_location(name):
    return [{'variable': name, 'from': 'location', 'name': name}]


def from_html(name):
    return [{'variable': name, 'from': 'html', 'name': name}]


def from_cookie(variable):
    return [{'variable': variable, 'from': 'cookie', 'name': f'__Host-{variable}'}]


class Steps:
    """For a server on this port. A form's values are templates and go out as they stand."""

    def __init__(self, port, secret):
        self.port, self.secret = port, secret

    def head(self, method, path, *headers):
        return '\r\n'.join([f'{method} {path} HTTP/1.1', f'Host: localhost:{self.port}', *headers])

    def get(self, path, *headers, **step):
        return {'request': self.head('GET', path, *headers), 'status': 200, **step}

    def post(self, path, form, *headers, **step):
        head = self.head('POST', path, 'Content-Type: application/x-www-form-urlencoded', *headers)
        return {'request': head, 'body': '&'.join(f'{name}={value}' for name, value in form.items()), 'status': 200, **step}

    def call(self, path, form, client='bench', **step):
        """From a client system, with its secret in the Authorization header."""
        credentials = base64.b64encode(f'{client}:{self.secret}'.encode()).decode()
        return self.post(path, form, f'Authorization: Basic {credentials}', **step)

    # --- a person -------------------------------------------------------------------------------------------------------------------------

    def authorize_path(self, client='bench'):
        fixed = {'response_type': 'code', 'client_id': client, 'redirect_uri': REDIRECT, 'scope': 'openid', 'code_challenge_method': 'S256'}
        return f'/authorize?{urllib.parse.urlencode(fixed)}&state={{state}}&nonce={{nonce}}&code_challenge={{challenge}}'

    @staticmethod
    def with_code(*captures):
        return {'status': 303, 'location_starts': f'{REDIRECT}?code=', 'capture': [*from_location('code'), *captures]}

    def authorize(self, client='bench'):
        """Silent sign-on: there is a session."""
        return self.get(self.authorize_path(client), 'Cookie: __Host-session={session}', **self.with_code())

    def exchange(self, *variables, client='bench'):
        form = {'grant_type': 'authorization_code', 'code': '{code}', 'redirect_uri': urllib.parse.quote(REDIRECT, ''), 'code_verifier': '{verifier}'}
        return self.call('/token', form, client, capture=from_json(*variables))

    def stranger(self):
        """A browser without cookies is sent to the sign-in page."""
        return self.get(self.authorize_path(), status=303, location_starts='/login?flow=', capture=[*from_location('flow'), *from_cookie('browser')])

    def page(self, path):
        return self.get(f'{path}?flow={{flow}}', 'Cookie: __Host-browser={browser}', capture=from_html('flow'))

    def submit(self, path, form):
        """A form that signs in: back to the portal, with a code and a session."""
        return self.post(path, {'flow': '{flow}', **form}, 'Cookie: __Host-browser={browser}', **self.with_code(*from_cookie('session')))

    def sign_in(self):
        form = {'username': USER, 'password': PASSWORD, 'action': 'login'}
        return [self.stranger(), self.page('/login'), self.submit('/login', form)]

    def register(self, *headers):
        """Of {name}, {id_number} and {phone}. The headers go with the form."""
        form = {'name': '{name}', 'id_number': '{id_number}', 'phone': '{phone}', 'password': PASSWORD, 'action': 'register'}
        submit = self.submit('/register', form)
        submit['request'] = '\r\n'.join([submit['request'], *headers])
        return [self.stranger(), self.page('/register'), submit]

    # --- a machine ------------------------------------------------------------------------------------------------------------------------

    def client_credentials(self, client='bench'):
        return self.call('/token', {'grant_type': 'client_credentials'}, client, capture=from_json('access_token'))

    def client_assertion(self):
        form = {'grant_type': 'client_credentials', 'client_assertion_type': ASSERTION_TYPE, 'client_assertion': '{assertion}'}
        return self.post('/token', form, capture=from_json('access_token'))

    def introspect(self, token, client='bench'):
        return self.call('/introspect', {'token': f'{{{token}}}'}, client, contains='"active":true')

    def refresh(self, client):
        form = {'grant_type': 'refresh_token', 'refresh_token': '{refresh_token}'}
        return self.call('/token', form, client, capture=from_json('refresh_token', 'access_token', 'id_token'))
