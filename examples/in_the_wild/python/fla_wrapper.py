"""flash-linear-attention ops/rwkv6/recurrent_naive.py, one head, scale 1. Undone: it computes in f32 (here f64);
torch.no_grad without parentheses is of torch 2 (here 1.13)."""
import types
import numpy as np
import torch
import wild


class Torch(types.ModuleType):
    float32 = torch.float64
    no_grad = torch.no_grad()

    def __getattr__(self, name):
        return getattr(torch, name)


torch.set_num_threads(1)
torch.Tensor.float = torch.Tensor.double
source = open(wild.path("fla/fla/ops/rwkv6/recurrent_naive.py")).read()
naive = types.ModuleType("naive")
import sys
sys.modules["torch"], kept = Torch("torch"), sys.modules["torch"]
exec(compile(source, "recurrent_naive.py", "exec"), vars(naive))
sys.modules["torch"] = kept
bhtn = lambda a: torch.tensor(a.transpose(1, 2, 0)[:, None].copy())     # (n, m, T) to (m, 1, T, n)
back = lambda a: np.ascontiguousarray(a.numpy()[:, 0].transpose(2, 0, 1))


def rwkv6_forward(q, k, v, w, u, S0):
    given = *map(bhtn, (q, k, v, w)), torch.tensor(u.T.copy())
    first = torch.tensor(S0.transpose(2, 0, 1)[:, None].copy())
    states = []
    for t in range(1, q.shape[2] + 1):      # it gives the last state alone
        o, S = naive.naive_recurrent_rwkv6(*(a[:, :, :t] for a in given[:4]), given[4], scale=1,
                                           initial_state=first, output_final_state=True)
        states.append(S.numpy()[:, 0].transpose(1, 2, 0))
    return np.stack(states, -1), back(o), (given, o, first)


def rwkv6_backward(do, cache):
    given, o, first = cache
    dq, dk, dv, dw, du, dS = naive.naive_recurrent_rwkv6_bwd(*given, o, bhtn(do), first)
    return {"dq": back(dq), "dk": back(dk), "dv": back(dv), "dw": back(dw), "du": du.numpy().T.copy(),
            "dS0": np.ascontiguousarray(dS.numpy()[:, 0].transpose(1, 2, 0))}


rwkv6_forward.bptt = {"without": "dS_T", "fewer_losses": False}
