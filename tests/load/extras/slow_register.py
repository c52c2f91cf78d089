"""
Two thousand people wait for a register that does not answer: whoever is signed in must not notice.
"""
from cases import Case
from extras.people import Town
from goals import AT_LEAST, Goal
from harness import say
from rounds import Turn, median_ratio

COUNT = 2000
GOAL = Goal('2,000 requests waiting on a slow register: silent sign-on, of its rate without', AT_LEAST, 90, None, '%')


def play_beside_waiting(bench, town, server, turn, pace):
    """Everyone who waited is answered in the end, and rightly: else the run fails."""
    town.ask('hold')
    playing = bench.begin(server, 'registering', town.plan(server, COUNT, COUNT, visit=False))
    bench.wait_for(lambda: town.ask('waiting') >= COUNT, f'{COUNT} registrations do not come to wait')
    turn.play(pace)
    waiting = town.ask('waiting')
    town.ask('release')
    playing.keep_errors(playing.finish())
    if waiting < COUNT:
        bench.errors.append(f'slow register: only {waiting} of {COUNT} requests waited until the end')


def measure(bench, size):
    town = Town(bench)
    server = town.server(concurrent=2 * COUNT)
    server.start()
    plan = server.plan('silent_sign_on')
    alone = Turn(bench, server, Case('silent sign-on alone', 'extras'), plan)
    beside = Turn(bench, server, Case('… beside 2,000 waiting', 'extras'), plan)
    for _ in range(size.extras.rounds):
        alone.play(size.extras)
        play_beside_waiting(bench, town, server, beside, size.extras)
    server.stop()
    town.end()
    share = 100 * median_ratio(beside.rounds, alone.rounds, 'rate')
    say(f'  {share:.1f} % of its rate')
    return {'alone': alone.rounds, 'beside': beside.rounds}, [GOAL.measured(share)]
