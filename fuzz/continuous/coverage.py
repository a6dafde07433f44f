"""./dev fuzz --coverage: what seeds and regressions reach of each folder, as HTML and as JSON.

Runs every target of the preset fuzz-coverage once over its seeds and fuzz/regressions (and with
--grown over fuzz/campaign/corpus), joins the profiles, writes build/fuzz/coverage/index.html and
summary.json, and compares with the floors of fuzz/coverage_floor.json. Counts source lines: a line
of a template, or of a kernel compiled for many instruction sets, is reached if any copy is.

Exit status: 0 no folder below its floor, 1 one below, 2 it could not run.
"""
import argparse
import concurrent.futures
import json
import os
import shutil
import subprocess

import durable
import libfuzzer

TOOLS = '/usr/lib/llvm-14/bin'
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SECONDS = 1800  # of one target over its corpus


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(prog='./dev fuzz --coverage', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--grown', action='store_true', help='with the corpora in fuzz/campaign')
    parser.add_argument('--jobs', type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument('--floors', default=os.path.join(TREE, 'fuzz', 'coverage_floor.json'),
                        help='default: fuzz/coverage_floor.json')
    parser.add_argument('--only-check-arguments', action='store_true', help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def tool(name, *arguments):
    """The tool's standard output. Raises RuntimeError with what it said."""
    path = os.path.join(TOOLS, name)
    if not os.path.exists(path):
        raise RuntimeError(f'{path} is missing: apt-get install llvm-14')
    result = subprocess.run([path, *arguments], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f'{name} ended with status {result.returncode}: {result.stderr[-2000:]}')
    return result.stdout


def run_target(binary, name, folder, grown):
    """Runs the target over its corpora; the path of its profile."""
    seeds = libfuzzer.seeds_of(binary)
    if not os.path.isdir(seeds) or not os.listdir(seeds):
        raise RuntimeError(f'there are no seeds in {seeds}: ./dev fuzz --coverage makes them')
    corpora = [seeds, os.path.join(TREE, 'fuzz', 'regressions', name)]
    if grown:
        corpora.append(os.path.join(TREE, 'fuzz', 'campaign', 'corpus', name))
    corpora = [path for path in corpora if os.path.isdir(path)]
    empty = os.path.join(folder, f'{name}.new')
    os.makedirs(empty)
    profile = os.path.join(folder, f'{name}.profraw')
    result = subprocess.run(
        [binary, '-runs=0', f'-artifact_prefix={folder}/{name}-', empty, *corpora],
        env={**os.environ, 'LLVM_PROFILE_FILE': profile}, capture_output=True, check=False,
        timeout=SECONDS)
    if result.returncode != 0:
        raise RuntimeError(f'fuzz_{name} crashes on its own corpus:\n'
                           f'{result.stderr.decode(errors="replace")[-3000:]}')
    return profile


def summarise(lcov, groups, tree):
    """{group: {lines, covered, percent, files: {..}}} of what llvm-cov exports as lcov, which has one
    count for a line, of all copies. (Its own summary takes the best copy of each function, and counts
    the lines of a lambda twice.) A group is a list of prefixes of paths; the percentage is None where
    none of its files is in any target."""
    counts = {}
    for line in lcov.splitlines():
        key, _, value = line.partition(':')
        if key == 'SF':
            counts_of_file = counts.setdefault(os.path.relpath(value, tree), {})
        elif key == 'DA':
            number, count = (int(part) for part in value.split(',')[:2])
            counts_of_file[number] = count
    result = {}
    for group, prefixes in groups.items():
        files = {}
        for path, of_file in counts.items():
            if any(path.startswith(prefix) for prefix in prefixes) and '_test.' not in path:
                files[path] = {'lines': len(of_file),
                               'covered': sum(count > 0 for count in of_file.values())}
        lines = sum(f['lines'] for f in files.values())
        covered = sum(f['covered'] for f in files.values())
        result[group] = {'lines': lines, 'covered': covered,
                         'percent': round(100 * covered / lines, 2) if lines else None,
                         'files': dict(sorted(files.items()))}
    return result


def judge(summary, floors):
    """Lines of a table, and the names of the groups that are below their floor."""
    text = [f'{"folder":18} {"lines":>7} {"reached":>8} {"%":>7} {"floor":>6} {"aim":>5}']
    below = []
    for name, wanted in floors.items():
        got = summary[name]
        percent = got['percent']
        if (0 if percent is None else percent) < wanted['floor']:
            below.append(name)
        shown = '-' if percent is None else f'{percent:.2f}'
        text.append(f'{name:18} {got["lines"]:7} {got["covered"]:8} {shown:>7} '
                    f'{wanted["floor"]:6} {wanted["aim"]:5}{"  BELOW" if name in below else ""}')
    return text, below


def main(arguments):
    options = parse_arguments(arguments)
    if options.only_check_arguments:
        return 0
    with open(options.floors, encoding='utf-8') as file:
        floors = json.load(file)['folders']
    bin_folder = os.path.join(TREE, 'build', 'fuzz-coverage', 'bin')
    targets = libfuzzer.binaries_in(bin_folder)
    if not targets:
        raise RuntimeError(f'no fuzz target in {bin_folder}: ./dev fuzz --coverage builds them')
    folder = os.path.join(TREE, 'build', 'fuzz', 'coverage')
    shutil.rmtree(folder, ignore_errors=True)
    raw = os.path.join(folder, 'raw')
    os.makedirs(raw)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        profiles = list(pool.map(
            lambda target: run_target(targets[target], target, raw, options.grown), targets))

    profile = os.path.join(folder, 'all.profdata')
    tool('llvm-profdata', 'merge', '-sparse', *profiles, '-o', profile)
    distinct = list({os.stat(b).st_ino: b for b in targets.values()}.values())  # of links one is enough
    objects = [distinct[0], *(word for b in distinct[1:] for word in ('-object', b))]
    common = [f'-instr-profile={profile}', *objects,
              f'-ignore-filename-regex=^/usr/|^{TREE}/build/|^{TREE}/fuzz/']
    lcov = tool('llvm-cov', 'export', '-format=lcov', *common)
    tool('llvm-cov', 'show', '-format=html', f'-output-dir={folder}', '-show-instantiations=false',
         '-show-line-counts-or-regions', *common)
    shutil.rmtree(raw)
    summary = summarise(lcov, {name: f['paths'] for name, f in floors.items()}, TREE)
    durable.write_whole(os.path.join(folder, 'summary.json'), json.dumps(
        {'version': 1, 'targets': list(targets), 'grown': options.grown, 'folders': summary}, indent=1))

    text, below = judge(summary, floors)
    print('\n'.join(text))
    print(f'{os.path.join(folder, "index.html")}\n{os.path.join(folder, "summary.json")}')
    if below:
        print(f'below the floor: {", ".join(below)}. What is not reached is red in the HTML; a seed '
              'reaches it.')
    return 1 if below else 0
