"""Runs a libFuzzer binary and reads what it prints. Knows of no folder but those it is given.

Every run ends when this program does, however it ends (setpriv --pdeathsig), and in bounded time.
"""
import collections
import configparser
import dataclasses
import os
import re
import selectors
import signal
import subprocess
import time

KEPT_OUTPUT = 200_000  # bytes of the end of a run's standard error
TICK = 0.5             # seconds between two calls of `tick`

# A command after this and our process id is killed when we die; if we died before that was arranged,
# the shell has another parent, and does not start it.
ENDS_WITH_US = ['setpriv', '--pdeathsig', 'KILL', 'sh', '-c', '[ "$PPID" = "$0" ] && exec "$@"']

STATUS = re.compile(
    rb'#(\d+)\t(\w+)(?:\s+cov: (\d+))?(?:\s+ft: (\d+))?.*?exec/s: (\d+)')
EXECUTED = re.compile(rb'stat::number_of_executed_units:\s*(\d+)')
WORST = re.compile(rb'^BPTT worst error/bound (\S+)', re.MULTILINE)


@dataclasses.dataclass
class Outcome:
    """How a run ended, and what it said."""
    status: int = 0
    timed_out: bool = False  # ended by us: the engine had not, long after its time
    seconds: float = 0.0
    cpu_seconds: float = 0.0  # known at its end
    executions: int = 0
    cov: int = 0
    ft: int = 0
    inited: bool = False  # every input that it started from was run
    worst: float | None = None
    output: bytes = b''


def environment():
    result = dict(os.environ, BPTT_FUZZ_REPORT='1')
    result.setdefault('UBSAN_OPTIONS', 'print_stacktrace=1')
    symbolizer = '/usr/lib/llvm-14/bin/llvm-symbolizer'
    if os.path.exists(symbolizer):
        result.setdefault('ASAN_SYMBOLIZER_PATH', symbolizer)
    return result


def read_line(line, outcome):
    """One line of standard error; a number that is not there leaves the last one."""
    match = STATUS.match(line)
    if match:
        outcome.inited |= match[2] == b'INITED'
        outcome.executions = int(match[1])
        outcome.cov = int(match[3] or outcome.cov)
        outcome.ft = int(match[4] or outcome.ft)
        return
    match = EXECUTED.match(line)
    if match:
        outcome.executions = int(match[1])
        return
    match = WORST.match(line)
    if match:
        try:
            ratio = float(match[1])
        except ValueError:
            return
        if outcome.worst is None or not ratio <= outcome.worst:
            outcome.worst = ratio


def run(command, deadline, tick=None, stop=None):
    """Runs `command` for at most `deadline` seconds. `tick(outcome)` is called twice a second.
    With `stop` (a threading.Event) set, the run is ended and its outcome returned as it is."""
    outcome = Outcome()
    start = time.monotonic()
    process = subprocess.Popen(
        [*ENDS_WITH_US, str(os.getpid()), *command], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(),
        start_new_session=True)  # so that Ctrl-C is ours, and its children can be ended with it
    tail = collections.deque()
    kept = 0
    rest = b''
    next_tick = start + TICK
    with selectors.DefaultSelector() as selector:
        selector.register(process.stderr, selectors.EVENT_READ)
        while True:
            if selector.select(timeout=TICK):
                chunk = os.read(process.stderr.fileno(), 65536)
                if not chunk:
                    break
                tail.append(chunk)
                kept += len(chunk)
                while kept - len(tail[0]) > KEPT_OUTPUT:
                    kept -= len(tail.popleft())
                *lines, rest = (rest + chunk).split(b'\n')
                for line in lines:
                    read_line(line, outcome)
            now = time.monotonic()
            if now >= next_tick:
                next_tick = now + TICK
                outcome.seconds = now - start
                if tick:
                    tick(outcome)
            if now - start > deadline:
                outcome.timed_out = True
            if outcome.timed_out or (stop and stop.is_set()):
                os.killpg(process.pid, signal.SIGKILL)
                break
    process.stderr.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = outcome.status = os.waitstatus_to_exitcode(status)
    outcome.cpu_seconds = usage.ru_utime + usage.ru_stime
    outcome.seconds = time.monotonic() - start
    read_line(rest, outcome)
    outcome.output = b''.join(tail)
    return outcome


def binaries_in(folder):
    """{target: path} of the fuzz targets in a folder, in the order of their names. Beside each stand
    its .options; the tests of this folder, fuzz_test, have none."""
    found = {}
    for file in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        path = os.path.join(folder, file)
        if (file.startswith('fuzz_') and os.access(path, os.X_OK)
                and os.path.isfile(f'{path}.options')):
            found[file[len('fuzz_'):]] = path
    return found


def seeds_of(binary):
    """The folder of the seeds of BUILD/bin/fuzz_NAME: the build has made BUILD/seeds/NAME."""
    folder, file = os.path.split(binary)
    return os.path.join(os.path.dirname(folder), 'seeds', file[len('fuzz_'):])


def own_options(binary):
    """What BINARY.options asks of libFuzzer, as ClusterFuzz reads it; nothing if there is no such
    file."""
    options = configparser.ConfigParser()
    options.read(f'{binary}.options')
    if not options.has_section('libfuzzer'):
        return []
    return [f'-{name}={value}' for name, value in options.items('libfuzzer')]


def fuzz_command(binary, seconds, output, others, artifacts, dictionary=None, seeds=None):
    """Fuzzes for `seconds` from the inputs in `output` and `others`; new ones go to `output`."""
    command = [binary, *own_options(binary), f'-max_total_time={seconds}', f'-artifact_prefix={artifacts}/',
               '-print_final_stats=1', '-timeout=120', '-rss_limit_mb=4096']
    if dictionary:
        command.append(f'-dict={dictionary}')
    if seeds:
        command.append(f'-seed_inputs=@{seeds}')
    return [*command, output, *others]


def repeat_command(binary, path, artifacts):
    return [binary, f'-artifact_prefix={artifacts}/', '-timeout=120', '-rss_limit_mb=4096', path]


def merge_command(binary, result, source, artifacts):
    return [binary, *own_options(binary), '-merge=1', f'-artifact_prefix={artifacts}/', '-timeout=120',
            '-rss_limit_mb=4096', result, source]


def minimise_command(binary, path, result, seconds):
    return [binary, '-minimize_crash=1', f'-max_total_time={seconds}',
            f'-exact_artifact_path={result}', '-timeout=120', '-rss_limit_mb=4096', path]
