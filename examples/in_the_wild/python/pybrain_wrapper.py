"""PyBrain structure.modules.LSTMLayer with peepholes in a RecurrentNetwork: in -> lstm, bias -> lstm, lstm -> lstm of
the step before. One sample, states from zero. Shim: names that scipy had of NumPy."""
import sys
import warnings
import numpy as np
import scipy
import wild
warnings.simplefilter("ignore")
for name in dir(np):
    if not name.startswith("_") and not hasattr(scipy, name):
        setattr(scipy, name, getattr(np, name))
for name in ("rand", "randn"):
    setattr(scipy, name, getattr(np.random, name))
scipy.random = np.random
sys.path.insert(0, wild.path("pybrain"))
from pybrain.structure import RecurrentNetwork, LinearLayer, LSTMLayer, BiasUnit, FullConnection

GATES, PEEPS = "ifco", "ifo"


def run(x, p):
    n = len(p["bf"])
    net = RecurrentNetwork()
    first, lstm, bias = LinearLayer(len(x), name="in"), LSTMLayer(n, peepholes=True, name="lstm"), BiasUnit(name="bias")
    net.addInputModule(first)
    net.addModule(bias)
    net.addOutputModule(lstm)
    parts = {"W": FullConnection(first, lstm), "b": FullConnection(bias, lstm), "U": FullConnection(lstm, lstm)}
    net.addConnection(parts["W"])
    net.addConnection(parts["b"])
    net.addRecurrentConnection(parts["U"])
    net.sortModules()
    for a, part in parts.items():
        part.params[:] = np.vstack([p[a + g] for g in GATES]).ravel()
    lstm.params[:] = np.vstack([p["p" + g] for g in PEEPS]).ravel()
    net.reset()
    return net, lstm, parts, np.stack([net.activate(x[:, 0, t]) for t in range(x.shape[2])], -1)[:, None]


def lstm_peephole_forward(x, parameters):
    net, lstm, _, a = run(x, parameters)
    return a, lstm.state[:x.shape[2]].T[:, None].copy(), (x, parameters)


def lstm_peephole_backward(da, cache):
    x, p = cache
    net, lstm, parts, _ = run(x, p)
    net.resetDerivatives()
    dx = [net.backActivate(da[:, 0, t]) for t in reversed(range(x.shape[2]))]
    out = {"dx": np.stack(dx[::-1], -1)[:, None]}
    for a, part in parts.items():
        for g, grad in zip(GATES, np.split(part.derivs, 4)):
            out[f"d{a}{g}"] = grad.reshape(p[a + g].shape).copy()
    for g, grad in zip(PEEPS, np.split(lstm.derivs, 3)):
        out["dp" + g] = grad[:, None].copy()
    return out


lstm_peephole_forward.bptt = {"without": "a0 da0 c0 dc0 dc_T", "one_sample": True, "fewer_losses": False}
