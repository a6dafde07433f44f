"""thinc backends/ops.py lstm_forward_training, backprop_lstm: what CupyOps runs (NumpyOps has its own in
Cython). One direction, one layer, every sample to the end. Undone: f32 (xp.zeros(dtype="f") gives f64). Inits are one
for the whole batch and have no gradient: zeros. sigmoid clips at 20: absolute_error. types, util, cblas are stubs."""
import sys
import types
import typing
import numpy as np
import wild


class Anything(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return typing.List


xp = wild.NumPy(zeros=wild.f64(np.zeros))
for name in ("thinc", "thinc.backends", "thinc.types", "thinc.backends.cblas"):
    sys.modules[name] = Anything(name)
util = sys.modules["thinc.util"] = types.ModuleType("thinc.util")
vars(util).update(get_array_module=lambda a: xp, is_xp_array=None, to_numpy=None)
ops = wild.load("thinc.backends.ops", "thinc/thinc/backends/ops.py")
GATES = "fiog"


def lstm_own_forward(x, parameters):
    p, (n_x, m, T), n = parameters, x.shape, len(parameters["bf"])
    b = np.concatenate([p["b" + g][:, 0] for g in GATES])
    flat = np.concatenate([np.vstack([p["W" + g] for g in GATES]).ravel(), b,
                           np.vstack([p["U" + g] for g in GATES]).ravel(), 0 * b])
    zeros, lengths = np.zeros((1, 1, n)), np.full(T, m)
    Y, state = ops.lstm_forward_training(flat, c_init=zeros, h_init=zeros, X=wild.tnd(x).reshape(T * m, n_x),
                                         lengths=lengths)
    h, c = (wild.from_tnd(a.reshape(T, m, n)) for a in (Y, state[2][0, 0]))
    return h, c, (lengths, flat, state, x.shape)


def lstm_own_backward(dh, cache):
    lengths, flat, state, shape = cache
    n_x, m, T = shape
    n = len(dh)
    dX, g = ops.backprop_lstm(wild.tnd(dh).reshape(T * m, n), lengths, flat, state)
    k = 4 * n * n_x
    W, b, U = g[:k].reshape(4, n, n_x), g[k:k + 4 * n].reshape(4, n, 1), g[k + 4 * n:k + 4 * n + 4 * n * n].reshape(4, n, n)
    return {"dx": wild.from_tnd(dX.reshape(T, m, n_x)),
            **{f"d{a}{gate}": v[j].copy() for a, v in zip("WbU", (W, b, U)) for j, gate in enumerate(GATES)}}


lstm_own_forward.bptt = {"without": "h0 dh0 c0 dc0 dc_T", "fewer_losses": False, "absolute_error": 2.1e-9}
