"""
The regression guard of `./dev test`: how many instructions a request costs on the hot paths, counted by callgrind, which no other load on the machine changes.
A count beyond the limit fails the run; so does one that is suspiciously small, since then something else was counted. What is counted is the release build.

    guard.py BUILD REPORT.xml

After a change that is meant to cost more, or has made a path cheaper, the table below is brought up to date with what a run prints.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

from harness import Bench, Failed, end_politely, say
from targets.tongxing import Tongxing

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONNECTIONS = 8
FLOWS = 200
# Compilers and processors differ by some tenths; a hot path that costs twice what it did does not pass.
MOST, LEAST = 1.6, 0.4

# Instructions of one flow in thousands, with SQLite and Redis, by GCC 12 with LTO on x86-64.
BUDGET = {
    'discovery': 9,
    'client_credentials_es256': 308,
    'introspect_jwt': 69,
    'introspect_refresh_token': 57,
    'userinfo': 60,
    'silent_sign_on': 41,
    'full_loop': 718,
    'refresh': 723,
}


class Counted(Tongxing):
    """The server under callgrind, which counts only when told to."""

    def launch(self, env=None):
        self.counts = self.bench.folder / 'callgrind'
        self.process = self.bench.start(self.cpus, 'counted', 'valgrind', '--tool=callgrind', '--instr-atstart=no', f'--callgrind-out-file={self.counts}',
                                        self.binary, 'serve', self.file, env=env)
        self.pids = [self.process.pid]

    def control(self, *options):
        self.bench.run('callgrind_control', *options, self.process.pid)

    def count(self, case):
        """Instructions of one flow. The first flows are not counted: they fill what is filled once."""
        plan = {'connections': CONNECTIONS, **self.plan(case)}
        plan.pop('sample', None)
        self.bench.play(self, case, {**plan, 'flows': FLOWS})
        self.control('--instr=on')
        self.bench.play(self, case, {**plan, 'flows': FLOWS})
        self.control('--instr=off')
        self.control('--dump')
        dumps = sorted(self.bench.folder.glob('callgrind.*'), key=lambda file: int(file.suffix[1:]))
        return int(re.search(r'^totals: (\d+)', dumps[-1].read_text(), re.M).group(1)) / FLOWS / 1000


def judge(case, count):
    """What is wrong with a count; None when it is fine."""
    if count > BUDGET[case] * MOST:
        return f'{case} costs {count:.1f} thousand instructions, {count / BUDGET[case]:.2f} times its budget of {BUDGET[case]}'
    if count < BUDGET[case] * LEAST:
        return f'{case} costs {count:.1f} thousand instructions of a budget of {BUDGET[case]}: bring the budget up to date, or see what was counted'
    return None


def check_costs(server):
    for case in BUDGET:
        count = server.count(case)
        say(f'  {case:<26}{count:>8.1f} thousand instructions, budget {BUDGET[case]}')
        yield case, judge(case, count)


def check_generator(server):
    """A run with a wrong answer in it is a failed run, and says which."""
    bench = server.bench
    step = server.steps.get('/jwks', status=200, contains='"no such text"')
    result = bench.begin(server, 'a wrong answer', {'flow': [step], 'flows': 3}).finish()
    seen = result['wrong'] > 0 and any('no such text' in line for line in result['errors'])
    yield 'the generator tells wrong answers', None if seen else f'it took a wrong answer for right: {result}'


def write_report(path, outcomes):
    suite = xml.Element('testsuite', name='load')
    for name, problem in outcomes:
        case = xml.SubElement(suite, 'testcase', classname='load', name=name)
        if problem:
            say(problem)
            xml.SubElement(case, 'failure').text = problem
    xml.ElementTree(suite).write(path)


def main():
    build, report = sys.argv[1:]
    end_politely()
    bench = Bench(ROOT, build)
    try:
        bench.open()
        server = Counted(bench)
        server.start()
        outcomes = [*check_costs(server), *check_generator(server)]
        server.stop()
        outcomes += [('the generator found no wrong answer', '\n'.join(bench.errors) or None)]
        write_report(report, outcomes)
        return 1 if any(problem for _, problem in outcomes) else 0
    except Failed as failure:
        say(f'{failure.tails}\nFAILED: {failure}')
        return 1
    finally:
        bench.close()


sys.exit(main())
