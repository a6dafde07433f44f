"""The worker of bptt-verify for Python files and notebooks: python3 .. FILE.

Loads the file, and then answers requests on descriptor 3 about arrays in the shared memory of
descriptor 4, until the program has gone. The layouts are those of subjects/foreign/protocol.hpp.
What the functions of the file are called with, and must give, is in docs/bring_your_own.md.
"""
import ast
import builtins
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
REQUEST = struct.Struct("=8I5qQQ")
REPLY = struct.Struct("=2I")
ENTRY = struct.Struct("=8s2i3q3qq")
LONGEST_TEXT = 16000

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


# ---- Arrays ------------------------------------------------------------------------------------

class Memory:
    """The arrays of a call, as views into the shared memory. Tables that were seen are kept."""

    def __init__(self):
        self.size = 0
        self.map = None
        self.known = {}

    def arrays(self, size, count):
        if size != self.size:
            self.map = mmap.mmap(4, size)
            self.size = size
            self.known = {}
        table = self.map[:count * ENTRY.size]
        views = self.known.get(table)
        if views is None:
            if len(self.known) > 256:
                self.known = {}
            views = {}
            for k in range(count):
                name, _, rank, *rest = ENTRY.unpack_from(table, k * ENTRY.size)
                shape, strides, offset = rest[:rank], rest[3:3 + rank], rest[6]
                views[name.rstrip(b"\0").decode()] = np.ndarray(
                    shape, np.float64, self.map, offset, [8 * s for s in strides])
            self.known[table] = views
        return views


class Handed:
    """Arrays as a course makes them (C order, writeable), and what they were."""

    def __init__(self):
        self.arrays = {}
        self.bytes = {}

    def copy(self, name, view):
        array = np.array(view, order="C")
        self.arrays[name] = array
        self.bytes[name] = array.tobytes()
        return array

    def require_unchanged(self, function):
        for name, array in self.arrays.items():
            if array.tobytes() != self.bytes[name]:
                raise Failure(CHANGED_INPUT, f"{name} was changed, which is for reading only")


def shape_text(shape):
    return "(" + ",".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def kind_of(value):
    if isinstance(value, np.ndarray):
        return f"an array of dtype {value.dtype}"
    return f"{'None' if value is None else 'a ' + type(value).__name__}"


def require_array(name, value, shape):
    if not isinstance(value, np.ndarray):
        raise Failure(WRONG_TYPE, f"{name} is {kind_of(value)}, expected an array of shape "
                                  f"{shape_text(shape)}")
    if value.shape != shape:
        raise Failure(WRONG_SHAPE, f"{name} has shape {shape_text(value.shape)}, expected "
                                   f"{shape_text(shape)}")
    if value.dtype != np.float64:
        raise Failure(WRONG_TYPE, f"{name} has dtype {value.dtype}, expected float64")
    return value


def require_tuple(function, value, names):
    if not isinstance(value, (tuple, list)) or len(value) != len(names):
        got = f"{len(value)} values" if isinstance(value, (tuple, list)) else kind_of(value)
        raise Failure(WRONG_TYPE, f"{function} returned {got}, expected {len(names)} values: "
                                  f"{', '.join(names)}")
    return value


def require_gradients(function, gradients, expected):
    """expected: key -> shape. Shapes of all of them first."""
    if not isinstance(gradients, dict):
        raise Failure(WRONG_TYPE, f"{function} returned {kind_of(gradients)}, expected a dict with "
                                  f"{', '.join(expected)}")
    for key in expected:
        if key not in gradients:
            raise Failure(WRONG_TYPE, f'gradients has no "{key}"; it has '
                                      f"{', '.join(map(str, gradients)) or 'nothing'}")
    for key, shape in expected.items():
        require_array(f'gradients["{key}"]', gradients[key], shape)
    return gradients


# ---- Calls -------------------------------------------------------------------------------------

N_Y = 2  # classes of the predictions, whose shapes are judged and whose values are not


def head(n_a):
    Wy = (np.arange(N_Y * n_a, dtype=np.float64).reshape(N_Y, n_a) * 7 % 5 - 2) / 4
    return Wy, np.array([[0.25], [-0.5]])


PARAMETERS = {0: ("Wax", "Waa", "ba"), 1: ("Wf", "bf", "Wi", "bi", "Wc", "bc", "Wo", "bo")}
# The keys of a cell's gradients, by the names of a sequence's.
OF_CELL = {"dx": "dxt", "da0": "da_prev", "dc0": "dc_prev"}


