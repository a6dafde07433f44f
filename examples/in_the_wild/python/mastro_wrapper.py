"""MichaelMastro/Batched-Gated-Recurrent-Unit: its GRU.py, and its copy of Karpathy's batched LSTM (gist
587454dc0146a6ae21fc). Python 2: xrange is put, n/4 is n//4 (the 4 of WLSTM.shape[1]/4 is an int: sed, below)."""
import types
import numpy as np
import wild


def python2(name, file):
    """Source with `shape[1]/k` and `/ k` of integers made `//`, prints and tests cut off behind the class."""
    source = open(wild.path("mastro", file)).read().split("# TEST CASES")[0]
    for old in ("shape[1]/4", "shape[1] / 3", "shape[1]/3"):
        source = source.replace(old, old.replace("/", "//"))
    module = types.ModuleType(name)
    module.xrange = range
    exec(compile(source, file, "exec"), vars(module))
    return module


GRU = python2("mastro_gru", "GRU.py").GRU
LSTM = python2("karpathy_lstm", "LSTM-Karpathy.py").LSTM


def stacked(p, gates):
    return np.vstack([wild.beside(p, a, gates) for a in "bWU"])


def unstacked(dW, n_x, gates):
    return {k: v for a, part in zip("bWU", (dW[0], dW[1:1 + n_x], dW[1 + n_x:]))
            for k, v in wild.apart(part, a, gates).items()}


def gru_flipped_forward(x, h0, parameters):
    h, _, cache = GRU.forward(wild.tnd(x), stacked(parameters, "zrn"), h0.T.copy())
    return wild.from_tnd(h), cache


def gru_flipped_backward(dh, cache):
    dx, dW, dh0 = GRU.backward(wild.tnd(dh), cache)
    return {"dx": wild.from_tnd(dx), "dh0": dh0.T.copy(), **unstacked(dW, dx.shape[2], "zrn")}


def lstm_own_forward(x, h0, c0, parameters):
    h, _, _, cache = LSTM.forward(wild.tnd(x), stacked(parameters, "ifog"), c0.T.copy(), h0.T.copy())
    return wild.from_tnd(h), wild.from_tnd(cache["C"]), cache


def lstm_own_backward(dh, dc_T, cache):
    dx, dW, dc0, dh0 = LSTM.backward(wild.tnd(dh), cache, dc_T.T.copy())
    return {"dx": wild.from_tnd(dx), "dh0": dh0.T.copy(), "dc0": dc0.T.copy(), **unstacked(dW, dx.shape[2], "ifog")}


gru_flipped_forward.bptt = lstm_own_forward.bptt = {"fewer_losses": False}
