"""nicodjimenez/lstm: LSTM without tanh of the cell (h = s o); one sample, states from zero. dx is in the array that bottom_diff_h is a view of.
Diffs accumulate: they are reset before each backward.
y_list_is asks a loss layer for the upstream gradient: ours hands out dh."""
import numpy as np
import wild
lstm = wild.load("nico_lstm", "nicolstm/lstm.py")
lstm.rand_arr = lambda a, b, *shape: np.zeros(shape)


class Upstream:
    loss = staticmethod(lambda pred, label: 0)
    bottom_diff = staticmethod(lambda pred, label: label.copy())


def lstm_nico_forward(x, parameters):
    p, n = parameters, len(parameters["bf"])
    param = lstm.LstmParam(n, len(x))
    for g in "gifo":
        setattr(param, "w" + g, np.hstack([p["W" + g], p["U" + g]]))
        setattr(param, "b" + g, p["b" + g][:, 0].copy())
    net = lstm.LstmNetwork(param)
    for t in range(x.shape[2]):
        net.x_list_add(x[:, 0, t].copy())
    h, c = (np.stack([getattr(node.state, s)[:, None] for node in net.lstm_node_list], -1) for s in "hs")
    return h, c, net


def lstm_nico_backward(dh, net):
    net.lstm_param.apply_diff(0)
    net.y_list_is([dh[:, 0, t] for t in range(dh.shape[2])], Upstream)
    p = net.lstm_param
    dx = [node.state.bottom_diff_h.base[:p.x_dim, None] for node in net.lstm_node_list]
    out = {"dx": np.stack(dx, -1)}
    for g in "gifo":
        w = getattr(p, f"w{g}_diff")
        out["dW" + g], out["dU" + g] = w[:, :p.x_dim].copy(), w[:, p.x_dim:].copy()
        out["db" + g] = getattr(p, f"b{g}_diff")[:, None].copy()
    return out


lstm_nico_forward.bptt = {"without": "h0 dh0 c0 dc0 dc_T", "one_sample": True, "fewer_losses": False}
