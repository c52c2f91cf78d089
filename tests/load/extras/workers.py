"""
One worker on one core, and two on two. Where there are cores enough for it the rate is to double; where the second worker shares its core with the
load, a request is to cost what it did.
"""
from cases import Case
from goals import AT_LEAST, AT_MOST, Goal
from harness import say
from machine import read_cpus, write_cpus
from rounds import Turn, median_ratio
from targets.tongxing import Tongxing

CASES = ('silent_sign_on', 'client_credentials_es256')
# Two for the server, two to load it.
CORES_ENOUGH = 4

RATE_GOAL = Goal('two server cores: rate, of one core', AT_LEAST, 1.8, None, '×')
COST_GOAL = Goal('two server cores: CPU per request, of one core', AT_MOST, 1.05, None, '×')


def two_cores(placing):
    """The server's core and the next: the load's only where there is no other."""
    first = read_cpus(placing.server)[:1]
    others = [cpu for cpu in placing.usable if cpu not in first]
    others.sort(key=lambda cpu: cpu in read_cpus(placing.load) + read_cpus(placing.redis))
    return write_cpus(first + others[:1])


def measure(bench, size):
    cores = two_cores(bench.placing)
    one = Tongxing(bench, name='one worker', cpus=write_cpus(read_cpus(bench.server_cpus)[:1]))
    two = Tongxing(bench, name='two workers', cpus=cores, workers=2)
    say(f'  two workers on {cores}')
    servers = (one, two)
    for server in servers:
        server.start()
    turns = {(case, server.name): Turn(bench, server, Case(case, 'extras'), server.plan(case)) for case in CASES for server in servers}
    for _ in range(size.extras.rounds):
        for turn in turns.values():
            turn.play(size.extras)
    for server in servers:
        server.stop()
    free = len(bench.placing.usable) >= CORES_ENOUGH
    ratios = {case: median_ratio(turns[(case, two.name)].rounds, turns[(case, one.name)].rounds, 'rate' if free else 'cpu') for case in CASES}
    goal = RATE_GOAL if free else COST_GOAL
    record = {'cores': cores, 'ratios': ratios, 'rounds': {f'{case}, {name}': turn.rounds for (case, name), turn in turns.items()}}
    note = ', '.join(f'{case} {ratio:.2f}' for case, ratio in ratios.items())
    return record, [goal.measured((min if free else max)(ratios.values()), note)]
