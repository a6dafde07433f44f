"""The rewritten copy of the tree: made, compiled, and freed of mutants that do not compile."""
import os
import re
import shutil
import subprocess

from cpp_source import Source
from operators import Finder, name_mutants
from rewriting import rewritten

# Everything that computes something. Left out: shapes.hpp and *_shapes.hpp, which compute nothing;
# team, barrier and waiting, where a fault is a hang; tables of functions; what is constexpr.
FILES = (
    [f'cells/{name}' for name in ('walk.hpp', 'stacked.cpp')] +
    [f'reference/{name}.hpp' for name in
     ('rnn', 'lstm', 'lstm_closed_form', 'loss', 'truncated', 'unrolled')] +
    [f'optimized/{name}' for name in
     ('stacked-inl.hpp', 'tile-inl.hpp', 'weight_gradients-inl.hpp', 'vector_math-inl.hpp',
      'units-inl.hpp', 'rnn_passes-inl.hpp', 'lstm_passes-inl.hpp', 'partition.cpp',
      'checkpointed.cpp', 'schedule.cpp', 'lstm.cpp', 'rnn.cpp', 'passes.cpp', 'passes.hpp',
      'layout.hpp', 'matrix.hpp', 'steps.hpp', 'plan_base.hpp', 'eigen/lstm.cpp', 'eigen/rnn.cpp',
      'eigen/products.cpp', 'eigen/stacked_cell.hpp')])
# One instruction set is enough: the kernels are one text. AVX2 has masked loads and narrow tiles.
# Without NDEBUG, so that memory of a plan that is read before it is written holds NaN.
FLAGS = '-O1 -w -D_GLIBCXX_ASSERTIONS -DHWY_COMPILE_ONLY_STATIC -DHWY_BASELINE_TARGETS=HWY_AVX2'
# {folder: (further flags, targets)}. What reads or writes beside its array shows under the sanitizer
# alone, as it does in CI; it is slow, so that it judges only what survived everything else.
BUILDS = {
    'plain': ('', ['bin/bptt-verify', 'bin/reference_test', 'bin/optimized_test',
                   'bin/optimized_allocation_test', 'bin/arithmetic_on_reference_test',
                   'bin/published_cases_test', 'bin/self_test', 'bin/cells_test']),
    'sanitized': ('-fsanitize=address', ['bin/reference_test', 'bin/optimized_test'])}
ERROR = re.compile(r'^(?P<path>[^\s:]+):(?P<line>\d+):(?P<column>\d+): (?:fatal )?error: (?P<what>.*)$',
                   re.MULTILINE)
SWITCH = re.compile(r'bptt_mutant::on<(\d+)>\(\)')


class CannotRun(Exception):
    """There is nothing to measure: the message says what to do."""


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def write_if_changed(path, text):
    """Keeps the time of a file that stays as it is, so that it is not compiled again."""
    if os.path.exists(path) and read(path) == text:
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + '.part', 'w', encoding='utf-8') as file:
        file.write(text)
    os.replace(path + '.part', path)


def all_mutants(root, files=None):
    """{path: (source, mutants)}; every mutant of the tree has a number of its own, from 1."""
    found, number = {}, 0
    for path in files or FILES:
        source = Source(read(os.path.join(root, path)))
        mutants = name_mutants(path, Finder(source).find())
        for mutant in mutants:
            number += 1
            mutant.number = number
        found[path] = source, mutants
    return found


def copy_tree(root, tree, rewritten_files):
    names = subprocess.run(['git', '-C', root, 'ls-files', '-z'], capture_output=True, check=True,
                           text=True).stdout.split('\0')
    for name in filter(None, names):
        source, target = os.path.join(root, name), os.path.join(tree, name)
        if name in rewritten_files or not os.path.exists(source):
            continue
        if (os.path.exists(target) and os.path.getmtime(target) >= os.path.getmtime(source)
                and os.path.getsize(target) == os.path.getsize(source)):
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(source, target)
    for name, text in rewritten_files.items():
        write_if_changed(os.path.join(tree, name), text)
    write_if_changed(os.path.join(tree, 'bptt_mutant.hpp'),
                     read(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'bptt_mutant.hpp')))


def culprit(text, line, column):
    """The number of the mutant to blame for an error at that line and column of a rewritten file;
    None if there is none on the line."""
    lines = text.split('\n')
    # The include and the #line in front are not counted.
    physical = lines[line + 1] if line + 1 < len(lines) else ''
    nearest, distance = None, None
    for match in SWITCH.finditer(physical):
        end, depth = match.end(), 0
        if physical.startswith(' ? (', end):
            end += 3
            while end < len(physical):
                depth += {'(': 1, ')': -1}.get(physical[end], 0)
                end += 1
                if depth == 0:
                    break
        if match.start() <= column - 1 <= end:
            return int(match.group(1))
        away = abs(match.start() - (column - 1))
        if distance is None or away < distance:
            nearest, distance = int(match.group(1)), away
    return nearest


class MutatedTree:
    def __init__(self, root, folder):
        self.root, self.folder, self.tree = root, folder, f'{folder}/tree'

    def make(self, found, chosen, builds, drop, say):
        """Writes and compiles the tree with the chosen mutants (a set of numbers) in it, as
        often as `builds` (some of BUILDS) says. Calls drop(number, message) for
        those that do not compile, and goes on without them."""
        dropped = set()
        for attempt in range(40):
            texts = {}
            for path, (source, mutants) in found.items():
                texts[path] = rewritten(source, [m for m in mutants
                                                 if m.number in chosen and m.number not in dropped])
            copy_tree(self.root, self.tree, texts)
            log = next(filter(None, map(self._compile, builds)), None)
            if log is None:
                return
            new = {}
            for match in ERROR.finditer(read(log)):
                path = os.path.relpath(os.path.join(os.path.dirname(log), match['path']), self.tree)
                if path in texts:
                    number = culprit(texts[path], int(match['line']), int(match['column']))
                    if number is not None:
                        new.setdefault(number, match['what'])
            if not new:
                raise CannotRun(f'the rewritten tree does not compile; see {log}')
            for number, message in new.items():
                drop(number, message)
            dropped.update(new)
            say(f'{len(new)} mutants do not compile and are taken out')
        raise CannotRun(f'the rewritten tree does not compile after 40 attempts; see {log}')

    def _compile(self, name):
        """None, or the file with what the compiler said."""
        further, targets = BUILDS[name]
        build, log = f'{self.folder}/{name}', f'{self.folder}/{name}/log'
        commands = [['cmake', '-S', self.tree, '-B', build, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=',
                     f'-DCMAKE_CXX_FLAGS={FLAGS} {further} -I{self.tree}', '-DBPTT_BUILD_BENCH=OFF',
                     '-DBPTT_TOGETHER=OFF'],
                    ['ninja', '-C', build, '-k', '0', *targets]]
        if os.path.exists(f'{build}/build.ninja'):
            del commands[0]  # ninja calls cmake if it has to
        os.makedirs(build, exist_ok=True)
        for command in commands:
            result = subprocess.run(command, capture_output=True, text=True)
            write_if_changed(log, result.stdout + result.stderr)
            if result.returncode != 0:
                return log
        return None
