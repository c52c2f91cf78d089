"""
A thousand people a second sign up, each checked with a register that takes 200 ms to answer, while others who are signed in go from portal to portal:
both at a fixed rate, on one core of the server. The password hash is cheap here (extras/people.py): argon2id at its default takes longer than a
thousandth of a second of a core by itself, whatever the server does (see the measurement "passwords").
"""
import dataclasses

from cases import Case
from extras.people import Town
from goals import AT_LEAST, AT_MOST, Goal
from harness import say
from rounds import Turn, figures, medians

PER_SECOND, DELAY_MS = 1000, 200
# Those that are under way at once, and room for a pause of the machine.
CONNECTIONS = 2000
SILENT_PER_SECOND, SILENT_CONNECTIONS = 200, 16
SECONDS_LEAST = 3

RATE_GOAL = Goal('sign-ups at 200 ms of the register: rate, of 1,000 a second', AT_LEAST, 97, None, '%')
LATENCY_GOAL = Goal('silent sign-on beside 1,000 sign-ups a second: p99 more than alone', AT_MOST, 10, None, 'ms')


def silent(bench, server, name, pace):
    """Begun, at a fixed rate; what it took counts from when it was meant to begin."""
    plan = {**server.plan('silent_sign_on'), 'connections': SILENT_CONNECTIONS, 'rate': SILENT_PER_SECOND, 'warmup': pace.warmup,
            'seconds': pace.seconds}
    plan.pop('sample', None)
    return bench.begin(server, name, plan)


def ended(name, playing):
    one = figures(playing.keep_errors(playing.finish()))
    say(f'  {name:<26} {"at a fixed rate":<28} {one["rate"]:9.0f}/s  p50 {one["p50"] / 1000:.2f} ms  p99 {one["p99"] / 1000:.2f} ms')
    return one


def sign_ups(bench, town, server, pace):
    count = int(PER_SECOND * (pace.warmup + pace.seconds))
    plan = {**town.plan(server, count, CONNECTIONS, visit=False), 'rate': PER_SECOND, 'warmup': pace.warmup, 'seconds': pace.seconds}
    del plan['flows']
    return bench.begin(server, 'sign-ups', plan)


def measure(bench, size):
    pace = dataclasses.replace(size.extras, seconds=max(SECONDS_LEAST, size.extras.seconds))
    town = Town(bench)
    town.ask(f'delay/{DELAY_MS}')
    server = town.server(concurrent=2 * PER_SECOND, workers=1)
    server.start()
    alone, beside, ups = [], [], []
    for _ in range(pace.rounds):
        alone.append(ended('silent sign-on alone', silent(bench, server, 'silent sign-on alone', pace)))
        playing, quiet = sign_ups(bench, town, server, pace), silent(bench, server, 'silent sign-on beside sign-ups', pace)
        ups.append(ended('sign-ups', playing))
        beside.append(ended('… and silent sign-on', quiet))
        say(f'  a sign-up costs {ups[-1]["cpu"]:.0f} µs of the server')
    server.stop()
    town.end()
    rate = 100 * medians(ups)['rate'] / PER_SECOND
    more = (medians(beside)['p99'] - medians(alone)['p99']) / 1000
    return {'alone': alone, 'beside': beside, 'sign_ups': ups}, [RATE_GOAL.measured(rate), LATENCY_GOAL.measured(more)]
