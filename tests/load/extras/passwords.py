"""
Password sign-in at the default parameters against bare argon2id on the same core, while client systems get their tokens beside it.
"""
import dataclasses

from cases import Case, CONNECTIONS_LOGIN
from goals import AT_LEAST, AT_MOST, Goal
from harness import say
from rounds import Turn, figures, median_ratio, medians
from targets.tongxing import Tongxing

# The server's defaults (config/tongxing.yaml).
MEMORY_KIB, PASSES, THREADS = 19456, 2, 2
TOKENS_PER_SECOND, TOKEN_CONNECTIONS = 200, 16
# A sign-in takes tens of milliseconds: a few dozen must fit in.
SECONDS_LEAST = 3

RATE_GOAL = Goal('password logins: rate, of the raw argon2id rate', AT_LEAST, 95, None, '%')
LATENCY_GOAL = Goal('password logins: p99 of client_credentials beside them', AT_MOST, 10, None, 'ms')


def beside_tokens(bench, server, logins, pace):
    """One round of sign-ins; the figures of the tokens that were asked for at the same time, at a fixed rate."""
    plan = {**server.plan('client_credentials_es256'), 'connections': TOKEN_CONNECTIONS, 'rate': TOKENS_PER_SECOND, 'warmup': pace.warmup,
            'seconds': pace.seconds}
    del plan['sample']
    playing = bench.begin(server, 'client_credentials beside password logins', plan)
    logins.play(pace)
    tokens = figures(playing.keep_errors(playing.finish()))
    say(f'  {"client_credentials":<26} {"beside, at a fixed rate":<28} {tokens["rate"]:9.0f}/s  p99 {tokens["p99"] / 1000:.2f} ms')
    return tokens


def measure(bench, size):
    pace = dataclasses.replace(size.extras, seconds=max(SECONDS_LEAST, size.extras.seconds))
    server = Tongxing(bench, options={'password': {'memory_kib': MEMORY_KIB, 'passes': PASSES, 'threads': THREADS}})
    server.start()
    logins = Turn(bench, server, Case('password_login', 'extras', connections=CONNECTIONS_LOGIN), server.plan('password_login'))
    raw, tokens = [], []
    for _ in range(pace.rounds):
        floor = bench.floor_program('floor_argon2', MEMORY_KIB, PASSES, THREADS, pace.seconds)
        if floor:
            raw.append({'rate': floor['per_second']})
            say(f'  {"argon2id":<26} {"raw":<28} {floor["per_second"]:9.1f}/s')
        tokens.append(beside_tokens(bench, server, logins, pace))
    server.stop()
    share = median_ratio(logins.rounds, raw, 'rate') if raw else None
    rate = RATE_GOAL.measured(100 * share) if raw else RATE_GOAL.missing('floor_argon2 was not built')
    return {'logins': logins.rounds, 'raw': raw, 'tokens': tokens}, [rate, LATENCY_GOAL.measured(medians(tokens)['p99'] / 1000)]
