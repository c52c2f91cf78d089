"""
Many live sessions in Redis: what each takes, and whether a sign-on costs the server more among many than among few.

Each session is another person's and was made through the front door: registered, signed in, and on to one portal, which redeemed its code. So
Redis holds what it holds of such a person: ss: the session, as: the person's sessions, sc: the portals that know it; and for a while gr: what the
portal was given, fl: the mark of the completed sign-in, at: a counter of attempts.
"""
import json

from cases import Case
from extras.people import Town
from goals import AT_MOST, Goal
from harness import say
from rounds import Turn, median_ratio

CONNECTIONS = 32
FEW = 100
# So many of them, chosen at random, sign on in the measurement.
COOKIES_MOST = 10000
SHORT_LIVED = ('ac', 'at', 'fl', 'gr')
# Two runs of the same thing differ by as much.
UNCHANGED = 1.05

MEMORY_GOAL = Goal('live sessions in Redis: bytes of each', AT_MOST, 600, None, 'B')
CPU_GOAL = Goal('live sessions in Redis: CPU per silent sign-on, of that with few', AT_MOST, UNCHANGED, None, '×')

COUNT_KEYS = """
local cursor, found = '0', {}
repeat
  local page = redis.call('SCAN', cursor, 'COUNT', 1000)
  cursor = page[1]
  for _, key in ipairs(page[2]) do
    local kind = string.match(key, '^[^:]*')
    local one = found[kind] or {keys = 0, bytes = 0}
    one.keys, one.bytes = one.keys + 1, one.bytes + redis.call('MEMORY', 'USAGE', key)
    found[kind] = one
  end
until cursor == '0'
return cjson.encode(found)
"""
DELETE_KEYS = """
local cursor, doomed = '0', {}
repeat
  local page = redis.call('SCAN', cursor, 'COUNT', 1000)
  cursor = page[1]
  for _, key in ipairs(page[2]) do
    for _, kind in ipairs(ARGV) do
      if string.match(key, '^[^:]*') == kind then doomed[#doomed + 1] = key end
    end
  end
until cursor == '0'
for _, key in ipairs(doomed) do redis.call('DEL', key) end
return #doomed
"""


def used_memory(bench):
    lines = bench.redis('INFO', 'memory').splitlines()
    return int(next(line.partition(':')[2] for line in lines if line.startswith('used_memory:')))


def make_sessions(bench, town, server, count):
    """Their cookies."""
    plan = town.plan(server, count, CONNECTIONS, visit=True)
    return bench.collect(server, f'making {count} sessions', plan, ['session'], min(count, COOKIES_MOST))['session']


def fill(bench, town, server, count):
    """The cookies, and how much of Redis's memory each session takes together with all that goes with it."""
    before = used_memory(bench)
    cookies = make_sessions(bench, town, server, count)
    everything = (used_memory(bench) - before) / count
    kinds = json.loads(bench.redis('EVAL', COUNT_KEYS, 0))
    say(f'  {count} sessions, {everything:.0f} bytes each with all that goes with them: '
        + ', '.join(f'{kind}: {one["bytes"] / one["keys"]:.0f} ({one["keys"] / count:.2f} a session)' for kind, one in sorted(kinds.items())))
    return cookies, everything, kinds


def session_alone(bench, count):
    """What is left of each when the short-lived keys have expired. Reloading gives the tables of keys the size that fits what is left."""
    bench.redis('EVAL', DELETE_KEYS, 0, *SHORT_LIVED)
    bench.redis('DEBUG', 'RELOAD')
    filled = used_memory(bench)
    bench.flush()
    bench.redis('DEBUG', 'RELOAD')
    return (filled - used_memory(bench)) / count


def compare_cost(bench, pace, servers):
    """Rounds of silent sign-on with each of the servers, which come with their cookies: every sign-on is another session's."""
    turns = [Turn(bench, server, Case('silent_sign_on', 'extras'), {'lists': {'session': cookies}, 'flow': [server.steps.authorize()]})
             for server, cookies in servers]
    for _ in range(pace.rounds):
        for turn in turns:
            turn.play(pace)
    return [turn.rounds for turn in turns]


def measure(bench, size):
    town = Town(bench)
    few = town.server(CONNECTIONS, redis_port=bench.start_redis(), name='tongxing (few sessions)')
    many = town.server(CONNECTIONS, name='tongxing (many sessions)')
    few.start()
    many.start()
    few_cookies = make_sessions(bench, town, few, FEW)
    cookies, everything, kinds = fill(bench, town, many, size.sessions)
    among_few, among_many = compare_cost(bench, size.extras, [(few, few_cookies), (many, cookies)])
    many.stop()
    few.stop()
    town.end()
    alone = session_alone(bench, size.sessions)
    say(f'  {alone:.0f} bytes each for the session alone')
    ratio = median_ratio(among_many, among_few, 'cpu')
    note = f'{size.sessions} sessions; {everything:.0f} B with gr:, fl: and at:, which expire first'
    record = {'sessions': size.sessions, 'bytes_with_everything': everything, 'bytes_alone': alone, 'kinds': kinds,
              'few': among_few, 'many': among_many}
    return record, [MEMORY_GOAL.measured(alone, note), CPU_GOAL.measured(ratio, f'{size.sessions} sessions')]
