#!/usr/bin/python3
"""numpy_worker.py under fire: a notebook of any bytes gives an answer in time.

A valid notebook is changed in its bytes, in its tree of JSON and in the sources of its cells. To
each the worker must answer, within seconds of its own time, that it has loaded it, with the
functions it found and what it left out, or that it cannot, in one line of words; never with an
exception of its own, and twice the same. What the functions compute is for others to judge.
  notebook_fuzz_test.py [--seed N] [--cases N] [--only K]     only case K, with its bytes
"""
import argparse
import copy
import json
import os
import random
import resource
import signal
import socket
import struct
import sys
import tempfile
import time

import numpy  # noqa: F401  so that the workers, which are forked from here, have it at once

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = 20    # of its processor time until an answer; it takes milliseconds
LONGEST = 1200  # of the clock, for one that sleeps
MAGIC, DESCRIBE = 0x54545042, 1
REQUEST, REPLY = struct.Struct("=8I5qQQ40s128s"), struct.Struct("=2I")
OK, CANNOT_LOAD = 0, 9

# ---- Notebooks ---------------------------------------------------------------------------------

ODD_VALUES = [None, True, 0, -1, 1e308, float("nan"), 10 ** 4000, "", "x", "\0", "\ud800", "\u2028",
              [], [[]], {}, {"cells": []}, ["a", 1], {"source": {}}]
ODD_SOURCES = [
    "def f(:\n", "x = '\0'\n", "x = '\ud800'\n", "(" * 300, "(" * 300 + ")" * 300, "-" * 5000 + "1",
    "x = " + "[" * 90 + "]" * 90, "x = 1" + " + 1" * 5000, "x = a" + ".b" * 5000,
    "\f\n  x = 1\n", "\ufeffx = 1\n", "# coding: no_such\nx = 1\n", "%%\n", "%%bash\nls\n", "%", "!",
    "?", "x = 1 \\", "'''", "x = '\\N{no}'\n", "return 1\n", "yield\n", "nonlocal x\n", "*a, b = 1\n",
    "def rnn_forward(a, a): pass\n", "class A(A): pass\n", "class A(int, int): pass\n",
    "import no_such_module\n", "from . import x\n", "from __future__ import nothing\n", "import os.\n",
    "x = 1 / 0\n", "x = no_such_name\n", "x: int\n", "x = -'a'\n", "x = 1 << -1\n", "rnn_forward = 7\n",
    "@no_such\ndef rnn_forward(): pass\n", "def f(x=[1][9]): pass\n", "x = lambda: (yield)\n",
    "class A:\n    raise SystemExit(3)\n", "class A:\n    raise KeyboardInterrupt\n",
    "\u00e9 = '\u00e9" + "\u20ac" * 20000 + "' + 1\n", "x\x0c=\x1c1\n", "\r\rx = 1\r", "0777", "x = 1_\n",
    "class E(Exception):\n    def __str__(self): raise ValueError\nclass A:\n    raise E\n",
    "class A:\n    def __getattr__(self, n): raise ValueError\nA.__name__ = A()\n"]
ODD_FILES = [
    b"", b"\0", b"\xff\xfe", b"[" * 200000, b'{"cells":' * 50000, b"null", b"[]", b"7", b'"cells"',
    b"{}", b'{"cells": {}}', b'{"cells": null}', b'{"cells": "x"}', b'{"cells": [null, 1, "x", []]}',
    b'{"worksheets": [{"cells": []}], "nbformat": 3}', b'{"cells": [{"cell_type": "code"}]}',
    b'{"cells": [{"cell_type": ["code"], "source": "x = 1"}]}',
    b'{"cells": [{"cell_type": "code", "source": ' + b"9" * 5000 + b"}]}", b"\xef\xbb\xbf{}",
    '{"cells": []}'.encode("utf-16")]
TOKENS = [b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\\u0000", b"\\ud800", b"null",
          b"1e999", b"-", b"\\n", b"\n", b"\xff", b"\0", b"code", b"source", b"def ", b"(", b"%%", b"'''"]


def places(node, found):
    """(container, key) of every value in a tree of JSON."""
    for key in node if isinstance(node, dict) else range(len(node)):
        found.append((node, key))
        if isinstance(node[key], (dict, list)):
            places(node[key], found)
    return found


def changed_tree(text, draw):
    tree = json.loads(text)
    for _ in range(draw.randint(1, 3)):
        container, key = draw.choice(places(tree, []))
        what = draw.randrange(4)
        if what == 0:
            container[key] = copy.deepcopy(draw.choice(ODD_VALUES))
        elif what == 1:
            del container[key]
        elif what == 2:
            container[key] = [container[key]]
        else:
            cells = tree.get("cells")
            source = draw.choice(ODD_SOURCES)
            source = draw.choice([source, source.splitlines(True), [source, 1]])
            if isinstance(cells, list):
                cells.insert(draw.randint(0, len(cells)), {"cell_type": "code", "source": source})
        if not isinstance(tree, dict) or not places(tree, []):
            break
    return json.dumps(tree).encode()


