"""nianiaele/gru-cell-in-numpy gru.py (CMU 11-785 homework): a GRU cell without biases, one sample. Its prints are
silenced. backward reads what the last forward left: each step is a cell of its own."""
import numpy as np
import wild
gru = wild.load("nianiaele_gru", "nianiaele/gru.py", print=lambda *a: None)
NAMES = {"Wr": "Wrx", "Wz": "Wzx", "Wn": "Wx", "Ur": "Wrh", "Uz": "Wzh", "Un": "Wh"}


def gru_flipped_forward(x, h0, parameters):
    cells, h = [], h0[:, 0]
    for t in range(x.shape[2]):
        cell = gru.GRU_Cell(len(x), len(h))
        for ours, theirs in NAMES.items():
            setattr(cell, theirs, parameters[ours].copy())
        h = cell.forward(x[:, 0, t].copy(), h.copy())
        cells.append(cell)
    return np.stack([c.ht for c in cells], -1), cells


def gru_flipped_backward(dh, cells):
    out, carried, dx = {}, 0, []
    for t in reversed(range(len(cells))):
        d, carried = cells[t].backward(dh[:, :, t].T + carried)
        dx.insert(0, d.T.copy())
        for ours, theirs in NAMES.items():
            out["d" + ours] = out.get("d" + ours, 0) + getattr(cells[t], "d" + theirs)
    return {**out, "dx": np.stack(dx, -1), "dh0": carried.T.copy()}


gru_flipped_forward.bptt = {"without": "br bz bn dbr dbz dbn", "one_sample": True, "fewer_losses": False}
