"""What a mutant must survive: stages, the quick ones first. The first one that fails kills it."""
import json
import os
import re
import resource
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, replace

from tree import CannotRun, write_if_changed

FAILED_TEST = re.compile(r'^\[  FAILED  \] ([\w/.]+)(?:,| \(|$)', re.MULTILINE)
SANITIZER = re.compile(r'ERROR: AddressSanitizer:? ([\w-]+)')
MEMORY = 6 * 1024**3
LEAST_CPU_SECONDS = 15
SLOWER = 6         # than without a mutant, in processor time: then it does not end
LONGEST_REST = 60  # seconds that all its threads sleep: then none will wake another
LOOK = 0.5         # seconds between two looks at them


@dataclass(frozen=True)
class Stage:
    name: str
    program: str
    arguments: tuple
    build: str = 'plain'  # of tree.BUILDS

    @property
    def checks(self):
        return self.program == 'bptt-verify'


def check(subjects, cases, *options):
    names = subjects.split()
    arguments = ('check', *names, '--cases', str(cases), *options)
    return Stage(' '.join(arguments), 'bptt-verify', (*arguments, '--jobs', '1'))


def unit(program, *arguments):
    return Stage(program, program, arguments)


def sanitized(stage):
    return replace(stage, name=f'under AddressSanitizer: {stage.name}', build='sanitized')


WAYS = 'reference:walks reference:split reference:truncated reference:closed_form'
MEMORY_MODES = 'optimized:memory=binomial optimized:memory=recompute optimized:memory=square_root'
# Panels of units are 32 wide in f32, so that two of them need more than that.
REFERENCE = [
    check('reference', 2, '--max-size', '8'),
    check(WAYS, 1, '--max-size', '6'),
    unit('reference_test'),
    unit('published_cases_test'),
    check(f'reference {WAYS}', 5, '--max-size', '7', '--seed', '2'),
    check('optimized', 1, '--max-size', '20'),
    unit('arithmetic_on_reference_test'),
    sanitized(unit('reference_test')),
]
NETWORKS = [option for cell in ('rnn_both', 'gru_x2', 'lstm_lengths', 'rnn_both_x2_lengths', 'lstm_reverse')
            for option in ('--cell', cell)]
# Over time: the lines' values and bounds of bounds/ go their own way through the steps.
WALK = [
    check('lines', 1, '--max-size', '4', *NETWORKS),
    unit('cells_test', '--gtest_filter=Cells.*:Reverse.IsTheDerivative*:Stacked.*'),
    check('lines', 4, '--max-size', '5', '--seed', '2', *NETWORKS),
    check('lines', 1, '--max-size', '4', '--cell', 'lstm_projected', '--cell', 'scan'),
    unit('cells_test'),
]
TINY_THRESHOLDS = 'optimized:thresholds=tiny optimized:thresholds=tiny,threads=2'
KERNELS = [
    check('optimized', 1, '--max-size', '40'),
    unit('optimized_test'),
    check(TINY_THRESHOLDS, 2, '--max-size', '24'),
    check('optimized:blocks=3 optimized:threads=2', 1, '--max-size', '40'),
    check('optimized:blocks=1 optimized:memory=binomial optimized:memory=recompute', 1,
          '--max-size', '20'),
    unit('optimized_allocation_test'),
    check('optimized optimized:threads=2', 5, '--max-size', '70', '--seed', '2'),
    check(TINY_THRESHOLDS, 6, '--max-size', '40', '--seed', '2'),
    unit('self_test', '--gtest_filter=Paths.*'),
    sanitized(unit('optimized_test')),
]
EIGEN = [
    check('eigen eigen:blocks=3', 1, '--max-size', '20'),
    check('eigen eigen:blocks=3', 6, '--max-size', '40', '--seed', '2'),
]
CHECKPOINTS = [
    check(MEMORY_MODES, 1, '--max-size', '20'),
    unit('optimized_test'),
    unit('optimized_allocation_test'),
    check(MEMORY_MODES, 6, '--max-size', '20', '--seed', '2'),
    sanitized(unit('optimized_test')),
]
PLANS = [KERNELS[1], KERNELS[0], *KERNELS[2:]]


def stages_for(path):
    if path.startswith('cells/'):
        return WALK
    if path.startswith('reference/'):
        return REFERENCE
    if path.startswith('optimized/eigen/'):
        return EIGEN
    if path.endswith(('checkpointed.cpp', 'schedule.cpp')):
        return CHECKPOINTS
    if path.endswith(('partition.cpp', 'plan_base.hpp', 'passes.cpp', 'passes.hpp')):
        return PLANS
    if path.endswith(('matrix.hpp', 'layout.hpp', 'steps.hpp')):
        return KERNELS + EIGEN
    return KERNELS


@dataclass
class Outcome:
    failed: bool
    timed_out: bool
    by: list  # properties or tests that failed; else how the program ended
    seconds: float
    cpu_seconds: float


def _limits(stage, cpu_seconds):
    def apply():
        resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_seconds), int(cpu_seconds) + 5))
        if stage.build == 'plain':  # the sanitizer reserves more address space than there is
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return apply


