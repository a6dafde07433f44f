"""qixianbiao/RNN rnn.py: one sample, h0 is a parameter (Bhh is unused), no dx. backword(x, y, states, output, lr)
updates weights: gradients are kept by a np.clip that copies them (and does not clip: undone), sqrt is as it was.
Upstream: output handed in is dh (+ y = 0), Wyh the identity."""
import numpy as np
import wild

kept = []
rnn = wild.load("qixianbiao", "qixianbiao/rnn.py")
rnn.np = wild.NumPy(clip=lambda grad, low, high, out: kept.append(grad.copy()))


def rnn_own_forward(x, W, U, b):
    model = rnn.RNN(len(x), len(W), len(W))
    model.Wxh, model.Bxh, model.Whh, model.h = W.copy(), b[:, 0].copy(), U.copy(), 0 * b[:, 0]
    model.Wyh, model.Byh = np.eye(len(W)), 0 * b[:, 0]
    states, _ = model.forward(x[:, 0])
    return np.stack(states, -1)[:, None], (model, states, x[:, 0])


def rnn_own_backward(dh, cache):
    model, states, x = cache
    kept.clear()
    with np.errstate(all="ignore"):
        model.backword(x, 0 * dh[:, 0], states, list(dh[:, 0].T), lr=0)
    _, _, dW, db, dU, _ = kept
    return {"dW": dW, "dU": dU, "db": db[:, None]}


rnn_own_forward.bptt = {"without": "h0 dh0 dx", "one_sample": True, "fewer_losses": False}
