"""deep-learning-from-scratch-2 common/time_layers.py: TimeRNN, TimeLSTM, TimeGRU.
Undone: np.empty/np.zeros(dtype='f') give f64 here (the book's layers compute in f32)."""
import sys
import numpy as np
import wild
sys.path.insert(0, wild.path("dlfs2"))
import common.time_layers as tl

tl.np = wild.NumPy(empty=wild.f64(np.empty), zeros=wild.f64(np.zeros))


def rnn_own_forward(x, h0, W, U, b):
    layer = tl.TimeRNN(W.T.copy(), U.T.copy(), b[:, 0].copy(), stateful=True)
    layer.set_state(h0.T.copy())
    return wild.from_ntd(layer.forward(wild.ntd(x))), layer


def rnn_own_backward(dh, layer):
    dx = layer.backward(wild.ntd(dh))
    dW, dU, db = layer.grads
    return {"dx": wild.from_ntd(dx), "dW": dW.T.copy(), "dU": dU.T.copy(), "db": db[:, None], "dh0": layer.dh.T.copy()}


def lstm_own_forward(x, h0, parameters):
    p = parameters
    layer = tl.TimeLSTM(*(wild.beside(p, a, "fgio") for a in "WU"), wild.beside(p, "b", "fgio")[0], stateful=True)
    layer.set_state(h0.T.copy(), 0 * h0.T)
    h = layer.forward(wild.ntd(x))
    c = np.stack([step.cache[-1].T for step in layer.layers], -1)
    return wild.from_ntd(h), c, layer


def lstm_own_backward(dh, layer):
    dx = layer.backward(wild.ntd(dh))
    dW, dU, db = layer.grads
    return {"dx": wild.from_ntd(dx), "dh0": layer.dh.T.copy(), **wild.apart(dW, "W", "fgio"),
            **wild.apart(dU, "U", "fgio"), **wild.apart(db, "b", "fgio")}


lstm_own_forward.bptt = {"without": "c0 dc0 dc_T"}


def gru_flipped_forward(x, h0, parameters):
    p = parameters
    layer = tl.TimeGRU(*(wild.beside(p, a, "zrn") for a in "WU"), wild.beside(p, "b", "zrn")[0], stateful=True)
    layer.set_state(h0.T.copy())
    return wild.from_ntd(layer.forward(wild.ntd(x))), layer


def gru_flipped_backward(dh, layer):
    dx = layer.backward(wild.ntd(dh))
    dW, dU, db = layer.grads
    return {"dx": wild.from_ntd(dx), "dh0": layer.dh.T.copy(), **wild.apart(dW, "W", "zrn"),
            **wild.apart(dU, "U", "zrn"), **wild.apart(db, "b", "zrn")}


def lstm_own_both_forward(x, parameters):
    """TimeBiLSTM: states from zero."""
    p = parameters
    layer = tl.TimeBiLSTM(*(wild.beside(p, r + a, "fgio")[0 if a == "b" else slice(None)]
                            for r in ("", "r_") for a in "WUb"))
    h = wild.from_ntd(layer.forward(wild.ntd(x)))
    n = len(h) // 2
    c, r_c = (np.stack([step.cache[-1].T for step in way.layers], -1)
              for way in (layer.forward_lstm, layer.backward_lstm))
    return h[:n], c, h[n:], r_c[:, :, ::-1].copy(), layer


def lstm_own_both_backward(dh, dr_h, layer):
    out = {"dx": wild.from_ntd(layer.backward(wild.ntd(np.concatenate([dh, dr_h]))))}
    for k, (r, a) in enumerate((r, a) for r in ("", "r_") for a in "WUb"):
        out.update(wild.apart(layer.grads[k], r + a, "fgio"))
    return out


lstm_own_both_forward.bptt = {"fewer_losses": False, "without": " ".join(
    r + a for r in ("", "r_") for a in ("h0", "c0")) + " dh0 dc0 dr_h0 dr_c0 dc_T dr_c_T"}
