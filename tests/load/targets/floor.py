"""
The floor of a case (floor/floor.h): its requests are those the server gets, its answers the bytes the server gave to one of them.
"""
import base64
import hashlib
import re
import secrets
import socket

from targets.target import Target

# The answer to a machine's assertion differs from the one to its secret in nothing but a name.
ANSWERED_LIKE = {'private_key_jwt': 'client_credentials_es256'}
WITHOUT = {'password_login'}
HEAD_END = b'\r\n\r\n'


def rendered(template, variables):
    return re.sub(r'\{(\w+)\}', lambda match: variables[match.group(1)], template)


def challenge_of(verifier):
    """RFC 7636 §4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip('=')


def receive(connection):
    """One answer, whole, as it came."""
    answer = b''
    while HEAD_END not in answer:
        answer += connection.recv(65536)
    length = re.search(rb'\r\nContent-Length: (\d+)', answer)
    size = answer.index(HEAD_END) + len(HEAD_END) + (int(length.group(1)) if length else 0)
    while len(answer) < size:
        answer += connection.recv(65536)
    return answer


class Floor(Target):
    """Leaves HTTP to libevent's own server."""
    name = program = 'floor'

    def __init__(self, bench, case, tongxing):
        self.bench, self.case, self.tongxing = bench, case, tongxing
        self.port, self.process, self.pids = bench.free_port(), None, []

    def start(self):
        answers = [self.bench.folder / f'answer-{self.port}-{number}' for number in range(len(self.plan(self.case)['flow']))]
        for file, answer in zip(answers, self.answers()):
            file.write_bytes(answer)
        database = self.bench.folder / f'floor-{self.port}.db'
        self.process = self.bench.start(self.bench.server_cpus, f'floor-{self.port}', self.bench.build / 'tests/load' / self.program,
                                        self.case, self.port, self.bench.redis_port, database, *answers)
        self.pids = [self.process.pid]
        self.bench.await_port(self.port)

    def stop(self):
        self.bench.end(self.process)

    def plan(self, case):
        """The server's own, but that nothing has to be fetched first: what the floor hands out is always the same."""
        if case in WITHOUT:
            return None
        plan = self.tongxing.plan(case)
        if plan is None:
            return None
        plan = {name: value for name, value in plan.items() if name not in ('prologue', 'sample')}
        if case == 'refresh':
            plan['variables'] = {**plan['variables'], 'refresh_token': self.tongxing.tokens('refresh_token')[0]}
        return plan

    def answers(self):
        """What the server answers to one flow of the case."""
        plan = self.tongxing.plan(ANSWERED_LIKE.get(self.case, self.case))
        verifier = secrets.token_urlsafe(32)
        variables = {**plan.get('variables', {}), **{name: values[0] for name, values in plan.get('lists', {}).items()},
                     'state': secrets.token_urlsafe(16), 'nonce': secrets.token_urlsafe(16), 'verifier': verifier, 'challenge': challenge_of(verifier)}
        with socket.create_connection(('127.0.0.1', self.tongxing.port)) as connection:
            for step in plan.get('prologue', []):
                self.play(connection, step, variables)
            return [self.play(connection, step, variables) for step in plan['flow']]

    def play(self, connection, step, variables):
        head, body = rendered(step['request'], variables), rendered(step.get('body', ''), variables)
        length = f'\r\nContent-Length: {len(body)}' if body else ''
        connection.sendall(f'{head}{length}\r\n\r\n{body}'.encode())
        answer = receive(connection)
        for name in ('code', 'refresh_token'):
            found = re.search(rf'{name}=([^&\s]+)|"{name}":"([^"]+)"', answer.decode())
            if found:
                variables[name] = found.group(1) or found.group(2)
        if not answer.startswith(f'HTTP/1.1 {step["status"]} '.encode()):
            self.bench.fail(f'the server answered {self.case} with {answer[:200]!r} while its floor was being made')
        return answer


class BareFloor(Floor):
    """Reads and writes the sockets by itself."""
    name = 'bare floor'
    program = 'floor_bare'
