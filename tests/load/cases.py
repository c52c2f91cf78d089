"""
The table of cases: what is measured as a rate of flows, and what is wanted of each. Cases of one group are measured with the same servers,
taking turns round by round. The goals are those of the project's issue on speed.
"""
import dataclasses

CONNECTIONS = 64
# Enough to keep the hashing threads busy, few enough that a sign-in does not wait for seconds.
CONNECTIONS_LOGIN = 8

FLOOR_GOAL = 1.25           # most server CPU per flow, as a multiple of the floor's
SIGNING_GOAL = 0.5          # least rate of client_credentials, as a share of the raw rate of signing
GLEWLWYD_GOAL = 20


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    group: str
    hot: bool = False         # measured with the memory store too
    quick: bool = False       # part of --quick
    connections: int = CONNECTIONS
    floor: bool = False       # has the goal FLOOR_GOAL
    node: int = 0             # how many times node-oidc-provider's rate is wanted; GLEWLWYD_GOAL goes with it
    algorithm: str = ''       # of the one signature it makes


CASES = [
    Case('discovery', 'documents'),
    Case('jwks', 'documents'),
    Case('client_credentials_es256', 'machines', quick=True, floor=True, node=8, algorithm='ES256'),
    Case('client_credentials_rs256', 'machines', floor=True, algorithm='RS256'),
    Case('client_credentials_ps256', 'machines', floor=True, algorithm='PS256'),
    Case('client_credentials_eddsa', 'machines', floor=True, algorithm='EdDSA'),
    Case('private_key_jwt', 'machines'),
    Case('introspect_jwt', 'tokens', hot=True, quick=True, floor=True, node=10),
    Case('introspect_refresh_token', 'tokens', hot=True, floor=True, node=10),
    Case('userinfo', 'tokens', hot=True, quick=True, floor=True, node=10),
    Case('silent_sign_on', 'people', hot=True, quick=True, floor=True, node=20),
    Case('full_loop', 'people', hot=True, quick=True, node=15),
    Case('refresh', 'refresh', hot=True, quick=True, floor=True, node=10),
    Case('password_login', 'password', connections=CONNECTIONS_LOGIN),
]

# Not measured by itself: full_loop less silent_sign_on, which is its first half.
CODE_EXCHANGE = Case('code_exchange', 'people', hot=True, quick=True, floor=True)
CODE_EXCHANGE_PARTS = ('silent_sign_on', 'full_loop')


def groups(cases):
    """The cases of each group, in the table's order."""
    found = {}
    for case in cases:
        found.setdefault(case.group, []).append(case)
    return list(found.values())
