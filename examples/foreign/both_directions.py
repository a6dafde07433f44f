"""A vanilla RNN in both directions, of samples that end one by one: x (n_x, m, T), lengths (m,).

    bptt-verify check both_directions.py

Behind the end of a sample its states stay what they were and x is not read; from right to left a sample
begins at its own end.
"""
import numpy as np


def one_way_forward(x, lengths, a0, Wax, Waa, ba, steps):
    a = np.zeros((len(ba), *x.shape[1:]))
    before = np.zeros_like(a)
    carried = a0
    for t in steps:
        before[:, :, t] = carried
        lasts = t < lengths
        xt = np.where(lasts, x[:, :, t], 0)
        carried = np.where(lasts, np.tanh(Wax @ xt + Waa @ carried + ba), carried)
        a[:, :, t] = carried
    return a, before


def one_way_backward(da, a, before, x, lengths, Wax, Waa, steps):
    dx, dWax, dWaa = np.zeros_like(x), np.zeros_like(Wax), np.zeros_like(Waa)
    dba = np.zeros((len(Waa), 1))
    carried = np.zeros_like(da[:, :, 0])
    for t in steps[::-1]:
        lasts = t < lengths
        d = da[:, :, t] + carried
        z = np.where(lasts, d * (1 - a[:, :, t] ** 2), 0)
        dx[:, :, t] = Wax.T @ z
        dWax += z @ np.where(lasts, x[:, :, t], 0).T
        dWaa += z @ before[:, :, t].T
        dba += z.sum(axis=1, keepdims=True)
        carried = Waa.T @ z + np.where(lasts, 0, d)
    return dx, carried, dWax, dWaa, dba


def rnn_both_lengths_forward(x, lengths, a0, r_a0, Wax, Waa, ba, r_Wax, r_Waa, r_ba):
    steps = range(x.shape[2])
    a, before = one_way_forward(x, lengths, a0, Wax, Waa, ba, steps)
    r_a, r_before = one_way_forward(x, lengths, r_a0, r_Wax, r_Waa, r_ba, steps[::-1])
    return a, r_a, (x, lengths, a, before, Wax, Waa, r_a, r_before, r_Wax, r_Waa)


def rnn_both_lengths_backward(da, dr_a, cache, wanted):
    x, lengths, a, before, Wax, Waa, r_a, r_before, r_Wax, r_Waa = cache
    steps = range(x.shape[2])
    dx, da0, dWax, dWaa, dba = one_way_backward(da, a, before, x, lengths, Wax, Waa, steps)
    r_dx, dr_a0, dr_Wax, dr_Waa, dr_ba = one_way_backward(dr_a, r_a, r_before, x, lengths, r_Wax, r_Waa,
                                                          steps[::-1])
    gradients = {"dx": dx + r_dx, "da0": da0, "dr_a0": dr_a0, "dWax": dWax, "dWaa": dWaa, "dba": dba,
                 "dr_Wax": dr_Wax, "dr_Waa": dr_Waa, "dr_ba": dr_ba}
    return {name: gradients[name] for name in wanted}
