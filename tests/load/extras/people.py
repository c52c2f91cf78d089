"""
People who do not exist, the register that knows them, and a server at which they register cheaply: what is measured is not the password hash.
"""
import datetime
import json
import secrets
import urllib.parse
import urllib.request

from targets.tongxing import Tongxing

APP_ID = 'tongxing'
NAME = urllib.parse.quote('测试甲')
REGION = '110105'
FIRST_BIRTH = datetime.date(1890, 1, 1)
PEOPLE_PER_DAY = 900
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = '10X98765432'   # GB 11643-1999
# Fewer than the server lets register from one address in a day (attempts_per_address).
PEOPLE_PER_ADDRESS = 5000
ADDRESS_LIMIT = 10000
HOLD_MS = 60000
CONNECTIONS_BESIDES = 1000
# Making many people takes minutes: a pause of the machine is not to spoil them.
REDIS_MS = 10000


def id_number(number):
    day = FIRST_BIRTH + datetime.timedelta(days=number // PEOPLE_PER_DAY)
    digits = f'{REGION}{day:%Y%m%d}{100 + number % PEOPLE_PER_DAY}'
    return digits + CHECK_CHARACTERS[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits)) % 11]


class Town:
    """A register, and what is needed to register people of it, each one once."""

    def __init__(self, bench):
        self.bench = bench
        self.secret = secrets.token_urlsafe(24)
        self.port = bench.free_port()
        self.registered = 0
        program = bench.root / 'tests/load/extras/register.py'
        self.process = bench.start(bench.load_cpus, 'register', 'python3', program, self.port, APP_ID, self.secret)
        bench.await_port(self.port)

    def ask(self, what):
        with urllib.request.urlopen(f'http://127.0.0.1:{self.port}/{what}') as answer:
            return json.load(answer)['waiting']

    def server(self, concurrent, **arguments):
        """Registrations come in through a proxy, as far as the server knows: they are from many addresses."""
        population = {'adapter': 'population', 'url': f'http://127.0.0.1:{self.port}', 'app_id': APP_ID, 'secret': self.secret,
                      'timeout_ms': HOLD_MS, 'concurrent': concurrent}
        return Tongxing(self.bench, **arguments, options={
            'listen': {'trusted_proxies': ['127.0.0.1']},
            'limits': {'request_ms': 2 * HOLD_MS, 'connections_per_address': CONNECTIONS_BESIDES + concurrent},
            'password': {'memory_kib': 1024, 'passes': 1, 'queue': 10000}, 'sql': {'path': str(self.bench.folder / f'people-{self.port}.db')},
            'registration': {'enabled': True, 'upstream': 'population', 'attempts_per_address': ADDRESS_LIMIT},
            'redis': {'timeout_ms': REDIS_MS}, 'upstreams': {'population': population}})

    def plan(self, server, count, connections, visit):
        """So many people register; with `visit` each goes on to the portal, which redeems the code."""
        numbers = range(self.registered, self.registered + count)
        self.registered += count
        lists = {'id_number': [id_number(number) for number in numbers], 'phone': [f'13{number:09d}' for number in numbers],
                 'address': [f'198.51.100.{1 + number // PEOPLE_PER_ADDRESS}' for number in numbers]}
        flow = server.steps.register('X-Forwarded-For: {address}')
        return {'variables': {'name': NAME}, 'lists': lists, 'connections': connections, 'flows': count,
                'flow': [*flow, server.steps.exchange('access_token')] if visit else flow}

    def end(self):
        self.bench.end(self.process)
