"""
What a run found: one table of the cases, the list of goals, one JSON file.
"""
import collections
import json

from cases import CASES, CODE_EXCHANGE
from goals import all_goals, ratio
from harness import say
from lineup import BARE_FLOOR, FLOOR, TONGXING
from rounds import DISTURBED, PERCENTILES, is_disturbed, medians

HEAD = (f'{"case":<26}{"target":<28}{"/s":>9}{"CPU µs":>9}{"user":>8}{"system":>8}{"p50 ms":>9}{"p90":>9}{"p99":>9}{"p99.9":>9}'
        f'{"RSS MiB":>16}  compared')
GOAL_WIDTH = 80


def order(measured):
    """Rows in the order of the cases, the targets of each as they took turns."""
    names = [case.name for case in [*CASES, CODE_EXCHANGE]]
    return sorted(measured.rounds, key=lambda key: names.index(key[0]))


def comparison(measured, case, target):
    if target == TONGXING:
        times = ratio(measured, case, TONGXING, FLOOR, 'cpu')
        return '' if times is None else f'{times:.2f} × the floor\'s {medians(measured.rounds[(case, FLOOR)])["cpu"]:.1f} µs'
    if target in (FLOOR, BARE_FLOOR) or target.startswith('tongxing') or (case, TONGXING) not in measured.rounds or case == CODE_EXCHANGE.name:
        return ''
    times = ratio(measured, case, TONGXING, target, 'rate')
    return '' if times is None else f'tongxing has {times:.1f} × its rate'


def row(measured, case, target):
    middle = medians(measured.rounds[(case, target)])
    costs = f'{middle["cpu"]:>9.1f}{middle["user"]:>8.1f}{middle["system"]:>8.1f}'
    if 'rate' not in middle:
        return f'{case:<26}{target:<28}{"":>9}{costs}{"":>52}  {comparison(measured, case, target)}'
    latency = ''.join(f'{middle[name] / 1000:>9.2f}' for name in PERCENTILES)
    memory = f'{middle["rss_before"] / 1024:.1f} → {middle["rss_after"] / 1024:.1f}'
    return f'{case:<26}{target:<28}{middle["rate"]:>9.0f}{costs}{latency}{memory:>16}  {comparison(measured, case, target)}'


def show_table(measured):
    say('\nMedians over the rounds; a flow of several requests counts as one. CPU is the server\'s, per flow.\n')
    say(HEAD)
    last = None
    for case, target in order(measured):
        say(('' if case == last or last is None else '\n') + row(measured, case, target))
        last = case
    for case, rounds in measured.raw.items():
        if rounds:
            middle = medians(rounds)
            say(f'{case:<26}{"raw signature":<28}{middle["sign_per_second"]:>9.0f} signed/s, {middle["verify_per_second"]:.0f} verified/s')


def show_disturbances(measured):
    rounds = [one for turns in measured.rounds.values() for one in turns]
    disturbed = sum(map(is_disturbed, rounds))
    if disturbed:
        say(f'\nIn {disturbed} of {len(rounds)} measurements others had more than {100 * DISTURBED:.0f} % of the server\'s core. '
            'Only the undisturbed ones count, where there are any.')


def show_goals(goals):
    say('\nGoals\n')
    for goal in goals:
        wanted = f'{goal.sense} {goal.limit:g} {goal.unit}'
        value = '' if goal.value is None else f'{goal.value:.2f} {goal.unit}'
        say(f'{goal.what:<{GOAL_WIDTH}}{wanted:>12}{value:>14}  {goal.verdict}{f" ({goal.note})" if goal.note else ""}')


def show_machine(about):
    build = about['build']
    say(f'{about["cpu"]}, {about["cores"]} cores, {about["memory_mib"] // 1024} GiB; {about["distribution"]}, Linux {about["kernel"]}')
    say(f'tongxing {about["tongxing"]}, {build["compiler"]} {build["buildtype"]}{" with LTO" if build["b_lto"] else ""}; '
        + ', '.join(f'{name} {version}' for name, version in about['libraries'].items()))


def record(measured, about, command, errors):
    return {
        'machine': about, 'command': command,
        'cases': [{'case': case, 'target': target, 'version': measured.versions.get(target), 'median': medians(rounds), 'rounds': rounds,
                   'verified': measured.verified.get((case, target))}
                  for (case, target), rounds in ((key, measured.rounds[key]) for key in order(measured))],
        'raw': measured.raw, 'extras': measured.extras,
        'goals': [goal.record() for goal in all_goals(measured)], 'errors': errors,
    }


def show_errors(errors):
    for error, count in collections.Counter(errors).items():
        say(f'WRONG: {error}{f" ({count} times)" if count > 1 else ""}')


def write(file, everything):
    file.write_text(json.dumps(everything, indent=1, ensure_ascii=False) + '\n')
    say(f'\neverything is in {file}')
