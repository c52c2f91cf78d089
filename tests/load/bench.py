"""
The command behind `./dev bench`: measures the server, its floors and, if wanted, other servers in one run, and says which goals are met.

    bench.py [--quick | --full] [--peers] [--case NAME …] [--server-cpus LIST] [--load-cpus LIST] [--json FILE] [--build FOLDER]

A name is one of a case (cases.py) or of an extra measurement (extras/). Exit status: 1 when an answer or a token was wrong, or something could not be
measured.
"""
import argparse
import dataclasses
import os
import pathlib
import sys
import time

import report
from cases import CASES, CODE_EXCHANGE, CODE_EXCHANGE_PARTS, groups
from extras import EXTRAS
from harness import Bench, Failed, end_politely, say
from lineup import install_peers, measure_group
from machine import raise_file_limit, read_cpus
from rounds import Pace, with_code_exchange

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass
class Size:
    """How much of everything a run takes."""
    cases: Pace
    extras: Pace
    sessions: int
    starts: int


SIZES = {
    'quick': Size(Pace(2, 1, 0.25), Pace(1, 1, 0.25), sessions=1000, starts=5),
    'default': Size(Pace(3, 3, 0.5), Pace(3, 3, 0.5), sessions=5000, starts=10),
    'full': Size(Pace(5, 5, 1), Pace(3, 8, 1), sessions=100000, starts=10),
}


@dataclasses.dataclass
class Measured:
    """Everything a run found. Rounds are under (case, target)."""
    rounds: dict = dataclasses.field(default_factory=dict)
    raw: dict = dataclasses.field(default_factory=dict)
    versions: dict = dataclasses.field(default_factory=dict)
    verified: dict = dataclasses.field(default_factory=dict)
    extras: dict = dataclasses.field(default_factory=dict)
    extra_goals: list = dataclasses.field(default_factory=list)


def read_options():
    names = [*(case.name for case in CASES), CODE_EXCHANGE.name, *(extra.name for extra in EXTRAS)]
    parser = argparse.ArgumentParser(prog='./dev bench', description='Measures the server, its floors and, with --peers, other servers.')
    size = parser.add_mutually_exclusive_group()
    size.add_argument('--quick', action='store_const', const='quick', dest='size', help='the hot cases in a minute')
    size.add_argument('--full', action='store_const', const='full', dest='size', help='more and longer rounds')
    parser.add_argument('--peers', action='store_true', help='measure node-oidc-provider and Glewlwyd too')
    parser.add_argument('--case', nargs='+', action='extend', choices=names, metavar='NAME', help=f'only these: {", ".join(names)}')
    parser.add_argument('--server-cpus', metavar='LIST', help='cores of the server; the last one without this')
    parser.add_argument('--load-cpus', metavar='LIST', help='cores of load generator and Redis; the others without this')
    parser.add_argument('--json', type=pathlib.Path, metavar='FILE', help='where the figures go; bench.json in the build folder without this')
    parser.add_argument('--build', type=pathlib.Path, default=ROOT / 'build', metavar='FOLDER', help='what is measured')
    parser.set_defaults(size='default')
    return parser.parse_args()


def chosen_cases(options):
    names = set(options.case or ())
    if CODE_EXCHANGE.name in names:
        names.update(CODE_EXCHANGE_PARTS)
    return [case for case in CASES if (case.name in names if names else case.quick or options.size != 'quick')]


def is_chosen(extra, options):
    return extra.name in options.case if options.case else extra.quick or options.size != 'quick'


def attempt(bench, measure):
    """What the measurement returns; None when it cannot be made."""
    running = len(bench.processes)
    try:
        bench.flush()
        return measure()
    except Exception as failure:
        bench.note(failure)
    finally:
        bench.end_since(running)


def measure_all(bench, options, measured):
    size = SIZES[options.size]
    if options.peers:
        install_peers()
    for cases in groups(chosen_cases(options)):
        attempt(bench, lambda: measure_group(bench, cases, size.cases, options.peers, options.size != 'quick', measured))
    measured.rounds = with_code_exchange(measured.rounds)
    for extra in EXTRAS:
        found = None
        if is_chosen(extra, options):
            say(extra.name)
            found = attempt(bench, lambda: extra.measure(bench, size))
        measured.extras[extra.name], goals = found or (None, extra.goals)
        measured.extra_goals += goals


def show(bench, options, measured, seconds):
    if measured.rounds:
        report.show_table(measured)
        report.show_disturbances(measured)
    report.show_goals(report.all_goals(measured))
    everything = report.record(measured, bench.about, sys.argv, bench.errors)
    everything['placing'] = bench.placing.sentence()
    everything['seconds'] = seconds
    report.write(options.json or bench.build / 'bench.json', everything)
    report.show_errors(bench.errors)
    say(f'took {seconds:.0f} s{"; FAILED, for the reasons listed above" if bench.errors else ""}')


def main():
    options = read_options()
    end_politely()
    raise_file_limit()
    begin = time.monotonic()
    bench = Bench(ROOT, options.build, options.server_cpus, options.load_cpus)
    try:
        bench.open()
        # Nothing of the harness itself runs where the server does.
        os.sched_setaffinity(0, read_cpus(bench.load_cpus))
        report.show_machine(bench.about)
        say(bench.placing.sentence())
        measured = Measured()
        measure_all(bench, options, measured)
        show(bench, options, measured, time.monotonic() - begin)
        return 1 if bench.errors else 0
    except Failed as failure:
        say(f'{failure.tails}\nFAILED: {failure}')
        return 1
    finally:
        bench.close()


if __name__ == '__main__':
    sys.exit(main())
