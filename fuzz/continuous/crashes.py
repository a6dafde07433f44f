"""From an artifact to a regression: repeated, made small, named, kept once, and told.

Two crashes are the same if they break the same property of the same subject and scalar (the words
before the sizes in the replay line), or else say the same but for numbers and what is quoted, or
else if their stacks have the same uppermost frame in the project. Order on the disk: the
regression, then the test's text, then the record; only then is the crash told, marked as told, and
the artifact removed. A kill in between makes the rest be done again: a crash is told at least
once.
"""
import dataclasses
import os
import re
import shlex

import durable
import libfuzzer

REPLAY = re.compile(rb"^bptt-verify replay '[^'\n]*'", re.MULTILINE)
FRAME = re.compile(rb'^\s*#\d+ 0x[0-9a-f]+ in (.+?) (/[^\s:]+)(?::(\d+))?(?::\d+)?\s*$', re.MULTILINE)
SUMMARY = re.compile(rb'^SUMMARY: (.+)$', re.MULTILINE)
THROWN = re.compile(rb"^terminate called after throwing an instance of '([^'\n]+)'", re.MULTILINE)
SAID = re.compile(rb'^Running: .*\n((?:(?!==\d+==).*\n)*)==\d+==', re.MULTILINE)
KINDS = ('crash-', 'leak-', 'timeout-', 'oom-')  # slow-unit- is no crash


@dataclasses.dataclass
class Crash:
    target: str
    key: str         # what makes it the same as another one
    kind: str        # crash, leak, timeout or oom
    replay: str      # the line that repeats it, or a command that does
    regression: str  # path in the tree
    test: str        # path of the GoogleTest's text


def replay_line(output):
    match = REPLAY.search(output)
    return match[0].decode() if match else None


def said_before(output):
    """What the target or a sanitizer printed first of an input before the engine reported the crash,
    without what differs from input to input."""
    match = SAID.search(output)
    for line in match[1].decode(errors='replace').splitlines() if match else []:
        line = re.sub(r"'[^']*'|\"[^\"]*\"", "'..'", line)
        line = re.sub(r'-?\d[\d.e+-]*', '#', line).strip()
        if line.strip('='):
            return line[:120]
    return None


def key_of(kind, output, root):
    line = replay_line(output)
    if line:
        words = shlex.split(line)[2].split(' ')
        return ' '.join(word for word in words[:4] if '=' not in word)
    thrown = THROWN.search(output)
    prefix = f'{kind} {thrown[1].decode()}' if thrown else kind
    said = said_before(output)
    if said and not thrown:
        return f'{kind}: {said}'
    for function, path, _ in FRAME.findall(output):
        path = os.path.normpath(path.decode())
        if path.startswith(root + os.sep) and not path.startswith(os.path.join(root, 'build')):
            name = re.sub(r'\(.*', '', function.decode().replace('(anonymous namespace)::', ''))
            return f'{prefix} in {name}'
    summary = SUMMARY.search(output)
    if summary and not thrown:
        words = summary[1].decode().split()
        return f'{prefix} {" ".join(words[:2])}'
    return prefix


def find_artifacts(work):
    """[(path, kind)] of whole artifacts; one that is still being written is none yet."""
    found = []
    for folder, _, names in os.walk(work):
        if os.path.basename(folder) != 'artifacts':
            continue
        for name in sorted(names):
            kind = next((k for k in KINDS if name.startswith(k)), None)
            path = os.path.join(folder, name)
            if kind and durable.is_whole(path, name[len(kind):]):
                found.append((path, kind[:-1]))
    return found


def test_text(target, regression, key, replay):
    """C++ text of a GoogleTest that repeats the crash."""
    name = re.sub(r'\W', '_', f'{target}_{os.path.basename(regression)}')
    match = REPLAY.match(replay.encode())
    if match:
        words = shlex.split(replay)[2].replace('\\', '\\\\').replace('"', '\\"')
        return f'''\
// {key}. Found by fuzz_{target}; the bytes are in {regression}.
#include <gtest/gtest.h>

#include "properties/property.hpp"
#include "properties/replay.hpp"
#include "subjects/registry.hpp"

TEST(fuzz_regression, {name}) {{
  using namespace bptt;
  const auto replay = properties::parse_replay_case(
      "{words}");
  const auto verdict = properties::check(properties::find_property(replay.property),
                                         *make_subject(replay.subject), replay.scalar, replay.spec);
  EXPECT_NE(verdict.outcome, properties::Outcome::broken) << properties::describe(verdict);
}}
'''
    return f'''\
// {key}. Found by fuzz_{target}.
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz/target.hpp"

TEST(fuzz_regression, {name}) {{
  std::ifstream file(BPTT_SOURCE_DIR "/{regression}", std::ios::binary);
  ASSERT_TRUE(file) << "cannot read {regression}";
  const std::vector<char> bytes{{std::istreambuf_iterator<char>(file), {{}}}};
  const std::vector<std::uint8_t> data(bytes.begin(), bytes.end());
  EXPECT_NO_THROW(bptt::fuzz::find_target("{target}").make("")->run(data));
}}
'''