def _time_at_rest(process):
    """The processor time of its threads if all of them sleep; None if one runs, or waits for a
    processor or a disk, as on a busy machine. Programs of the suite start no others."""
    ticks = 0
    try:
        for thread in os.listdir(f'/proc/{process}/task'):
            with open(f'/proc/{process}/task/{thread}/stat', 'rb') as file:
                fields = file.read().rpartition(b')')[2].split()
            if fields[0] in (b'R', b'D'):
                return None
            ticks += int(fields[11]) + int(fields[12])
    except OSError:  # it, or one of them, has ended
        return None
    return ticks


def _wait(process):
    """Its status; None if it sleeps for ever."""
    rest, before = 0, None
    while rest < LONGEST_REST:
        try:
            return process.wait(timeout=LOOK)
        except subprocess.TimeoutExpired:
            ticks = _time_at_rest(process.pid)
            rest = rest + LOOK if ticks is not None and ticks == before else 0
            before = ticks
    return None


def _path(folder, stage):
    return f'{folder}/{stage.build}/bin/{stage.program}'


def run_stage(stage, folder, number, cpu_limit):
    """Runs one stage with one mutant switched on. How long it may take is a matter of its own time,
    so that what survives does so on a busy machine too."""
    with tempfile.TemporaryDirectory() as scratch:
        report, output = f'{scratch}/report.json', f'{scratch}/output'
        arguments = list(stage.arguments)
        if stage.checks:
            arguments += ['--json', report]
        environment = {**os.environ, 'BPTT_MUTANT': str(number), 'NO_COLOR': '1',
                       'ASAN_OPTIONS': f'detect_leaks=0:hard_rss_limit_mb={MEMORY // 2**20}'}
        environment.pop('BPTT_CASES', None)
        environment.pop('BPTT_SEED', None)
        started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        with open(output, 'wb') as file:
            process = subprocess.Popen([_path(folder, stage), *arguments], stdout=file,
                                       stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                       env=environment, cwd=scratch, preexec_fn=_limits(stage, cpu_limit),
                                       start_new_session=True)
            try:
                status = _wait(process)
            except BaseException:  # the user has had enough
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise
            timed_out = status is None
            if timed_out:
                os.killpg(process.pid, signal.SIGKILL)
                status = process.wait()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        timed_out = timed_out or status == -signal.SIGXCPU or (status == -signal.SIGKILL)
        return Outcome(status != 0, timed_out, [] if status == 0 else _killers(stage, status, report,
                                                                            output),
                       time.monotonic() - started, cpu)


def _killers(stage, status, report, output):
    if stage.build == 'sanitized':
        with open(output, encoding='utf-8', errors='replace') as file:
            if match := SANITIZER.search(file.read()):
                return [f'AddressSanitizer: {match.group(1)}']
    if status < 0:
        return [f'crash: {signal.Signals(-status).name}']
    if stage.checks:
        try:
            with open(report, encoding='utf-8') as file:
                document = json.load(file)
        except (OSError, ValueError):
            return [f'{stage.name} ended with status {status}']
        broken = [row['property'] for part in document['reports'] for row in part['rows']
                  if row['broken'] > 0]
        return list(dict.fromkeys(broken)) or [f'{stage.name} ended with status {status}']
    with open(output, encoding='utf-8', errors='replace') as file:
        failed = FAILED_TEST.findall(file.read())
    return list(dict.fromkeys(failed)) or [f'{stage.name} ended with status {status}']


class Suite:
    def __init__(self, folder, times, builds):
        """folder: where the builds are; times: a file that keeps how long the stages take."""
        self.folder, self.times, self.builds, self.limits = folder, times, builds, {}

    def stages_of(self, path):
        return [stage for stage in stages_for(path) if stage.build in self.builds]

    def measure(self, stages, say):
        """Every stage passes with no mutant switched on; how long it takes sets the time limits.
        What these very programs have passed already is not run again."""
        try:
            with open(self.times, encoding='utf-8') as file:
                known = json.load(file)
        except (OSError, ValueError):
            known = {}
        for stage in stages:
            built_at, seconds, cpu_seconds = known.get(stage.name, (0, 0, 0))
            built = os.stat(_path(self.folder, stage)).st_mtime_ns
            if built_at != built:
                outcome = run_stage(stage, self.folder, 0, 1200)
                if outcome.failed:
                    raise CannotRun(f'with no mutant switched on, {stage.name} fails: '
                                    f'{", ".join(outcome.by)}')
                seconds, cpu_seconds = outcome.seconds, outcome.cpu_seconds
                say(f'{cpu_seconds:6.1f} s  {stage.name}')
                known[stage.name] = built, seconds, cpu_seconds
                write_if_changed(self.times, json.dumps(known, indent=1))
            self.limits[stage] = LEAST_CPU_SECONDS + SLOWER * cpu_seconds

    def judge(self, path, number):
        """{'state': .., 'by': .., 'stage': .., 'seconds': ..} of one mutant."""
        seconds = 0.0
        for stage in self.stages_of(path):
            outcome = run_stage(stage, self.folder, number, self.limits[stage])
            seconds += outcome.seconds
            if outcome.failed:
                state = 'timed out' if outcome.timed_out else 'killed'
                return {'state': state, 'by': outcome.by, 'stage': stage.name,
                        'seconds': round(seconds, 2)}
        return {'state': 'survived', 'by': [], 'stage': '', 'seconds': round(seconds, 2),
                'builds': self.builds}
