"""
From the start of the process to the first time it says that it is ready, with database, keys and Redis there.
"""
import statistics
import time

from goals import AT_MOST, Goal
from harness import say
from targets.tongxing import Tongxing, is_ready

GOAL = Goal('start to first successful readiness', AT_MOST, 50, None, 'ms')
PATIENCE_S = 10


def start_once(bench, server):
    """Asks without a pause; taskset's own start is part of it, about a millisecond."""
    begin = time.perf_counter()
    server.launch()
    while not is_ready(server.ops_port):
        if time.perf_counter() - begin > PATIENCE_S:
            bench.fail('the server does not become ready')
    took = time.perf_counter() - begin
    server.stop()
    return 1000 * took


def measure(bench, size):
    server = Tongxing(bench)
    server.install()
    times = [start_once(bench, server) for _ in range(size.starts)]
    say(f'  ready after {", ".join(f"{one:.1f}" for one in times)} ms')
    return {'ms': times}, [GOAL.measured(statistics.median(times))]