class Crashes:
    """All that were ever told, in fuzz/campaign/crashes.jsonl."""

    def __init__(self, tree, state, minimise_seconds):
        self._tree = tree
        self._folder = os.path.join(state, 'crashes')
        self._minimise_seconds = minimise_seconds
        os.makedirs(self._folder, exist_ok=True)
        path = os.path.join(state, 'crashes.jsonl')
        self.known = {(r['target'], r['key']): Crash(**r) for r in durable.read_journal(path)}
        self._journal = durable.Journal(path)
        path = os.path.join(state, 'told.jsonl')
        self._told = {(r['target'], r['regression']) for r in durable.read_journal(path)}
        self._told_journal = durable.Journal(path)

    def is_told(self, crash):
        return (crash.target, crash.regression) in self._told

    def mark_told(self, crash):
        if not self.is_told(crash):
            self._told_journal.append({'target': crash.target, 'regression': crash.regression})
            self._told.add((crash.target, crash.regression))

    def settle(self, target, binaries, artifact, kind, regressions, scratch):
        """Makes a regression of the artifact, unless it is one of those that are there, and returns
        the crash. The artifact still exists; it is for the caller to tell of the crash, to mark it
        as told, and to remove the artifact, in this order."""
        content = durable.read_bytes(artifact)
        binary, outcome = self._repeat(binaries, artifact, scratch)
        if binary is None:
            kind = f'{kind}, not repeated'
        key = key_of(kind, outcome.output, self._tree)
        known = self.known.get((target, key))
        if known and self._stands(known, binaries if binary else [], scratch):
            return known
        there = next((path for path in regressions if durable.read_bytes(path) == content), None)
        if binary and not there and self._minimise_seconds > 0:
            content, outcome = self._smaller(binary, artifact, kind, key, content, outcome, scratch)
        name = durable.content_hash(content)[:16]
        regression = (os.path.relpath(there, self._tree) if there else
                      os.path.join('fuzz', 'regressions', target, name))
        replay = replay_line(outcome.output) or f'{binaries[0]} {regression}'
        test = os.path.join(self._folder, f'{target}-{name}_test.cpp.txt')
        crash = Crash(target, key, kind, replay, regression, test)
        if not there:
            durable.write_whole(os.path.join(self._tree, regression), content)
        durable.write_whole(test, test_text(target, regression, key, replay))
        durable.write_whole(os.path.join(self._folder, f'{target}-{name}.log'), outcome.output)
        self._journal.append(dataclasses.asdict(crash))
        self.known[target, key] = crash
        return crash

    def _stands(self, known, binaries, scratch):
        """Whether its regression is there and crashes still. One that has been repaired is not the
        same crash, whatever it says: this one would not be kept. With no build to ask, it stands."""
        path = os.path.join(self._tree, known.regression)
        return os.path.exists(path) and (
            not binaries or self._repeat(binaries, path, scratch)[0] is not None)

    def _repeat(self, binaries, path, scratch):
        """The first build that fails on it again, and how."""
        outcome = libfuzzer.Outcome()
        for binary in binaries:
            outcome = libfuzzer.run(libfuzzer.repeat_command(binary, path, scratch), 300)
            if outcome.status != 0:
                return binary, outcome
        return None, outcome

    def _smaller(self, binary, artifact, kind, key, content, outcome, scratch):
        """Smaller bytes of the same crash if there are any in the time."""
        result = os.path.join(scratch, 'minimised')
        if os.path.exists(result):
            os.unlink(result)
        libfuzzer.run(libfuzzer.minimise_command(binary, artifact, result, self._minimise_seconds),
                      2 * self._minimise_seconds + 30)
        if not os.path.exists(result):
            return content, outcome
        small = durable.read_bytes(result)
        again = libfuzzer.run(libfuzzer.repeat_command(binary, result, scratch), 300)
        same = again.status != 0 and key_of(kind, again.output, self._tree) == key
        return (small, again) if same and len(small) < len(content) else (content, outcome)
