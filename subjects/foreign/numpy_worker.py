"""The worker of bptt-verify for Python files and notebooks: python3 .. FILE.

Loads the file, and then answers requests on descriptor 3 about arrays in the shared memory of
descriptor 4, until the program has gone. The layouts are those of subjects/foreign/protocol.hpp.
What the functions of the file are called with, and must give, is in docs/bring_your_own.md.
This is the first half of its source, how a file is loaded; numpy_calls.py follows it.
"""
import ast
import builtins
import inspect
import json
import linecache
import mmap
import os
import socket
import struct
import sys
import traceback
import types

MAGIC = 0x54545042
DESCRIBE, FORWARD, BACKWARD = 1, 2, 3
(OK, RAISED, WRONG_SHAPE, WRONG_TYPE, OUT_OF_MEMORY, EXITED, CHANGED_INPUT, REFUSED_SHAPE, CRASHING,
 CANNOT_LOAD, NO_NUMPY) = range(11)
REQUEST = struct.Struct("=8I5qQQ40s128s")
REPLY = struct.Struct("=2I")
ENTRY = struct.Struct("=40s2i4q4qq")
# What an array is for.
INPUT, INITIAL, WEIGHT, STATE, OUTPUT, _, UPSTREAM, FINAL, GRADIENT, MASK = range(10)
LONGEST_TEXT = 120000

PATH = sys.argv[1]
sock = socket.socket(fileno=3)


def reply(status, text=""):
    text = text.encode("utf-8", "replace")[:LONGEST_TEXT].decode("utf-8", "ignore")  # no half letter
    sock.send(REPLY.pack(MAGIC, status) + text.encode("utf-8"))


try:
    import numpy as np
except ImportError as error:
    sock.recv(4096)
    reply(NO_NUMPY, f"{sys.executable} has no NumPy ({error}); "
                    "install python3-numpy, or name another interpreter with --python")
    os._exit(0)


class Failure(Exception):
    """A verdict that is known here: status, sentence."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class Unreadable(Exception):
    """A source that is no Python, or a cell that is none; says why."""


# What Python's parser raises beside SyntaxError: of zero bytes and lone surrogates, and where the
# source is nested too deeply.
NOT_PYTHON = (ValueError, RecursionError, MemoryError)


# ---- Loading a file ----------------------------------------------------------------------------

def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e_x = np.exp(x - np.max(x))
    return e_x / e_x.sum(axis=0)


FUNCTIONS = [f"{cell}{part}_{way}" for cell in ("rnn", "lstm") for part in ("_cell", "")
             for way in ("forward", "backward")]


class Loaded:
    """The names that a file defines, and what is to be said about it."""

    def __init__(self, path):
        self.path = path
        self.label = os.path.basename(path)
        self.notes = []
        self.module = types.ModuleType("bptt_subject")
        self.names = self.module.__dict__
        self.names.update(np=np, numpy=np, sigmoid=sigmoid, softmax=softmax, __file__=path)
        sys.modules["bptt_subject"] = self.module
        sys.path.insert(0, os.path.dirname(path))
        sys.argv = [path]
        self.files = {path}

    def run(self, tree, filename):
        exec(compile(tree, filename, "exec"), self.names)

    def parse(self, source, filename):
        """The tree of a source. Raises Unreadable."""
        self.files.add(filename)
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        try:
            return ast.parse(source, filename)
        except SyntaxError as error:
            raise Unreadable(f"line {error.lineno}: {type(error).__name__}: {error.msg}")
        except NOT_PYTHON as error:
            raise Unreadable(f"{type(error).__name__}: {error}")

    def load_module(self):
        """The whole file, as an import runs it; only its definitions if that raises."""
        with open(self.path, encoding="utf-8", errors="replace") as file:
            source = without_magics(file.read())
        try:
            tree = self.parse(source, self.label)
        except Unreadable as error:
            raise Failure(CANNOT_LOAD, str(error))
        try:
            self.run(tree, self.label)
            return
        except BaseException as error:
            self.notes.append(f"{self.label} as a whole {describe(error, self.files)}; its "
                              "functions, imports and constants are taken alone")
        self.load_definitions(tree, self.label)

    def load_notebook(self):
        """The definitions of the code cells; nothing else of a notebook is run."""
        try:
            with open(self.path, encoding="utf-8-sig") as file:
                notebook = json.load(file)
        except (ValueError, RecursionError) as error:
            raise Failure(CANNOT_LOAD, f"this is no notebook: {type(error).__name__}: {error}")
        cells = notebook.get("cells") if isinstance(notebook, dict) else None
        if not isinstance(cells, list):
            raise Failure(CANNOT_LOAD, "this is no notebook of format 4: it has no list of cells")
        for number, cell in enumerate(cells, 1):
            filename = f"{self.label} cell {number}"
            try:
                source = source_of(cell)
                if source is not None:
                    self.load_definitions(self.parse(without_magics(source), filename), filename)
            except Unreadable as error:
                self.notes.append(f"{filename} is left out: {error}")

    def load_definitions(self, tree, filename):
        for node in tree.body:
            if not is_definition(node):
                continue
            try:
                self.run(ast.Module([node], []), filename)
            except BaseException as error:
                what = ast.get_source_segment("".join(linecache.getlines(filename)), node) or ""
                supplied = isinstance(error, ImportError)
                self.notes.append(f"{filename}: '{what.splitlines()[0] if what else node}' is left "
                                  f"out: {type(error).__name__}: {words_of(error)}" +
                                  (" (np, sigmoid, softmax are supplied)" if supplied else ""))


def source_of(cell):
    """The text of a notebook's code cell; None of another cell. Raises Unreadable."""
    if not isinstance(cell, dict):
        raise Unreadable("it is no cell of a notebook")
    if cell.get("cell_type") != "code":
        return None
    source = cell.get("source", "")
    lines = source if isinstance(source, list) else [source]
    if not all(isinstance(line, str) for line in lines):
        raise Unreadable("its source is no text and no list of lines")
    return "".join(lines)


