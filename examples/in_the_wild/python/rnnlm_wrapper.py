"""dennybritz/rnn-tutorial-rnnlm RNNLM.ipynb (Python 2): class RNNNumpy, forward_propagation and bptt from its cells.
One sample, no bias, states from zero, words as inputs: U is W x and x the numbers of its columns, so that dU's columns
are dz_t: dW and dx are the wrapper's, dU (its dW) the notebook's. V the identity; the output handed in is dh.
Undone: bptt_truncate=4."""
import json
import numpy as np
import wild

scope = {"np": np, "softmax": lambda z: z}
for cell in json.load(open(wild.path("rnnlm/RNNLM.ipynb")))["cells"]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "code" and source.startswith(("class RNNNumpy", "def forward_prop", "def bptt")):
        exec(source, scope)
Model = scope["RNNNumpy"]


def model_of(x, W, U):
    n, T = len(W), x.shape[2]
    model = Model(n, n, T + 1)
    model.U, model.V, model.W = W @ x[:, 0], np.vstack([np.eye(n), np.zeros((1, n))]), U.copy()
    model.word_dim = n + 1
    return model


def rnn_own_forward(x, W, U, b):
    _, s = model_of(x, W, U).forward_propagation(np.arange(x.shape[2]))
    return s[:-1].T[:, None].copy(), (x, W, U)


def rnn_own_backward(dh, cache):
    x, W, U = cache
    model, T = model_of(x, W, U), x.shape[2]
    _, s = model.forward_propagation(np.arange(T))
    model.forward_propagation = lambda words: (np.hstack([dh[:, 0].T, np.ones((T, 1))]), s)
    dz, _, dU = model.bptt(np.arange(T), np.full(T, len(W)))
    return {"dx": (W.T @ dz)[:, None], "dW": dz @ x[:, 0].T, "dU": dU}


rnn_own_forward.bptt = {"without": "h0 dh0 b db", "one_sample": True, "fewer_losses": False}
