"""NumpyDL (npdl) layers.SimpleRNN and layers.BatchLSTM with return_sequence=True. dtype set to float64.
Undone: SimpleRNN's db is averaged over samples (times m here); MEAN_DB=1 leaves it as it is."""
import os
import sys
import numpy as np
import wild
sys.path.insert(0, wild.path("numpydl"))
import npdl
npdl.utils.random.set_dtype("float64")
from npdl.layers.recurrent import SimpleRNN, BatchLSTM


def layer_of(kind, x, n):
    layer = kind(n_out=n, n_in=len(x), nb_batch=x.shape[1], nb_seq=x.shape[2], return_sequence=True)
    layer.first_layer = False
    layer.connect_to()
    return layer


def rnn_own_forward(x, W, U, b):
    layer = layer_of(SimpleRNN, x, len(W))
    layer.W, layer.U, layer.b = W.T.copy(), U.T.copy(), b[:, 0].copy()
    return wild.from_ntd(layer.forward(wild.ntd(x))), layer


def rnn_own_backward(dh, layer):
    dx = layer.backward(wild.ntd(dh))
    db = layer.db[:, None] * (1 if os.environ.get("MEAN_DB") else dh.shape[1])
    return {"dx": wild.from_ntd(dx), "dW": layer.dW.T.copy(), "dU": layer.dU.T.copy(), "db": db}


rnn_own_forward.bptt = {"without": "h0 dh0", "fewer_losses": False}


def lstm_own_forward(x, h0, c0, parameters):
    p = parameters
    layer = layer_of(BatchLSTM, x, len(h0))
    layer.AllW = np.vstack([wild.beside(p, a, "ifog") for a in "bWU"])
    h = wild.from_ntd(layer.forward(wild.ntd(x), c0.T.copy(), h0.T.copy()))
    return h, wild.from_tnd(layer.C), layer


def lstm_own_backward(dh, dc_T, layer):
    dx = layer.backward(wild.ntd(dh), dcn=dc_T.T.copy())
    g, k = layer.d_AllW, 1 + dx.shape[2]
    return {"dx": wild.from_ntd(dx), "dh0": layer.d_h0.T.copy(), "dc0": layer.d_c0.T.copy(),
            **wild.apart(g[0], "b", "ifog"), **wild.apart(g[1:k], "W", "ifog"), **wild.apart(g[k:], "U", "ifog")}


lstm_own_forward.bptt = {"fewer_losses": False}


# as many inputs as units: layer_grad has the shape of pre_grad
rnn_square_forward, rnn_square_backward = rnn_own_forward, rnn_own_backward