def changed_bytes(text, draw):
    result = bytearray(text)
    for _ in range(draw.randint(1, 4)):
        at, count = draw.randint(0, len(result)), draw.randint(1, 8)
        what = draw.randrange(4)
        if what == 0:
            result[at:at + count] = draw.choice(TOKENS)
        elif what == 1:
            del result[at:at + draw.choice([count, len(result)])]
        elif what == 2:
            result[at:at] = result[at:at + 20 * count]
        elif at < len(result):
            result[at] ^= 1 << draw.randrange(8)
    return bytes(result)


def notebook(number, seed, valid):
    """Case `number`: the valid one, the odd files, each odd source by itself; then changes."""
    fixed = [valid, *ODD_FILES, *(json.dumps({"cells": [
        {"cell_type": "code", "source": source},
        {"cell_type": "code", "source": "def rnn_forward(): pass"}]}).encode()
        for source in ODD_SOURCES)]
    if number < len(fixed):
        return fixed[number]
    draw = random.Random(f"{seed} {number}")
    return draw.choice([changed_tree, changed_bytes])(valid, draw)


# ---- The worker --------------------------------------------------------------------------------

def start_worker(code, path):
    """The worker of numpy_worker.py as a fork of this process: its id and our end of the socket."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child = os.fork()
    if child == 0:
        try:
            os.dup2(its.fileno(), 3)
            null = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(null, descriptor)
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
            sys.argv = ["numpy_worker.py", path]
            exec(code, {"__name__": "__main__"})
        finally:
            os._exit(77)  # it has left main(), which it never does
    its.close()
    ours.settimeout(LONGEST)
    return child, ours


def described(ours):
    """Status and text, or None if there is no answer in time."""
    try:
        ours.send(REQUEST.pack(MAGIC, DESCRIBE, *[0] * 13, b"", b""))
        message = ours.recv(1 << 17)
    except OSError:
        return None
    if len(message) < REPLY.size:
        return None
    magic, status = REPLY.unpack_from(message)
    return (status, message[REPLY.size:]) if magic == MAGIC else None


def fault_of(code, path):
    """What is wrong with the answer to the notebook; None if nothing is. And whether it loads."""
    child, ours = start_worker(code, path)
    try:
        first = described(ours)
        second = described(ours) if first else None
    finally:
        ours.close()
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if first is None:
        # SIGKILL is the limit's, or ours after LONGEST.
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGKILL, signal.SIGXCPU):
            return f"no answer within {SECONDS} s of its own time", False
        return f"the worker is gone: {os.waitstatus_to_exitcode(status)}", False
    status, text = first
    try:
        text = text.decode()
    except UnicodeDecodeError as error:
        return f"the answer is no UTF-8: {error}", False
    if status not in (OK, CANNOT_LOAD):
        return f"status {status}: {text}", False
    if status == CANNOT_LOAD and (not text.strip() or "\n" in text or "Traceback" in text):
        return f"the error is not one line of words: {text!r}", False
    lines = text.split("\n") if status == OK and text else []
    for line in lines:
        if not line.startswith(("function ", "named ", "note ")):
            return f"a line that is no function and no note: {line!r}", False
    if second != first:
        return f"asked again, it answers {second}, before {first}", False
    return None, any(line.startswith("function ") for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("BPTT_SEED", "1")))
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--only", type=int, metavar="K")
    options = parser.parse_args()
    source = ""
    for half in ("numpy_worker.py", "numpy_calls.py"):
        with open(os.path.join(HERE, half), encoding="utf-8") as file:
            source += file.read()
    code = compile(source, "numpy_worker.py", "exec")
    with open(os.path.join(HERE, "test_data", "cells.ipynb"), "rb") as file:
        valid = file.read()
    start, faults, loaded = time.monotonic(), 0, 0
    numbers = range(options.cases) if options.only is None else [options.only]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "notebook.ipynb")
        for number in numbers:
            content = notebook(number, options.seed, valid)
            with open(path, "wb") as file:
                file.write(content)
            if options.only is not None:
                print(content)
            fault, loads = fault_of(code, path)
            loaded += loads
            if number == 0 and not loads:
                fault = fault or "the valid notebook has no function"
            if fault:
                faults += 1
                print(f"case {number}: {fault}\n"
                      f"  {os.path.basename(__file__)} --seed {options.seed} --only {number}")
    print(f"{len(numbers)} notebooks, seed {options.seed}: {loaded} with functions, "
          f"{faults} faults, {time.monotonic() - start:.1f} s")
    if options.only is None and not 0.1 * len(numbers) < loaded < 0.9 * len(numbers):
        print("nearly all or nearly none load: the changes are too small or too large")
        return 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
