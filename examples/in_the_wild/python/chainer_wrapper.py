"""chainer functions/rnn/lstm.py: the NumPy branches of LSTM.forward and of LSTMGrad.forward, the gradient. The linear
maps before it are the wrapper's (in chainer, links). chainer itself is stubs: function nodes that retain nothing."""
import sys
import types
import numpy as np
import wild


class Node:
    retain_inputs = retain_outputs = lambda self, which: None


def stub(name, **names):
    module = sys.modules[name] = types.ModuleType(name)
    vars(module).update(names)
    return module


intel64 = stub("chainer.backends.intel64", should_use_ideep=lambda level: False)
cuda, type_check, chainerx = stub("chainer.backends.cuda", fuse=lambda: lambda f: f), stub("chainer.utils.type_check"), stub("chainerx")
stub("chainer.backends", cuda=cuda, intel64=intel64)
stub("chainer.utils", type_check=type_check)
stub("chainer", get_cpu_array_types=lambda: (np.ndarray,), backend=stub("chainer.backend", get_array_module=lambda *a: np),
     function=stub("chainer.function", Function=Node), function_node=stub("chainer.function_node", FunctionNode=Node))
lstm = wild.load("chainer_lstm", "chainer/chainer/functions/rnn/lstm.py")
GATES = "gifo"      # chainer's a i f o, of each unit side by side


def together(p, letter):
    return np.stack([p[letter + g] for g in GATES], 1).reshape(-1, p[letter + "f"].shape[1])


def lstm_own_forward(x, h0, c0, parameters):
    W, U, b = (together(parameters, a) for a in "WUb")
    h, c, kept = [h0], [c0], []
    for t in range(x.shape[2]):
        z = (W @ x[:, :, t] + U @ h[-1] + b).T.copy()
        c_next, h_next = lstm.LSTM().forward((c[-1].T.copy(), z))
        kept.append(z)
        h.append(h_next.T)
        c.append(c_next.T)
    return np.stack(h[1:], -1), np.stack(c[1:], -1), (x, h, c, kept, W, U)


def lstm_own_backward(dh, dc_T, cache):
    x, h, c, kept, W, U = cache
    dW, dU, db, dx = np.zeros_like(W), np.zeros_like(U), np.zeros((len(W), 1)), np.zeros_like(x)
    gh, gc = 0, dc_T.T
    for t in reversed(range(x.shape[2])):
        gc, gz = lstm.LSTMGrad().forward((c[t].T, kept[t], c[t + 1].T, gc, dh[:, :, t].T + gh))
        dW += gz.T @ x[:, :, t].T
        dU += gz.T @ h[t].T
        db += gz.sum(0)[:, None]
        dx[:, :, t] = W.T @ gz.T
        gh = gz @ U
    out = {"dx": dx, "dh0": gh.T.copy(), "dc0": gc.T.copy()}
    for a, grad in zip("WUb", (dW, dU, db)):
        out.update({f"d{a}{g}": grad.reshape(-1, 4, grad.shape[1])[:, k].copy() for k, g in enumerate(GATES)})
    return out


lstm_own_forward.bptt = {"fewer_losses": False, "absolute_error": 2e-16}


def lstm_own_lengths_forward(x, lengths, h0, c0, parameters):
    """Samples that end one by one, the longest first, as chainer.functions.lstm takes them: x of the first `batch`."""
    order = np.argsort(-lengths, kind="stable")
    W, U, b = (together(parameters, a) for a in "WUb")
    h, c, kept = [h0[:, order]], [c0[:, order]], []
    for t in range(x.shape[2]):
        batch = int((lengths > t).sum())
        z = (W @ x[:, order[:batch], t] + U @ h[-1][:, :batch] + b).T.copy()
        c_next, h_next = lstm.LSTM().forward((c[-1].T.copy(), z))
        kept.append(z)
        h.append(np.hstack([h_next.T, h[-1][:, batch:]]))
        c.append(c_next.T)
    back = np.argsort(order)
    states = (np.stack(s[1:], -1)[:, back].copy() for s in (h, c))
    return *states, (x, h, c, kept, W, U, order, back)


def lstm_own_lengths_backward(dh, dc_T, cache):
    x, h, c, kept, W, U, order, back = cache
    dW, dU, db, dx = np.zeros_like(W), np.zeros_like(U), np.zeros((len(W), 1)), np.zeros_like(x)
    gh, gc = np.zeros_like(h[0]).T, dc_T[:, order].T.copy()
    for t in reversed(range(x.shape[2])):
        z, gh = kept[t], gh + dh[:, order, t].T
        gc, gz = lstm.LSTMGrad().forward((c[t].T, z, c[t + 1].T, gc, gh[:len(z)]))
        dW += gz.T @ x[:, order[:len(z)], t].T
        dU += gz.T @ h[t][:, :len(z)].T
        db += gz.sum(0)[:, None]
        dx[:, order[:len(z)], t] = W.T @ gz.T
        gh = np.vstack([gz @ U, gh[len(z):]])
    out = {"dx": dx, "dh0": gh.T[:, back].copy(), "dc0": gc.T[:, back].copy()}
    for a, grad in zip("WUb", (dW, dU, db)):
        out.update({f"d{a}{g}": grad.reshape(-1, 4, grad.shape[1])[:, k].copy() for k, g in enumerate(GATES)})
    return out


lstm_own_lengths_forward.bptt = {"fewer_losses": False, "absolute_error": 2e-16}
