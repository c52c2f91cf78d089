"""
The goals of the project's issue on speed, held against what was measured.
"""
import dataclasses

from cases import CASES, CODE_EXCHANGE, FLOOR_GOAL, GLEWLWYD_GOAL, SIGNING_GOAL
from lineup import BARE_FLOOR, FLOOR, GLEWLWYD, NODE, TONGXING
from rounds import median_ratio

AT_MOST, AT_LEAST = '≤', '≥'


@dataclasses.dataclass
class Goal:
    """`value` None: not measured, and `note` may say why."""
    what: str
    sense: str
    limit: float
    value: float | None
    unit: str = ''
    note: str = ''

    @property
    def verdict(self):
        if self.value is None:
            return 'not measured'
        met = self.value <= self.limit if self.sense == AT_MOST else self.value >= self.limit
        return 'met' if met else 'not met'

    def measured(self, value, note=''):
        return dataclasses.replace(self, value=value, note=note)

    def missing(self, note):
        return dataclasses.replace(self, note=note)

    def record(self):
        return {**dataclasses.asdict(self), 'verdict': self.verdict}


def ratio(measured, case, target, other, figure):
    ours, theirs = measured.rounds.get((case, target)), measured.rounds.get((case, other))
    return median_ratio(ours, theirs, figure) if ours and theirs else None


def floor_goals(measured):
    return [Goal(f'{case.name}: CPU per request, of its {floor}', AT_MOST, FLOOR_GOAL, ratio(measured, case.name, TONGXING, floor, 'cpu'), '×')
            for case in [*CASES, CODE_EXCHANGE] if case.floor for floor in (FLOOR, BARE_FLOOR)]


def signing_goal(measured):
    case = 'client_credentials_es256'
    raw, ours = measured.raw.get(case), measured.rounds.get((case, TONGXING))
    share = median_ratio(ours, [{'rate': one['sign_per_second']} for one in raw], 'rate') if ours and raw else None
    return Goal(f'{case}: rate, of the raw ES256 signing rate', AT_LEAST, 100 * SIGNING_GOAL, None if share is None else 100 * share, '%')


def peer_goals(measured):
    goals = []
    for case in CASES:
        if case.node:
            for peer, limit in ((NODE, case.node), (GLEWLWYD, GLEWLWYD_GOAL)):
                goals.append(Goal(f'{case.name}: rate, of {peer}', AT_LEAST, limit, ratio(measured, case.name, TONGXING, peer, 'rate'), '×'))
    return goals


def all_goals(measured):
    """The extras bring their own."""
    return [*floor_goals(measured), signing_goal(measured), *peer_goals(measured), *measured.extra_goals]
