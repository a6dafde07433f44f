"""ML-From-Scratch deep_learning/layers.py RNN: no bias, its output layer y = V h in it, states from zero.
Undone: bptt_trunc=5 (set to more than T). backward_pass updates weights: ours are optimizers that keep the gradient."""
import sys
import numpy as np
import wild
sys.path.insert(0, wild.path("mlfs"))
from mlfromscratch.deep_learning.layers import RNN


class Keep:
    def update(self, w, grad):
        self.grad = grad
        return w


def rnn_out_forward(x, W, U, V):
    layer = RNN(len(W), bptt_trunc=x.shape[2] + 1, input_shape=(x.shape[2], len(x)))
    layer.W, layer.U, layer.V = W.copy(), U.copy(), V.copy()
    layer.W_opt, layer.U_opt, layer.V_opt = Keep(), Keep(), Keep()
    y = layer.forward_pass(wild.ntd(x))
    return wild.from_ntd(layer.states[:, :-1]), wild.from_ntd(y), layer


def rnn_out_backward(dy, layer):
    dx = layer.backward_pass(wild.ntd(dy))
    return {"dx": wild.from_ntd(dx), "dW": layer.W_opt.grad, "dU": layer.U_opt.grad, "dV": layer.V_opt.grad}


# its TanH is 2/(1+exp(-2x))-1: right to 1e-16 or so, and not to digits of a small result
rnn_out_forward.bptt = {"without": "h0 dh0 dh_T", "fewer_losses": False, "absolute_error": 4e-16}
