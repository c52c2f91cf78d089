"""
Who is measured against whom: for each group of cases the servers and floors are started, take their turns, and are stopped again. The samples of
their tokens are verified afterwards.
"""
import importlib
import json
import subprocess

from harness import say
from rounds import RawTurn, Turn, take_turns
from targets.floor import BareFloor, Floor
from targets.tongxing import Tongxing

TONGXING, TONGXING_MEMORY = 'tongxing (redis)', 'tongxing (memory)'
FLOOR, BARE_FLOOR = Floor.name, BareFloor.name
NODE, GLEWLWYD = 'node-oidc-provider', 'glewlwyd'
PEERS = [('targets.node', 'NodeRedis'), ('targets.node', 'NodeMemory'), ('targets.glewlwyd', 'Glewlwyd')]
# Node compiles what is hot while it serves.
PEER_WARMUP_S = 2


def install_peers():
    """What the peers are made of, where it is not there yet."""
    for name in sorted({module for module, _ in PEERS}):
        getattr(importlib.import_module(name), 'install', lambda: None)()


class Lineup:
    """The servers of one group. What they make before a measurement serves all its cases."""

    def __init__(self, bench, cases, peers, memory):
        self.bench, self.cases = bench, cases
        self.tongxing = Tongxing(bench, name=TONGXING)
        self.memory = [Tongxing(bench, 'memory', name=TONGXING_MEMORY)] if memory and any(case.hot for case in cases) else []
        self.peers = [getattr(importlib.import_module(module), name)(bench) for module, name in PEERS if peers]
        self.started = []

    def start(self, target):
        target.start()
        self.started.append(target)

    def starts(self, target):
        """One that does not is left out, and the others are measured."""
        try:
            self.start(target)
            return True
        except Exception as failure:
            self.bench.note(failure)
            return False

    def stop(self):
        for target in reversed(self.started):
            target.stop()

    def floors(self, case):
        found = [floor(self.bench, case.name, self.tongxing) for floor in (Floor, BareFloor)]
        found = [floor for floor in found if floor.plan(case.name) is not None]
        return list(filter(self.starts, found))

    def opponents(self, case):
        """In the order of their turns: product and floors follow one another."""
        return [self.tongxing, *self.floors(case), *(self.memory if case.hot else []), *self.peers]

    def plan_of(self, target, case):
        try:
            return target.plan(case.name)
        except Exception as failure:
            self.bench.note(failure)
            return None

    def turns(self, raw_seconds):
        self.start(self.tongxing)
        self.memory, self.peers = (list(filter(self.starts, targets)) for targets in (self.memory, self.peers))
        turns = []
        for case in self.cases:
            for target in self.opponents(case):
                plan = self.plan_of(target, case)
                if plan is not None:
                    turns.append(Turn(self.bench, target, case, plan, PEER_WARMUP_S if target in self.peers else 0))
            if case.algorithm:
                turns.append(RawTurn(self.bench, case, raw_seconds))
        return turns


def verify_samples(bench, turn):
    """A mistake in a token fails the run, as a wrong answer does."""
    keys = bench.folder / 'jwks.json'
    keys.write_text(json.dumps(turn.target.jwks()))
    command = [bench.node(), bench.root / 'tests/load/verify.mjs', keys, *turn.samples]
    done = subprocess.run(['taskset', '-c', bench.load_cpus, *map(str, command)], capture_output=True, text=True)
    if done.returncode not in (0, 1) or not done.stdout:
        bench.fail(f'verify.mjs ended with {done.returncode}: {done.stderr}')
    found = json.loads(done.stdout)
    bench.errors += [f'{turn.target.name}, {turn.case.name}: {mistake}' for mistake in found['mistakes']]
    say(f'  {turn.case.name:<26} {turn.target.name:<28} {found["verified"]} tokens verified, {found["with_jti"]} different jti')
    return found


def measure_group(bench, cases, pace, peers, memory, measured):
    say(f'{cases[0].group}: {", ".join(case.name for case in cases)}')
    lineup = Lineup(bench, cases, peers, memory)
    try:
        turns = lineup.turns(raw_seconds=min(1, pace.seconds))
        take_turns(bench, turns, pace)
        for turn in turns:
            if isinstance(turn, RawTurn):
                measured.raw[turn.case.name] = turn.rounds
                continue
            if turn.rounds:
                measured.rounds[(turn.case.name, turn.target.name)] = turn.rounds
            measured.versions[turn.target.name] = turn.target.version()
            if turn.rounds and turn.samples:
                measured.verified[(turn.case.name, turn.target.name)] = verify_samples(bench, turn)
    finally:
        lineup.stop()
