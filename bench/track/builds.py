"""Commits, built side by side in build/track; the working tree in its own build folder."""
import os
import re
import subprocess
import sys
import time

from measure import Build

WORKING_TREE = '.'
#: What measures; a commit may have fewer of them.
PROGRAMS = ('bptt_bench', 'bptt_exact', 'bptt-verify')


def git(root, *words):
    return subprocess.run(['git', '-C', root, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=False)


def commit_of(root, name):
    found = git(root, 'rev-parse', '--verify', '--quiet', f'{name}^{{commit}}')
    if found.returncode != 0:
        raise RuntimeError(f"there is no commit '{name}'")
    return found.stdout.strip()


def name_of_working_tree(root):
    """The commit, marked if there are changes."""
    return git(root, 'describe', '--always', '--dirty', '--abbrev=12').stdout.strip() or 'unknown'


def subjects(root):
    """{first seven digits: the first line of the message}, of every commit."""
    lines = git(root, 'log', '--all', '--format=%H %s').stdout.splitlines()
    return {line[:7]: line.split(' ', 1)[1] for line in lines}


def is_ancestor(root, older, newer):
    return git(root, 'merge-base', '--is-ancestor', older, newer).returncode == 0


def time_of(root, name):
    """Of a commit, when it was made; of a working tree with changes, now."""
    found = git(root, 'show', '-s', '--format=%ct', name)
    return int(found.stdout) if found.returncode == 0 else int(time.time())


def call(command, folder):
    if subprocess.run(command, cwd=folder, stdout=sys.stderr, check=False).returncode != 0:
        raise RuntimeError(f'failed, see above: {" ".join(command)} in {folder}')


def build(root, name, preset, programs=PROGRAMS):
    """name: a commit, or '.' for the working tree. Builds what of `programs` the commit has."""
    if name == WORKING_TREE:
        tree, label = root, name_of_working_tree(root)
    else:
        commit = commit_of(root, name)
        tree, label = os.path.join(root, 'build', 'track', commit), commit[:12]
        if not os.path.isdir(tree):
            git(root, 'worktree', 'prune')
            if git(root, 'worktree', 'add', '--detach', '--quiet', tree, commit).returncode != 0:
                raise RuntimeError(f'cannot check out {commit} in {tree}')
    print(f'==> Building {label}', file=sys.stderr)
    environment = dict(os.environ, CCACHE_BASEDIR=tree, CCACHE_NOHASHDIR='1')
    folder = os.path.join(tree, 'build', preset)
    call(['env', f'CCACHE_BASEDIR={tree}', 'cmake', '--preset', preset, '-DBPTT_BUILD_TESTS=OFF']
         if name != WORKING_TREE else ['cmake', '--preset', preset], tree)
    known = subprocess.run(['ninja', '-C', folder, '-t', 'targets', 'all'], stdout=subprocess.PIPE,
                           text=True, check=True).stdout
    targets = [f'bin/{program}' for program in programs
               if re.search(f'^bin/{re.escape(program)}:', known, re.M)]
    if not targets:
        raise RuntimeError(f'{label} has none of {", ".join(programs)}')
    if subprocess.run(['cmake', '--build', '--preset', preset, '--target', *targets], cwd=tree,
                      stdout=sys.stderr, env=environment, check=False).returncode != 0:
        raise RuntimeError(f'{label} does not build')
    return Build(label, folder)
