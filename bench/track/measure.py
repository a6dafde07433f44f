"""Runs the programs of one build that measure, and reads what they write."""
import dataclasses
import glob
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile

from history import context_of, figure


@dataclasses.dataclass(frozen=True)
class Build:
    """Where the programs of a commit are. Old commits have not all of them."""
    name: str
    folder: str  # build/release of its tree

    def program(self, name):
        path = os.path.abspath(os.path.join(self.folder, 'bin', name))
        return path if os.access(path, os.X_OK) else None


def run(command, allowed=(0,), **options):
    """Its output. RuntimeError with its last words if it does not end with an allowed status."""
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                           **options)
    if ended.returncode not in allowed:
        words = (ended.stderr or ended.stdout).strip().splitlines()[-3:]
        raise RuntimeError(f'{os.path.basename(command[0])} ended with status {ended.returncode}: '
                           + ' / '.join(words))
    return ended.stdout


#: Few benchmarks: every kind of pass, many samples, one sample, tiny.
FEW = ['--filter', '/(64x64x32x100|128x128x1x200|3x5x10x7)/1$', '--threads', '1', '--contestants', 'optimized']
#: Of them, a run of half a second.
QUICK = [*FEW, '--repetitions', '1', '--seconds', '0.005']


def bench(build, option, arguments):
    """The document that one run of bptt_bench writes with `option`."""
    program = build.program('bptt_bench')
    if program is None:
        raise RuntimeError(f'{build.name} has no bptt_bench in {build.folder}/bin')
    environment = {key: value for key, value in os.environ.items()
                   if key not in ('OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE')}  # they slow OpenBLAS
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'bench.json')
        run([program, option, path, *arguments], env=environment)
        with open(path, encoding='utf-8') as file:
            return json.load(file)


def context(build):
    """On what is measured here and now, as bptt_bench tells it; nothing if the commit's does not."""
    try:
        return context_of(bench(build, '--record', ['--filter', 'rnn/forward/f32/3x5x10x7/1$', '--contestants',
                                                    'optimized', '--repetitions', '1']))
    except RuntimeError:
        return {}


def times(build, arguments):
    """{benchmark: seconds}: medians of what repetitions bptt_bench was asked for. By Google Benchmark's
    JSON, which every commit writes."""
    repetitions = {}
    for row in bench(build, '--json', arguments)['benchmarks']:
        if row.get('run_type', 'iteration') == 'iteration' and 'error_occurred' not in row:
            # Parts of a name that say how it was timed.
            name = re.sub(r'/(real_time|(iterations|repeats|min_time):[^/]*)', '', row['name'])
            repetitions.setdefault(name, []).append(row['real_time'] * UNITS[row['time_unit']])
    return {name: statistics.median(values) for name, values in repetitions.items()}


UNITS = {'ns': 1e-9, 'us': 1e-6, 'ms': 1e-3, 's': 1.0}

#: What bptt_exact and callgrind count. Each may only fall.
EXACT = ('instructions', 'workspace_bytes', 'multiply_adds', 'waits', 'allocations')


#: Every way through the kernels: blocks of steps, far weights, one sample, tails.
COUNTED = '/(64x64x32x100|128x256x64x100|512x512x64x50|128x128x1x200|3x5x10x7|17x34x7x1|65x65x34x1)/'
#: callgrind takes fifty times as long as the processor.
MOST_WORK_OF_CALLGRIND = 1.1e8


def exact(build, passes=COUNTED):
    """Figures that are the same in every run. Instructions, on one thread, where valgrind is installed: of
    the AVX2 kernels, since it knows no wider ones."""
    program = build.program('bptt_exact')
    if program is None:
        return []
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'exact.json')
        run([program, '--filter', passes, '--json', path])
        with open(path, encoding='utf-8') as file:
            for name, counts in json.load(file)['figures'].items():
                figures += [figure(f'{name}/optimized', measure, value) for measure, value in counts.items()]
        if shutil.which('valgrind'):
            # An empty environment and bound symbols: nothing else may add an instruction.
            run(['env', '-i', 'LD_BIND_NOW=1', shutil.which('valgrind'), '--tool=callgrind',
                 '--instr-atstart=no', f'--callgrind-out-file={folder}/counted', program, '--filter', passes,
                 '--threads', '1', '--most-work', str(MOST_WORK_OF_CALLGRIND), '--json', path], cwd=folder)
            for file_name in glob.glob(os.path.join(folder, 'counted.*')):
                with open(file_name, encoding='utf-8') as file:
                    text = file.read()
                name = re.search('^desc: Trigger: Client Request: (.*)$', text, re.M)
                total = re.search(r'^(?:totals|summary): (\d+)', text, re.M)
                if name and total:
                    figures.append(figure(f'{name[1]}/optimized', 'instructions', int(total[1])))
    return figures


#: Errors of the results, array by array, at each shape of bptt-verify bounds ..
ACCURACY = ('median_sigma', 'largest_sigma', 'median_ulp', 'largest_ulp')
#: .. and, row by row, how many entries are beyond what is allowed. A right kernel has none.
WRONG = ('accused',)
#: Entries a row, and of which sizes: small ones against 50 digits, and of each cell and scalar one that a model
#: has: other loops, longer sums. There an entry takes a fifth of a second, and each array gets 30.
SURVEYS = ((2000, ()), (400, ('--sizes', 'real', '--models', '1')))


def accuracy(build, subject='optimized', surveys=SURVEYS):
    """Of the surveys that the commit's bptt-verify knows."""
    program = build.program('bptt-verify')
    if program is None:
        return []
    figures = []
    for entries, survey in surveys:
        known = run([program, 'bounds', '--help'])
        if not all(option in known for option in ('--json', *survey[::2])):
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'bounds.json')
            # Status 1 says that entries are wrong: that is told by the figures.
            run([program, 'bounds', subject, '--entries', str(entries), '--json', path, *survey], allowed=(0, 1))
            with open(path, encoding='utf-8') as file:
                rows = json.load(file)['rows']
        for row in rows:
            sizes = 'x'.join(str(row[key]) for key in ('n_x', 'n_a', 'm', 'T_x') if row[key]) or 'drawn'
            name = f'accuracy/{row["cell"]}/{row["scalar"]}/{row["regime"]}/{sizes}'
            figures += [figure(name, measure, row[measure]) for measure in WRONG]
            for errors in row['arrays']:
                figures += [figure(f'{name}/{errors["array"]}', measure, errors[measure], count=errors['entries'])
                            for measure in ACCURACY]
    return figures
