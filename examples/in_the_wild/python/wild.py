"""What the wrappers share: where the code lies, and arrays to and from (sample, step, feature)."""
import os
import sys
import types
import importlib.util
import numpy as np

HERE = os.environ.get("BPTT_WILD", os.getcwd())


def path(*parts):
    return os.path.join(HERE, *parts)


def load(name, file, **put):
    """The module of a file; its package is not imported; `put` are names it finds."""
    spec = importlib.util.spec_from_file_location(name, path(file))
    module = importlib.util.module_from_spec(spec)
    vars(module).update(put)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


class NumPy(types.ModuleType):
    """numpy, of which some functions are replaced."""

    def __init__(self, **replaced):
        super().__init__("numpy")
        vars(self).update(replaced)

    def __getattr__(self, name):
        return getattr(np, name)


def f64(function):
    return lambda *a, dtype=None, **k: function(*a, **k)


ntd = lambda a: np.ascontiguousarray(a.transpose(1, 2, 0))      # (n, m, T) to (m, T, n)
tnd = lambda a: np.ascontiguousarray(a.transpose(2, 1, 0))      # (n, m, T) to (T, m, n)
from_ntd = lambda a: np.ascontiguousarray(a.transpose(2, 0, 1))
from_tnd = lambda a: np.ascontiguousarray(a.transpose(2, 1, 0))


def beside(p, letter, gates):
    """W of several gates, transposed, side by side: (features, gates n)."""
    return np.hstack([p[letter + g].T for g in gates])


def apart(grad, letter, gates):
    """The reverse, for a matrix (features, gates n) or a bias (gates n,)."""
    parts = np.split(np.atleast_2d(grad), len(gates), axis=1)
    return {f"d{letter}{g}": np.ascontiguousarray(a.T) for g, a in zip(gates, parts)}
