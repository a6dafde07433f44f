# The second half of numpy_worker.py: the arrays of a call, the calls, and the answers.

# ---- Arrays ------------------------------------------------------------------------------------

class Views(dict):
    """Arrays by name, and what each is for."""

    def __init__(self):
        super().__init__()
        self.roles = {}

    def of(self, *roles):
        return [name for name in self if self.roles[name] in roles]


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
            views = Views()
            for k in range(count):
                name, role, rank, *rest = ENTRY.unpack_from(table, k * ENTRY.size)
                shape, strides, offset = rest[:rank], rest[4:4 + rank], rest[8]
                name = name.rstrip(b"\0").decode()
                views[name] = np.ndarray(shape, np.float64, self.map, offset, [8 * s for s in strides])
                views.roles[name] = role
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


class NamedSession:
    """One network of one size, of a cell whose functions take their arrays by name:

        NAME_forward(x, h0, parameters)     its states of all steps, then what backward is handed
        NAME_backward(dh, cache)            a dict of gradients: dx, dh0, and one of each weight

    Parameters are found by their names, in any order: inputs, initial states, weights, or all weights
    in a dict called `parameters`; of backward upstream gradients. One name that is left is the cache.
    Samples that end one by one have a `mask` (m, T), or their `lengths` (m,). A NAME_backward that has a
    parameter `wanted` is asked for some gradients alone: a set of names, "dx", "dWr", ..
    What NAME_forward.bptt["without"] names is neither taken nor given.
    """

    def __init__(self, number, loaded, request):
        self.number = number
        self.loaded = loaded
        self.name = text_of(request[15])
        self.handed = Handed()
        self.cache = None

    def call(self, way, given, cache=None):
        """given: {name: array}. The function's result."""
        name = f"{self.name}_{way}"
        function = self.loaded.names[name]
        arguments, unknown = {}, []
        for parameter in inspect.signature(function).parameters.values():
            if parameter.name in given:
                arguments[parameter.name] = given[parameter.name]
            elif parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            elif parameter.default is parameter.empty:
                unknown.append(parameter.name)
        if way == "backward" and len(unknown) == 1:
            arguments[unknown.pop()] = cache
        if unknown:
            raise Failure(WRONG_TYPE, f"{name}{inspect.signature(function)} wants {', '.join(unknown)}; "
                                      f"there are {', '.join(given)}" +
                                      (" and one name for the cache" if way == "backward" else ""))
        return function(**arguments)

    def forward(self, arrays):
        handed = self.handed = Handed()
        given = {name: handed.copy(name, arrays[name]) for name in arrays.of(INPUT, INITIAL, WEIGHT)}
        given["parameters"] = {name: given[name] for name in arrays.of(WEIGHT)}
        given.update(ends_of_samples(handed, arrays))
        without = declared(self.loaded.names[f"{self.name}_forward"]).get("without", "").split()
        states = [name for name in arrays.of(STATE, OUTPUT) if name not in without]
        result = require_tuple(f"{self.name}_forward", self.call("forward", given), [*states, "cache"])
        for name, value in zip(states, result):
            require_array(name, value, arrays[name].shape)
        handed.require_unchanged("forward")
        self.cache = result[-1]
        for name, value in zip(states, result):
            arrays[name][...] = value

    def backward(self, arrays):
        upstream = Handed()
        given = {name: upstream.copy(name, arrays[name]) for name in arrays.of(UPSTREAM, FINAL)}
        given.update(ends_of_samples(upstream, arrays))
        taken = inspect.signature(self.loaded.names[f"{self.name}_forward"]).parameters
        without = declared(self.loaded.names[f"{self.name}_forward"]).get("without", "").split()
        given["wanted"] = {name for name in arrays.of(GRADIENT) if name not in without}
        shapes = {name: arrays[name].shape for name in given["wanted"]
                  if arrays.roles[name[1:]] != INITIAL or name[1:] in taken}  # else it begins with zeros
        gradients = require_gradients(f"{self.name}_backward",
                                      self.call("backward", given, self.cache), shapes)
        upstream.require_unchanged("backward")
        self.handed.require_unchanged("backward")
        for name in shapes:
            if arrays.roles[name[1:]] == WEIGHT:
                arrays[name] += gradients[name]
            else:
                arrays[name][...] = gradients[name]


def ends_of_samples(handed, arrays):
    """A mask (m, T), and what it says in other words: the steps of each sample."""
    given = {}
    for name in arrays.of(MASK):
        given[name] = handed.copy(name, arrays[name])
        given["lengths"] = np.count_nonzero(arrays[name], axis=1)
    return given


def declared(function):
    """What NAME_forward says of itself beyond its parameters, a dict called bptt."""
    said = getattr(function, "bptt", {})
    return said if isinstance(said, dict) else {"bptt": "is no dict"}


def text_of(padded):
    return padded.rstrip(b"\0").decode()


def load(path):
    loaded = Loaded(path)
    if path.endswith(".ipynb"):
        loaded.load_notebook()
    else:
        loaded.load_module()
    return loaded


def parameters_of(loaded, forward):
    """Of NAME_forward and of NAME_backward, if that is there: "backward" says so. One that need not be
    given ends with "="."""
    def names(function):
        return [p.name + ("" if p.default is p.empty else "=")
                for p in inspect.signature(function).parameters.values()
                if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]

    backward = loaded.names.get(forward[:-len("forward")] + "backward")
    of_backward = ["backward", *names(backward)] if inspect.isfunction(backward) else []
    return names(loaded.names[forward]) + of_backward


def answer(request, state):
    if request[1] == DESCRIBE:
        state["loaded"] = load(PATH)
        loaded = state["loaded"]
        found = [f"function {name}" for name in FUNCTIONS if callable(loaded.names.get(name))]
        found += [f"named {name[:-len('_forward')]} {' '.join(parameters_of(loaded, name))}"
                  for name, value in loaded.names.items()
                  if name.endswith("_forward") and name not in FUNCTIONS and inspect.isfunction(value)]
        found += [f"declared {name[:-len('_forward')]} {key} {' '.join(str(said).split())}"
                  for name, value in loaded.names.items()
                  if name.endswith("_forward") and name not in FUNCTIONS and inspect.isfunction(value)
                  for key, said in declared(value).items()]
        notes = ["note " + " ".join(note.split()) for note in loaded.notes]
        text = "\n".join(found + notes)
        if len(text.encode()) > LONGEST_TEXT:  # cut, it would say something else
            raise Failure(CANNOT_LOAD, f"what its {len(found)} functions are called takes {len(text.encode())} "
                                       f"bytes, {LONGEST_TEXT} at most: put them into several files")
        return text
    session = state.get("session")
    if session is None or session.number != request[13]:
        by_name = text_of(request[15]) not in ("rnn", "lstm")
        session = state["session"] = (NamedSession if by_name else Session)(request[13], state["loaded"],
                                                                            request)
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