class Session:
    """One network of one size."""

    def __init__(self, number, loaded, request):
        self.number = number
        self.loaded = loaded
        self.cell, self.is_cell = request[2], request[5] == 1
        self.sizes = request[8:13]
        self.handed = Handed()
        self.cache = None
        self.name = ("rnn", "lstm")[self.cell] + ("_cell" if self.is_cell else "")

    def function(self, way):
        return self.loaded.names[f"{self.name}_{way}"]

    def forward(self, arrays):
        n_x, n_a, m, T_x, _ = self.sizes
        handed = self.handed = Handed()
        parameters = {name: handed.copy(name, arrays[name]) for name in PARAMETERS[self.cell]}
        Wy, by = head(n_a)
        wy = "Wy" if self.cell else "Wya"
        parameters[wy], parameters["by"] = handed.copy(wy, Wy), handed.copy("by", by)
        if self.is_cell:
            arguments = [handed.copy("xt", arrays["x"][:, :, 0]), handed.copy("a_prev", arrays["a0"])]
            if self.cell:
                arguments.append(handed.copy("c_prev", arrays["c0"]))
            names = ["a_next", "c_next", "yt_pred", "cache"]
            shape, y_shape = (n_a, m), (N_Y, m)
        else:
            arguments = [handed.copy("x", arrays["x"]), handed.copy("a0", arrays["a0"])]
            names = ["a", "y", "c", "caches"] if self.cell else ["a", "y_pred", "caches"]
            shape, y_shape = (n_a, m, T_x), (N_Y, m, T_x)
        if not self.cell and self.is_cell:
            names.remove("c_next")
        result = require_tuple(f"{self.name}_forward",
                               self.function("forward")(*arguments, dict(parameters)), names)
        given = dict(zip(names, result))
        for name in names[:-1]:
            require_array(name, given[name], y_shape if name.startswith("y") else shape)
        handed.require_unchanged("forward")
        self.cache = result[-1]
        for state in ("a", "c")[:1 + self.cell]:
            value = given.get(state, given.get(state + "_next"))
            arrays[state][...] = value[:, :, None] if self.is_cell else value

    def backward(self, arrays):
        n_x, n_a, m, _, T = self.sizes
        upstream = Handed()
        if self.is_cell:
            arguments = [upstream.copy("da_next", arrays["da"][:, :, 0])]
            if self.cell:
                arguments.append(upstream.copy("dc_next", arrays["dc_T"]))
        else:
            arguments = [upstream.copy("da", arrays["da"])]
        names = ["dx", "da0"] + (["dc0"] if self.cell and self.is_cell else [])
        names += ["d" + name for name in PARAMETERS[self.cell]]
        keys = {name: OF_CELL.get(name, name) if self.is_cell else name for name in names}
        shapes = {keys[name]: arrays[name].shape[:2] if self.is_cell else arrays[name].shape
                  for name in names}
        gradients = require_gradients(f"{self.name}_backward",
                                      self.function("backward")(*arguments, self.cache), shapes)
        upstream.require_unchanged("backward")
        self.handed.require_unchanged("backward")
        for name in names:
            value, into = gradients[keys[name]], arrays[name]
            if name[1] in "Wb":
                into += value
            else:
                into[...] = value[:, :, None] if self.is_cell and name == "dx" else value


def load(path):
    loaded = Loaded(path)
    if path.endswith(".ipynb"):
        loaded.load_notebook()
    else:
        loaded.load_module()
    return loaded


def answer(request, state):
    if request[1] == DESCRIBE:
        state["loaded"] = load(PATH)
        loaded = state["loaded"]
        found = [f"function {name}" for name in FUNCTIONS if callable(loaded.names.get(name))]
        notes = ["note " + " ".join(note.split()) for note in loaded.notes]
        return "\n".join(found + notes)
    session = state.get("session")
    if session is None or session.number != request[13]:
        session = state["session"] = Session(request[13], state["loaded"], request)
    arrays = state["memory"].arrays(request[14], request[6])
    (session.forward if request[1] == FORWARD else session.backward)(arrays)
    return ""


def main():
    state = {"memory": Memory(), "session": None}
    while True:
        message = sock.recv(4096)
        if len(message) != REQUEST.size:
            os._exit(0)
        request = REQUEST.unpack(message)
        try:
            reply(OK, answer(request, state))
        except Failure as failure:
            reply(failure.status, str(failure))
        except MemoryError as error:
            state["session"] = None
            reply(OUT_OF_MEMORY, f"MemoryError: {error}" if str(error) else "MemoryError")
        except SystemExit as error:
            files = state["loaded"].files if "loaded" in state else ()
            reply(EXITED, describe(error, files).replace("raised ", "", 1))
        except BaseException as error:
            files = state["loaded"].files if "loaded" in state else ()
            reply(RAISED, describe(error, files).replace("raised ", "", 1))
        del request


main()
