"""
The machine a run is made on: which cores there are and who gets which, what it is made of, and what /proc says about a process.
"""
import json
import os
import pathlib
import platform
import re
import resource
import subprocess

NO_VERSION = 'not installed'


# --- cores --------------------------------------------------------------------------------------------------------------------------------

def read_cpus(text):
    """The cores of a list as taskset writes it: 0-2,5."""
    cpus = set()
    for part in text.split(','):
        first, _, last = part.partition('-')
        cpus.update(range(int(first), int(last or first) + 1))
    return sorted(cpus)


def write_cpus(cpus):
    return ','.join(map(str, sorted(cpus)))


class Placing:
    """Who runs where: the server, the load generator, Redis. Lists as taskset takes them."""

    def __init__(self, server=None, load=None):
        usable = sorted(os.sched_getaffinity(0))
        servers = read_cpus(server) if server else usable[-1:]
        loads = read_cpus(load) if load else [cpu for cpu in usable if cpu not in servers] or servers
        self.usable = usable
        self.server = write_cpus(servers)
        # Redis gets a core of its own as soon as the load can spare one.
        self.redis = write_cpus(loads[-1:] if len(loads) > 2 else loads)
        self.load = write_cpus(loads[:-1] if len(loads) > 2 else loads)

    def server_alone(self):
        """The cores that nothing else of ours runs on."""
        return sorted(set(read_cpus(self.server)) - set(read_cpus(self.load)) - set(read_cpus(self.redis)))

    def sentence(self):
        server, load, redis = (set(read_cpus(text)) for text in (self.server, self.load, self.redis))
        shared = [name for name, other in (('load generator', load), ('Redis', redis)) if server & other]
        beside = f'load generator and Redis share {self.load}' if load == redis else f'load generator on {self.load}, Redis on {self.redis}'
        warning = f' (shared with {" and ".join(shared)}: rates mean little here, CPU per request still does)' if shared else ''
        return f'{len(self.usable)} cores: server on {self.server}{warning}, {beside}'


def raise_file_limit():
    """As many descriptors as the system grants, for every process the harness starts. Returns how many that is."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


# --- processes ----------------------------------------------------------------------------------------------------------------------------

def memory_of(pid):
    """VmRSS and its three parts in KiB, and VmHWM, the highest it has been."""
    status = pathlib.Path(f'/proc/{pid}/status').read_text()
    return {name: int(kib) for name, kib in re.findall(r'^(VmRSS|VmHWM|RssAnon|RssFile|RssShmem):\s+(\d+) kB', status, re.M)}


def cpu_ticks_of(pids):
    """User and system time of all their threads."""
    fields = [pathlib.Path(f'/proc/{pid}/stat').read_text().rsplit(') ', 1)[1].split() for pid in pids]
    return sum(int(one[11]) + int(one[12]) for one in fields)


def core_ticks(cpus):
    """How long these cores were there, and how long programs ran on them or were kept from it by other machines. Interrupts are nobody's."""
    lines = [line.split() for line in pathlib.Path('/proc/stat').read_text().splitlines()]
    wanted = {f'cpu{cpu}' for cpu in cpus}
    times = [[int(time) for time in line[1:9]] for line in lines if line[0] in wanted]
    return sum(map(sum, times)), sum(user + nice + system + stolen for user, nice, system, _, _, _, _, stolen in times)


class Watch:
    """What share of the server's cores others took meanwhile: the neighbours whose doing a figure may be."""

    def __init__(self, cpus, pids):
        self.cpus, self.pids = cpus, pids
        self.own, self.cores = cpu_ticks_of(pids), core_ticks(self.cpus)

    def others(self):
        total, busy = (after - before for after, before in zip(core_ticks(self.cpus), self.cores))
        return max(0, busy - (cpu_ticks_of(self.pids) - self.own)) / max(1, total)


# --- what it is made of -------------------------------------------------------------------------------------------------------------------

def first_line(*command):
    try:
        lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    except FileNotFoundError:
        lines = []
    return lines[0] if lines else NO_VERSION


def cpu_model():
    found = re.search(r'^model name\s*:\s*(.+)$', pathlib.Path('/proc/cpuinfo').read_text(), re.M)
    return found[1] if found else platform.machine()


def distribution():
    fields = dict(re.findall(r'^(\w+)="?([^"\n]*)', pathlib.Path('/etc/os-release').read_text(), re.M))
    version = pathlib.Path('/etc/debian_version')
    return f'{fields.get("NAME", "Linux")} {version.read_text().strip() if version.exists() else fields.get("VERSION_ID", "")}'


def build_of(folder):
    """Compiler and build options, as meson recorded them."""
    about = folder / 'meson-info'
    wanted = ('buildtype', 'optimization', 'debug', 'b_lto', 'b_pgo', 'b_ndebug', 'b_sanitize', 'c_args')
    options = {option['name']: option['value'] for option in json.loads((about / 'intro-buildoptions.json').read_text())}
    compiler = json.loads((folder / 'compile_commands.json').read_text())[0]['command'].split()[0]
    return {'compiler': first_line(compiler, '--version'), **{name: options.get(name) for name in wanted}}


def project_version(root, folder):
    version = json.loads((folder / 'meson-info' / 'intro-projectinfo.json').read_text())['version']
    commit = first_line('git', '-C', str(root), 'describe', '--always', '--dirty')
    return f'{version} ({commit})'


def describe(root, build):
    libraries = {name: first_line('pkg-config', '--modversion', package) for name, package in (
        ('OpenSSL', 'libcrypto'), ('libevent', 'libevent'), ('hiredis', 'hiredis'), ('SQLite', 'sqlite3'), ('libargon2', 'libargon2'))}
    return {
        'cpu': cpu_model(),
        'cores': len(os.sched_getaffinity(0)),
        'memory_mib': os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') // 2**20,
        'kernel': platform.release(),
        'distribution': distribution(),
        'tongxing': project_version(root, build),
        'libraries': libraries,
        'redis': first_line('redis-server', '--version'),
        'build': build_of(build),
    }
