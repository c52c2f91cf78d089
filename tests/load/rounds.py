"""
Measuring by turns: in every round each target plays each case once, on the same core and one right after the other, so that what the machine does
besides hits all of them. The figures are medians over the rounds; ratios are formed within a round first.
"""
import dataclasses
import statistics

from cases import CODE_EXCHANGE, CODE_EXCHANGE_PARTS
from harness import say
from machine import Watch

# Assertions that are signed before the window: more than any server verifies in that time. The run ends early when they are used up.
ASSERTIONS_PER_SECOND = 20000
SAMPLE_MOST = 300
# Of the server's core: interrupts and the granularity of the clock are less.
DISTURBED = 0.1
TRIES_MOST = 2
# What the generator says of a window in which nothing happened.
NOTHING_BEGAN = 'no flow began in the window'
PERCENTILES = ('p50', 'p90', 'p99', 'p99.9')


@dataclasses.dataclass
class Pace:
    """How long and how often is measured."""
    rounds: int
    seconds: float
    warmup: float


def figures(result):
    """What counts of the generator's result: per flow where it is a cost."""
    flows, usage = max(1, result['flows']), result['cpu']
    user, system = (sum(one[kind] for one in usage) / flows for kind in ('user_us', 'system_us'))
    return {
        'flows': result['flows'], 'seconds': result['seconds'], 'rate': result['flows_per_second'],
        'requests_per_second': result['requests_per_second'], 'user': user, 'system': system, 'cpu': user + system,
        **{name: result['latency_us'][name] for name in PERCENTILES},
        'rss_before': sum(one['rss_begin_kib'] for one in usage), 'rss_after': sum(one['rss_end_kib'] for one in usage),
        'generator': result['generator_cpu_us'] / 1e6 / result['seconds'], 'wrong': result['wrong'], 'reconnects': result['reconnects'],
        'connections_open': result['connections_open'],
    }


def is_disturbed(one):
    """Others had a good part of the server's core."""
    return one.get('others', 0) > DISTURBED


def best(tuples):
    """Of rounds that were measured together: without wrong answers, and the undisturbed ones where there are any."""
    right = [one for one in tuples if not any(part.get('wrong') for part in one)]
    return [one for one in right if not any(map(is_disturbed, one))] or right


def medians(rounds):
    good = [one for one, in best([(one,) for one in rounds])] or rounds
    return {name: statistics.median(one[name] for one in good) for name in good[0]} if good else {}


def median_ratio(ours, theirs, figure):
    """Of two lists of rounds that were measured together."""
    ratios = [one[figure] / other[figure] for one, other in best(list(zip(ours, theirs))) if other[figure] > 0]
    return statistics.median(ratios) if ratios else None


class Turn:
    """One target with one case. What compiles itself while it runs gets a longer warm-up, once."""

    def __init__(self, bench, target, case, plan, first_warmup=0):
        self.bench, self.target, self.case, self.plan = bench, target, case, plan
        self.first_warmup = first_warmup
        self.rounds, self.samples = [], []

    def play(self, pace):
        """Once more when others had the core, whatever the result was; the less disturbed one counts."""
        tries = []
        while len(tries) < TRIES_MOST and all(map(is_disturbed, tries)):
            tries.append(self.play_once(pace))
        self.rounds.append(min(tries, key=lambda one: (one['starved'], one['others'])))
        if self.rounds[-1]['starved']:
            self.bench.errors.append(f'{self.target.name}, {self.case.name}: others left the server no time')
        say(f'  {self.case.name:<26} {self.target.name:<28} {line_of(self.rounds[-1])}')

    def play_once(self, pace):
        warmup = pace.warmup if self.rounds else max(pace.warmup, self.first_warmup)
        plan = {'connections': self.case.connections, **self.plan, 'warmup': warmup, 'seconds': pace.seconds}
        if 'assertion' in plan:
            plan['assertion'] = {**plan['assertion'], 'count': int(ASSERTIONS_PER_SECOND * (warmup + pace.seconds))}
        if plan.pop('sample', {}).get('variables'):
            file = self.bench.folder / f'sample-{self.bench.count}'
            plan['sample'] = {**self.plan['sample'], 'file': str(file), 'most': SAMPLE_MOST}
            self.samples.append(file)
        watch = Watch(self.bench.placing.server_alone(), self.target.pids)
        playing = self.bench.begin(self.target, self.case.name, plan)
        result, others = playing.finish(), watch.others()
        # A server that was given no time has not answered wrongly.
        starved = others > DISTURBED and all(NOTHING_BEGAN in error for error in result['errors']) and result['wrong'] > 0
        if not starved:
            playing.keep_errors(result)
        return {**figures(result), 'others': others, 'starved': starved}


def line_of(one):
    wrong = '  WRONG ANSWERS' if one['wrong'] else ''
    disturbed = f'  others had {100 * one["others"]:.0f} % of the core' if is_disturbed(one) else ''
    return (f'{one["rate"]:9.0f}/s {one["cpu"]:9.1f} µs CPU (user {one["user"]:.1f}, system {one["system"]:.1f})  p99 {one["p99"] / 1000:.2f} ms'
            f'{wrong}{disturbed}')


class RawTurn:
    """The bare signature of a case, between the rounds of the cases."""

    def __init__(self, bench, case, seconds):
        self.bench, self.case, self.seconds = bench, case, seconds
        self.rounds = []

    def play(self, pace):
        result = self.bench.floor_program('floor_raw_sign', self.case.algorithm.lower(), self.seconds)
        if result:
            self.rounds.append(result)
            say(f'  {self.case.name:<26} {"raw " + self.case.algorithm:<28} {result["sign_per_second"]:9.0f}/s signed '
                f'{result["verify_per_second"]:9.0f}/s verified')


def take_turns(bench, turns, pace):
    """A turn that fails is left out from then on."""
    going = list(turns)
    for number in range(pace.rounds):
        say(f' round {number + 1} of {pace.rounds}')
        for turn in list(going):
            try:
                turn.play(pace)
            except Exception as failure:
                bench.note(failure)
                going.remove(turn)


def less(whole, part):
    """Rounds of a flow without its first half: only costs can be subtracted."""
    return [{**{name: one[name] - other[name] for name in ('user', 'system', 'cpu')},
             'wrong': one['wrong'] + other['wrong'], 'others': max(one['others'], other['others'])} for one, other in zip(whole, part)]


def with_code_exchange(measured):
    """{(case name, target name): rounds}, with what the second half of the full loop costs."""
    first, both = CODE_EXCHANGE_PARTS
    for case, target in list(measured):
        if case == both and (first, target) in measured:
            measured[(CODE_EXCHANGE.name, target)] = less(measured[(both, target)], measured[(first, target)])
    return measured
