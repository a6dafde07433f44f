"""CaptainE/RNN-LSTM-in-numpy, RNN_LSTM_from_scratch.ipynb: the functions of its code cells (cut before their tests).
One sample; no dx, no dh0. Upstream: `outputs` handed to backward are [dh; 1], the target is the last, W_out = [I; 0].
Undone: clip_gradient_norm. sigmoid and tanh add 1e-12 to their argument: absolute_error. z = [h; x]."""
import ast
import json
import numpy as np
import wild

scope = {"np": np, "params": None, "hidden_size": None}
for cell in json.load(open(wild.path("captaine/RNN_LSTM_from_scratch.ipynb")))["cells"]:
    if cell["cell_type"] == "code" and "def " in "".join(cell["source"]):
        tree = ast.parse("".join(cell["source"]))
        tree.body = [s for s in tree.body if isinstance(s, ast.FunctionDef)]
        exec(compile(tree, "notebook", "exec"), scope)
scope["clip_gradient_norm"] = lambda grads: grads


def head(n):
    return np.vstack([np.eye(n), np.zeros((1, n))]), np.zeros((n + 1, 1))


def upstream(dh):
    return ([np.vstack([dh[:, :, t], [[1.0]]]) for t in range(dh.shape[2])],
            [np.vstack([0 * dh[:, :, t], [[1.0]]]) for t in range(dh.shape[2])])


def steps(x):
    return [x[:, :, t].copy() for t in range(x.shape[2])]


def rnn_own_forward(x, W, U, b):
    V, c = head(len(W))
    parameters = W, U, V, b, c
    _, h = scope["forward_pass"](steps(x), np.zeros((len(W), 1)), parameters)
    return np.stack(h, -1), (x, h, parameters)


def rnn_own_backward(dh, cache):
    x, h, parameters = cache
    outputs, targets = upstream(dh)
    with np.errstate(all="ignore"):
        _, (dW, dU, _, db, _) = scope["backward_pass"](steps(x), outputs, h, targets, parameters)
    return {"dW": dW, "dU": dU, "db": db}


def lstm_own_forward(x, parameters):
    p, n = parameters, len(parameters["bf"])
    scope["hidden_size"] = n
    V, c = head(n)
    theirs = *(np.hstack([p["U" + g], p["W" + g]]) for g in "figo"), V, *(p["b" + g] for g in "figo"), c
    z, f, i, g, C, o, h, v, _ = scope["forward"](steps(x), np.zeros((n, 1)), np.zeros((n, 1)), theirs)
    return np.stack(h[1:], -1), np.stack(C[1:], -1), (z, f, i, g, C, o, h, v, theirs)


def lstm_own_backward(dh, cache):
    *kept, theirs = cache
    n = scope["hidden_size"] = len(dh)
    with np.errstate(all="ignore"):
        _, grads = scope["backward"](*kept, *upstream(dh), theirs)
    out = {}
    for k, g in enumerate("figo"):
        out["dU" + g], out["dW" + g], out["db" + g] = grads[k][:, :n].copy(), grads[k][:, n:].copy(), grads[5 + k]
    return out


rnn_own_forward.bptt = {"without": "h0 dh0 dx", "one_sample": True, "fewer_losses": False, "absolute_error": 3e-12}
lstm_own_forward.bptt = {"without": "h0 dh0 c0 dc0 dc_T dx", "one_sample": True, "fewer_losses": False,
                         "absolute_error": 3e-12}
