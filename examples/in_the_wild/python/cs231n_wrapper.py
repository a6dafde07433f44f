"""CS231n 2017 assignment 3 (Burton2000's solution), cs231n/rnn_layers.py: rnn_forward, lstm_forward.
The LSTM's cell states begin at zero; they are read from the cache of its steps."""
import numpy as np
import wild
layers = wild.load("rnn_layers", "cs231n/assignment3/cs231n/rnn_layers.py")


def rnn_own_forward(x, h0, W, U, b):
    h, cache = layers.rnn_forward(wild.ntd(x), h0.T.copy(), W.T.copy(), U.T.copy(), b[:, 0].copy())
    return wild.from_ntd(h), cache


def rnn_own_backward(dh, cache):
    dx, dh0, dW, dU, db = layers.rnn_backward(wild.ntd(dh), cache)
    return {"dx": wild.from_ntd(dx), "dh0": dh0.T.copy(), "dW": dW.T.copy(), "dU": dU.T.copy(), "db": db[:, None]}


def lstm_own_forward(x, h0, parameters):
    p = parameters
    h, cache = layers.lstm_forward(wild.ntd(x), h0.T.copy(), wild.beside(p, "W", "ifog"), wild.beside(p, "U", "ifog"),
                                   wild.beside(p, "b", "ifog")[0])
    return wild.from_ntd(h), np.stack([step[10].T for step in cache], -1), cache


def lstm_own_backward(dh, cache):
    dx, dh0, *g = layers.lstm_backward(wild.ntd(dh), cache)
    out = {"dx": wild.from_ntd(dx), "dh0": dh0.T.copy()}
    for a, grad in zip("WUb", g):
        out.update(wild.apart(grad, a, "ifog"))
    return out


lstm_own_forward.bptt = {"without": "c0 dc0 dc_T"}
