"""MyGrad nnet.layers.gru (GRUnit, numba): handwritten backward of a GRU, reset before the product. s0 has no gradient."""
import os
import sys
import numpy as np
import wild
os.environ["NUMBA_DISABLE_JIT"] = "1"       # compiling would take longer than the time limit of a call
sys.path.insert(0, wild.path("mygrad", "src"))
import mygrad as mg
from mygrad.nnet.layers import gru

ORDER = "Uz Wz bz Ur Wr br Uh Wh bh".split()        # U of x, W of h


def ours(name):
    return {"U": "W", "W": "U", "b": "b"}[name[0]] + name[1].replace("h", "n")


def gru_before_forward(x, parameters):
    p = parameters
    X = mg.tensor(wild.tnd(x))
    w = [mg.tensor(p[ours(k)].T.copy() if k[0] != "b" else p[ours(k)][:, 0].copy()) for k in ORDER]
    s = gru(X, *w)
    return wild.from_tnd(s.data[1:]), (x, p)


def gru_before_backward(dh, cache):
    x, p = cache
    X = mg.tensor(wild.tnd(x))
    w = {k: mg.tensor(p[ours(k)].T.copy() if k[0] != "b" else p[ours(k)][:, 0].copy()) for k in ORDER}
    s = gru(X, *w.values())
    s.backward(np.concatenate([np.zeros((1, *dh.shape[1::-1])), wild.tnd(dh)]))
    out = {"dx": wild.from_tnd(X.grad)}
    for k, v in w.items():
        out["d" + ours(k)] = v.grad.T.copy() if k[0] != "b" else v.grad[:, None].copy()
    return out


gru_before_forward.bptt = {"without": "h0 dh0", "fewer_losses": False}