def is_definition(node):
    """A function, a class, an import, or a name for something that runs nothing."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
        return True
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return all(isinstance(t, ast.Name) for t in targets) and is_simple(node.value)
    return False


def is_simple(node):
    """Literals, names, attributes, arithmetic on them, and functions without a name."""
    if node is None:
        return False
    if isinstance(node, ast.Lambda):
        return True
    simple = (ast.Constant, ast.Name, ast.Attribute, ast.Tuple, ast.List, ast.Dict, ast.Set,
              ast.UnaryOp, ast.BinOp, ast.operator, ast.unaryop, ast.expr_context)
    return all(isinstance(part, simple) for part in ast.walk(node))


def without_magics(source):
    """IPython's own lines become empty ones, so that line numbers stay."""
    lines = source.splitlines()
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.startswith("%%") and first.split()[0] not in ("%%time", "%%timeit", "%%capture"):
        return ""  # a cell in another language
    kept = [("" if line.lstrip()[:1] in ("%", "!", "?") else line) for line in lines]
    # "% b" may also be the second line of an expression: then the source is kept if it parses.
    try:
        ast.parse(source)
        return source
    except (SyntaxError, *NOT_PYTHON):
        return "\n".join(kept) + "\n"


def words_of(error):
    """str(error), which is the subject's own function where its class is."""
    try:
        return str(error).strip()
    except BaseException as another:
        return f"(its text cannot be had: {type(another).__name__})"


def describe(error, files):
    """'raised ValueError: .. (mine.py, line 7, in rnn_backward: dba += dbat)'."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename in files] or \
          [frame for frame in frames if frame.filename != "numpy_worker.py"]
    said = words_of(error)
    text = f"{type(error).__name__}: {said}" if said else type(error).__name__
    if isinstance(error, SystemExit):
        text = f"sys.exit({error.code!r})"
    if own:
        frame = own[-1]
        text += f" ({frame.filename}, line {frame.lineno}, in {frame.name}"
        text += f": {frame.line})" if frame.line else ")"
    return "raised " + text
