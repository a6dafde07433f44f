"""Karpathy's min-char-rnn.py (weixsong's copy): lossFun alone, cut out of the script (Python 2; it trains without end).
One sample, h0 given, no dx is computed (the wrapper's own line), dh0 is its last dhnext. Characters in, cross-entropy out: to hand in any x and any dh,
np is a proxy whose zeros((vocab, 1)) is x_t whatever is set in it, and whose exp gives dh_t; Why is the identity.
Undone: np.clip(dparam, -5, 5)."""
import numpy as np
import wild

source = open(wild.path("mincharrnn/min-char-rnn.py")).read()
source = source[source.index("def lossFun"):source.index("## given a hidden")]


class Fixed(np.ndarray):
    def __setitem__(self, key, value):
        pass


class Given:
    """exp(y_t) and its sum: their quotient is what is given."""
    def __init__(self, value):
        self.value = value

    def __truediv__(self, other):
        return self.value.copy()


class Sequence(wild.NumPy):
    def __init__(self, x, d):
        steps, losses = iter(x), iter(d)
        super().__init__(zeros=lambda shape: next(steps).view(Fixed), clip=lambda *a, **k: None, sum=lambda e: e,
                         exp=lambda y: Given(current[0]), log=lambda p: 0 * p)
        current = [None]

        def dot(a, b):      # np.dot(Why, h_t): the step's loss begins
            if a is self.Why and b.shape[1] == 1:
                current[0] = np.vstack([next(losses), [[1.0]]])
            self.last.append((np.dot(a, b), b))
            return self.last[-1][0]
        vars(self).update(dot=dot, last=[])


def loss_fun(x, dh, W, U, b, h0):
    n, T = len(W), x.shape[2]
    Why = np.vstack([np.eye(n), np.zeros((1, n))])
    proxy = Sequence([x[:, :, t].copy() for t in range(T)], [dh[:, :, t] for t in range(T)])
    vars(proxy).update(Why=Why)
    scope = dict(np=proxy, xrange=range, Wxh=W, Whh=U, Why=Why, bh=b, by=np.zeros((n + 1, 1)), vocab_size=len(x))
    exec(source, scope)
    result = scope["lossFun"]([0] * T, [n] * T, h0)
    return (*result, proxy.last)


def rnn_own_forward(x, W, U, b, h0):
    h = [loss_fun(x[:, :, :t], np.zeros((len(W), 1, t)), W, U, b, h0)[-2] for t in range(1, x.shape[2] + 1)]
    return np.stack(h, -1), (x, W, U, b, h0)


def rnn_own_backward(dh, cache):
    x, W, U, b, h0 = cache
    _, dW, dU, _, db, _, _, dots = loss_fun(x, dh, W, U, b, h0)
    dots = dots[-5 * x.shape[2]:]       # of each step back: dWhy, Why dy, dWxh, dWhh, dhnext
    dx = np.stack([W.T @ dots[5 * k + 4][1] for k in reversed(range(x.shape[2]))], -1)
    return {"dW": dW, "dU": dU, "db": db, "dx": dx, "dh0": dots[-1][0]}


rnn_own_forward.bptt = {"one_sample": True, "fewer_losses": False}
