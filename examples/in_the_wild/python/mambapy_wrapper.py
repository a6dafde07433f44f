"""mamba.py mambapy/pscan.py: PScan, a torch.autograd.Function with a handwritten backward. H[-1] = 0."""
import numpy as np
import torch
import wild
pscan = wild.load("mambapy_pscan", "mambapy/mambapy/pscan.py").pscan
torch.set_num_threads(1)


def scan_forward(a, b):
    A, X = (torch.tensor(v.transpose(1, 2, 0)[..., None].copy(), requires_grad=True) for v in (a, b))
    H = pscan(A, X)
    return np.ascontiguousarray(H.detach().numpy()[..., 0].transpose(2, 0, 1)), (A, X, H)


def scan_backward(dh, cache):
    A, X, H = cache
    dA, dX = torch.autograd.grad(H, (A, X), torch.tensor(dh.transpose(1, 2, 0)[..., None].copy()), retain_graph=True)
    da, db = (np.ascontiguousarray(v.numpy()[..., 0].transpose(2, 0, 1)) for v in (dA, dX))
    return {"da": da, "db": db}


scan_forward.bptt = {"without": "h0 dh0", "fewer_losses": False}
