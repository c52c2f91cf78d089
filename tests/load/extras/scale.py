"""
A large installation: ten thousand client systems in the register and very many accounts, against a small one. Signing in, silently and with a
password, and listing and searching are to cost what they cost with ten.

The rows are written by SQL, as the register would have written them: making a million accounts through the front door would measure argon2id.
"""
import json
import os
import resource
import sqlite3
import statistics

from cases import Case
from goals import AT_MOST, Goal
from harness import say
from rounds import Turn, median_ratio
from targets.tongxing import Tongxing

CLIENTS = 10000
ACCOUNTS_A_SESSION = 10   # a million in a full run
CASES = ('silent_sign_on', 'password_login')
ASKED = 15
# Two runs of the same thing differ by as much.
UNCHANGED = 1.05
# The command itself starts, reads its configuration and opens the stores each time; what grows with the tables is to stay small beside that.
LISTING = 1.5

SIGN_IN_GOAL = Goal('10,000 client systems and very many accounts: CPU of a sign-in, of that with few', AT_MOST, UNCHANGED, None, '×')
LISTING_GOAL = Goal('10,000 client systems and very many accounts: CPU of listing and searching, of that with few', AT_MOST, LISTING, None, '×')

LISTINGS = {
    'client list': ('client', 'list', '--limit', '50'),
    'client search': ('client', 'list', '--search', 'portal 9999', '--limit', '50'),
    'account list': ('account', 'list', '--limit', '50'),
}


def fill(path, clients, accounts):
    database = sqlite3.connect(path)
    with database:
        revision = database.execute("SELECT revision FROM revisions WHERE name = 'register'").fetchone()[0]
        rows = ((f'portal-{i:05}', f'portal-{i:05} portal {i}', json.dumps({
            'client_name': f'portal {i}', 'redirect_uris': [f'https://portal-{i}.example/callback'], 'token_endpoint_auth_method': 'none'}), revision + 1 + i)
            for i in range(clients))
        database.executemany(
            "INSERT INTO clients (client_id, search, state, origin, metadata, not_before, version, revision, created_at, updated_at) "
            "VALUES (?, ?, 3, 'shell', ?, 0, 1, ?, 0, 0)", rows)
        database.execute("UPDATE revisions SET revision = ? WHERE name = 'register'", (revision + clients,))
        # What is sealed in a profile is opened for its own person only: nobody asks for these.
        database.executemany(
            'INSERT INTO accounts (account_id, state, level, level_until, created_at, updated_at, profile_sealed) VALUES (?, 1, 2, 0, 0, 0, ?)',
            ((f'many-{i:017}', os.urandom(200)) for i in range(accounts)))
        database.executemany('INSERT INTO identifiers (kind, hash, account_id) VALUES (3, ?, ?)',
                             ((os.urandom(32), f'many-{i:017}') for i in range(accounts)))
    database.close()


def processor_time(bench, server, words):
    """Of one command of the shell, in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    bench.run(server.binary, *words, '--config', server.file, '--json')
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def ask(bench, few, many):
    """In turns, so that what the machine does besides meets both."""
    times = {(what, server.name): [] for what in LISTINGS for server in (few, many)}
    for _ in range(ASKED):
        for what, words in LISTINGS.items():
            for server in (few, many):
                times[(what, server.name)].append(processor_time(bench, server, words))
    return {what: statistics.median(times[(what, many.name)]) / statistics.median(times[(what, few.name)]) for what in LISTINGS}


def measure(bench, size):
    accounts = ACCOUNTS_A_SESSION * size.sessions
    few, many = (Tongxing(bench, name=name, options={'sql': {'path': str(bench.folder / f'{name}.db')}}) for name in ('few', 'many'))
    for server, clients, people in ((few, 10, 10), (many, CLIENTS, accounts)):
        server.install()
        fill(bench.folder / f'{server.name}.db', clients, people)
    say(f'  {CLIENTS} client systems, {accounts} accounts')
    for server in (few, many):
        server.start()
    turns = {(case, server.name): Turn(bench, server, Case(case, 'extras'), server.plan(case)) for case in CASES for server in (few, many)}
    for _ in range(size.extras.rounds):
        for turn in turns.values():
            turn.play(size.extras)
    sign_ins = {case: median_ratio(turns[(case, many.name)].rounds, turns[(case, few.name)].rounds, 'cpu') for case in CASES}
    listings = ask(bench, few, many)
    for server in (few, many):
        server.stop()
    record = {'clients': CLIENTS, 'accounts': accounts, 'sign_ins': sign_ins, 'listings': listings,
              'rounds': {f'{case}, {name}': turn.rounds for (case, name), turn in turns.items()}}
    note = lambda ratios: ', '.join(f'{what} {ratio:.2f}' for what, ratio in ratios.items())
    return record, [SIGN_IN_GOAL.measured(max(sign_ins.values()), note(sign_ins)), LISTING_GOAL.measured(max(listings.values()), note(listings))]
