"""numpy-ml neural_nets.layers: RNNCell and LSTMCell, step by step (their layers RNN and LSTM cannot be constructed).
States begin at zero and have no gradient. The RNN's two biases are added: ba has ours, bx zeros. A cell serves
one backward: the backward here runs the forward again. Parents are stubs: numpy_ml/__init__ is not run."""
import sys
import types
import numpy as np
import wild
for name in ("numpy_ml", "numpy_ml.neural_nets"):
    package = types.ModuleType(name)
    package.__path__ = [wild.path("numpy_ml", *name.split("."))]
    sys.modules[name] = package
from numpy_ml.neural_nets.layers.layers import RNNCell, LSTMCell

GATES = {"f": "f", "i": "u", "g": "c", "o": "o"}


def run(kind, x, n, parameters):
    cell = kind(n)
    cell.n_in = len(x)
    cell._init_params()
    cell.parameters.update(parameters)
    return cell, [cell.forward(x[:, :, t].T.copy()) for t in range(x.shape[2])]


def back(cell, dh):
    dx = [cell.backward(dh[:, :, t].T.copy()).T for t in reversed(range(dh.shape[2]))]
    return np.stack(dx[::-1], -1), cell.gradients


def rnn_own_forward(x, W, U, b):
    arguments = RNNCell, x, len(W), dict(Wax=W.T.copy(), Waa=U.T.copy(), ba=b.copy())
    return np.stack([a.T for a in run(*arguments)[1]], -1), arguments


def rnn_own_backward(dh, arguments):
    dx, g = back(run(*arguments)[0], dh)
    assert np.array_equal(g["ba"], g["bx"], equal_nan=True)
    return {"dx": dx, "dW": g["Wax"].T.copy(), "dU": g["Waa"].T.copy(), "db": g["ba"].copy()}


def lstm_own_forward(x, parameters):
    p, theirs = parameters, {}
    for a, b in GATES.items():
        theirs["W" + b] = np.vstack([p["U" + a].T, p["W" + a].T])
        theirs["b" + b] = p["b" + a].T.copy()
    arguments = LSTMCell, x, len(p["bf"]), theirs
    steps = run(*arguments)[1]
    return *(np.stack([s[k].T for s in steps], -1) for k in (0, 1)), arguments


def lstm_own_backward(dh, arguments):
    dx, g = back(run(*arguments)[0], dh)
    n, out = len(dh), {"dx": dx}
    for a, b in GATES.items():
        out["dU" + a], out["dW" + a] = g["W" + b][:n].T.copy(), g["W" + b][n:].T.copy()
        out["db" + a] = g["b" + b].T.copy()
    return out


rnn_own_forward.bptt = {"without": "h0 dh0", "fewer_losses": False}
lstm_own_forward.bptt = {"without": "h0 dh0 c0 dc0 dc_T", "fewer_losses": False}
