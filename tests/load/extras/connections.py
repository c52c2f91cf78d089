"""
Ten thousand connections that are kept alive and say nothing: what each costs in memory, and whether others are still served at full speed.
"""
import time

from cases import CONNECTIONS, Case
from goals import AT_LEAST, AT_MOST, Goal
from harness import say
from machine import raise_file_limit
from rounds import Turn, median_ratio
from targets.tongxing import Tongxing

COUNT = 10000
DESCRIPTORS_BESIDES = 500
# Of the rate without them: what two runs of the same thing differ by on a machine that is not ours alone.
FULL_SPEED = 95
CLOSE_S = 1
LIMITS = {'connections': 2 * COUNT, 'connections_per_address': 2 * COUNT, 'idle_ms': 600000}

MEMORY_GOAL = Goal('10,000 idle connections: memory of each', AT_MOST, 10, None, 'KB')
SPEED_GOAL = Goal('10,000 idle connections: silent sign-on, of its rate without', AT_LEAST, FULL_SPEED, None, '%')


def not_possible():
    note = f'the system allows a process too few descriptors: {raise_file_limit()}'
    say(f'  {note}')
    return {'note': note}, [MEMORY_GOAL.missing(note), SPEED_GOAL.missing(note)]


def measure(bench, size):
    if raise_file_limit() < COUNT + DESCRIPTORS_BESIDES:
        return not_possible()
    server = Tongxing(bench, options={'limits': LIMITS})
    server.start()
    plan = server.plan('silent_sign_on')
    idle = {'idle_connections': COUNT, 'idle_request': server.steps.get('/jwks')}
    alone = Turn(bench, server, Case('silent sign-on alone', 'extras'), plan)
    beside = Turn(bench, server, Case('… beside 10,000 idle', 'extras'), {**plan, **idle})
    for _ in range(size.extras.rounds):
        alone.play(size.extras)
        beside.play(size.extras)
        time.sleep(CLOSE_S)   # the server sees ten thousand connections end
    server.stop()
    if any(one['connections_open'] < COUNT + CONNECTIONS for one in beside.rounds):
        bench.errors.append('idle connections: the server closed some of them')
    # Only the first time: memory that was used once is kept.
    each = (beside.rounds[0]['rss_before'] - alone.rounds[0]['rss_after']) * 1024 / COUNT
    say(f'  {each:.0f} bytes of the server\'s resident memory for each connection')
    share = 100 * median_ratio(beside.rounds, alone.rounds, 'rate')
    return {'bytes_each': each, 'alone': alone.rounds, 'beside': beside.rounds}, [MEMORY_GOAL.measured(each / 1000), SPEED_GOAL.measured(share)]
