"""What a mutant must survive: stages, the quick ones first. The first one that fails kills it."""
import json
import os
import re
import resource
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

from tree import CannotRun, write_if_changed

FAILED_TEST = re.compile(r'^\[  FAILED  \] ([\w/.]+)(?:,| \(|$)', re.MULTILINE)
MEMORY = 6 * 1024**3
LEAST_CPU_SECONDS, LEAST_SECONDS = 30, 90
SLOWER = 6  # than without a mutant: then it hangs


@dataclass(frozen=True)
class Stage:
    name: str
    program: str
    arguments: tuple

    @property
    def checks(self):
        return self.program == 'bptt-verify'


def check(subjects, cases, *options):
    names = subjects.split()
    return Stage(f'check {subjects} --cases {cases}', 'bptt-verify',
                 ('check', *names, '--cases', str(cases), '--jobs', '1', *options))


def unit(program, *arguments):
    return Stage(program, program, arguments)


REFERENCE = [
    check('reference', 2, '--max-size', '8'),
    check('reference:walks reference:split reference:truncated reference:closed_form', 2,
          '--max-size', '6'),
    unit('reference_test'),
    unit('published_cases_test'),
    check('reference reference:walks reference:split reference:truncated reference:closed_form', 12),
    unit('arithmetic_on_reference_test'),
    check('optimized', 3),
]
KERNELS = [
    check('optimized', 2, '--max-size', '40'),
    check('optimized:blocks=3 optimized:threads=2', 2),
    unit('optimized_test'),
    check('optimized:blocks=1 optimized:memory=binomial optimized:memory=recompute', 2),
    unit('optimized_allocation_test'),
    check('optimized optimized:blocks=3 optimized:threads=2', 20),
]
EIGEN = [
    check('eigen eigen:blocks=3', 2),
    unit('optimized_test'),
    check('eigen eigen:blocks=3', 20),
]
CHECKPOINTS = [
    check('optimized:memory=binomial optimized:memory=recompute optimized:memory=square_root', 2),
    unit('optimized_test'),
    unit('optimized_allocation_test'),
    check('optimized:memory=binomial optimized:memory=recompute optimized:memory=square_root', 15),
]
PLANS = [
    unit('optimized_test'),
    *KERNELS[:2], *KERNELS[3:],
]


def stages_for(path):
    if path.startswith('reference/'):
        return REFERENCE
    if path.startswith('optimized/eigen/'):
        return EIGEN
    if path.endswith(('checkpointed.cpp', 'schedule.cpp')):
        return CHECKPOINTS
    if path.endswith(('division.cpp', 'plan_base.hpp', 'passes.cpp', 'passes.hpp')):
        return PLANS
    if path.endswith(('matrix.hpp', 'layout.hpp', 'steps.hpp')):
        return KERNELS + [EIGEN[0], EIGEN[2]]
    return KERNELS


def all_stages():
    return list(dict.fromkeys(REFERENCE + KERNELS + EIGEN + CHECKPOINTS))


@dataclass
class Outcome:
    failed: bool
    timed_out: bool
    by: list  # properties or tests that failed; else how the program ended
    seconds: float
    cpu_seconds: float


def _limits(cpu_seconds):
    def apply():
        resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_seconds), int(cpu_seconds) + 5))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return apply


def run_stage(stage, binaries, number, cpu_limit, limit):
    """Runs one stage with one mutant switched on."""
    with tempfile.TemporaryDirectory() as folder:
        report, output = f'{folder}/report.json', f'{folder}/output'
        arguments = list(stage.arguments)
        if stage.checks:
            arguments += ['--json', report]
        environment = {**os.environ, 'BPTT_MUTANT': str(number), 'NO_COLOR': '1'}
        environment.pop('BPTT_CASES', None)
        environment.pop('BPTT_SEED', None)
        started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        with open(output, 'wb') as file:
            process = subprocess.Popen([f'{binaries}/{stage.program}', *arguments], stdout=file,
                                       stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                       env=environment, cwd=folder, preexec_fn=_limits(cpu_limit),
                                       start_new_session=True)
            try:
                status = process.wait(timeout=limit)
                timed_out = False
            except subprocess.TimeoutExpired:
                timed_out = True
            except BaseException:  # the user has had enough
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise
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
    def __init__(self, binaries, times):
        """binaries: the folder of the programs; times: a file that keeps how long they take."""
        self.binaries, self.times, self.limits = binaries, times, {}

    def measure(self, stages, say):
        """Every stage passes with no mutant switched on; how long it takes sets the time limits.
        What these very programs have passed already is not run again."""
        programs = sorted({stage.program for stage in stages})
        built = {name: os.stat(f'{self.binaries}/{name}').st_mtime_ns for name in programs}
        try:
            with open(self.times, encoding='utf-8') as file:
                known = json.load(file)
        except (OSError, ValueError):
            known = {}
        for stage in stages:
            built_at, seconds, cpu_seconds = known.get(stage.name, (0, 0, 0))
            if built_at != built[stage.program]:
                outcome = run_stage(stage, self.binaries, 0, 1200, 1800)
                if outcome.failed:
                    raise CannotRun(f'with no mutant switched on, {stage.name} fails: '
                                    f'{", ".join(outcome.by)}')
                seconds, cpu_seconds = outcome.seconds, outcome.cpu_seconds
                say(f'{cpu_seconds:6.1f} s  {stage.name}')
                known[stage.name] = built[stage.program], seconds, cpu_seconds
                write_if_changed(self.times, json.dumps(known, indent=1))
            self.limits[stage] = (LEAST_CPU_SECONDS + SLOWER * cpu_seconds,
                                  LEAST_SECONDS + SLOWER * max(seconds, cpu_seconds))

    def judge(self, path, number):
        """{'state': .., 'by': .., 'stage': .., 'seconds': ..} of one mutant."""
        seconds = 0.0
        for stage in stages_for(path):
            outcome = run_stage(stage, self.binaries, number, *self.limits[stage])
            seconds += outcome.seconds
            if outcome.failed:
                state = 'timed out' if outcome.timed_out else 'killed'
                return {'state': state, 'by': outcome.by, 'stage': stage.name,
                        'seconds': round(seconds, 2)}
        return {'state': 'survived', 'by': [], 'stage': '', 'seconds': round(seconds, 2)}
