"""PyTorch's recurrent networks in f64, by autograd: what bptt-verify asks of them by name.

    bptt-verify check torch_networks.py --python /usr/bin/python3
"""
import numpy as np
import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def tensor(array):
    return torch.tensor(np.ascontiguousarray(array))


class Network:
    """A torch.nn.RNN, LSTM, LSTM with proj_size, or GRU with arrays by name, as cells.md has them."""

    STATES = {"RNN": ["a"], "LSTM": ["a", "c"], "PROJECTED": ["h", "c"], "GRU": ["h"]}

    def __init__(self, kind, arrays, layers=1, both=False, lengths=None):
        self.kind, self.arrays, self.lengths = kind, arrays, lengths
        self.prefixes = [("" if l == 1 else f"l{l}_") + r for l in range(1, layers + 1)
                         for r in (("", "r_") if both else ("",))]
        self.states = self.STATES[kind]
        self.n = arrays[{"RNN": "Waa", "LSTM": "Wf", "PROJECTED": "Wf", "GRU": "Ur"}[kind]].shape[0]
        options = {"proj_size": arrays["R"].shape[0]} if kind == "PROJECTED" else {}
        self.net = getattr(torch.nn, "LSTM" if options else kind)(
            arrays["x"].shape[0], self.n, num_layers=layers, bidirectional=both, **options)
        self.suffixes = [f"_l{k // (2 if both else 1)}" + ("_reverse" if p.endswith("r_") else "")
                         for k, p in enumerate(self.prefixes)]
        for prefix, suffix in zip(self.prefixes, self.suffixes):
            for part, rows in self.parts(prefix).items():
                value = torch.cat([tensor(arrays[name])[:, columns] for name, columns in rows])
                getattr(self.net, part + suffix).data.copy_(value[:, 0] if "bias" in part else value)

    def parts(self, prefix):
        """Their array: ours, one above the other, and which columns of them. What they have beside, a second
        bias, is zero."""
        everything, n = slice(None), self.n

        def of(*names, columns=everything):
            return [(prefix + name, columns) for name in names]
        if self.kind == "RNN":
            return {"weight_ih": of("Wax"), "weight_hh": of("Waa"), "bias_ih": of("ba")}
        if self.kind == "GRU":
            return {"weight_ih": of("Wr", "Wz", "Wn"), "weight_hh": of("Ur", "Uz", "Un"),
                    "bias_ih": of("br", "bz", "bn")}
        gates = ("i", "f", "c", "o")
        if self.kind == "PROJECTED":
            return {"weight_ih": of(*("W" + g for g in gates)), "weight_hh": of(*("U" + g for g in gates)),
                    "bias_ih": of(*("b" + g for g in gates)), "weight_hr": of("R")}
        W = ["W" + g for g in gates]
        return {"weight_ih": of(*W, columns=slice(n, None)), "weight_hh": of(*W, columns=slice(0, n)),
                "bias_ih": of(*("b" + g for g in gates))}

    def forward(self):
        for suffix, prefix in zip(self.suffixes, self.prefixes):
            second = getattr(self.net, "bias_hh" + suffix).data
            second.zero_()
            if self.kind == "GRU":
                second[2 * self.n:] = tensor(self.arrays[prefix + "cn"])[:, 0]
        self.x = tensor(np.transpose(self.arrays["x"], (2, 1, 0))).requires_grad_()
        self.initial = [torch.stack([tensor(self.arrays[p + s + "0"].T) for p in self.prefixes]).requires_grad_()
                        for s in self.states]
        given = self.x
        if self.lengths is not None:
            given = torch.nn.utils.rnn.pack_padded_sequence(given, self.lengths, enforce_sorted=False)
        out, last = self.net(given, tuple(self.initial) if len(self.states) > 1 else self.initial[0])
        if self.lengths is not None:
            out, _ = torch.nn.utils.rnn.pad_packed_sequence(out, total_length=len(self.x))
        self.out, self.last = out, last if len(self.states) > 1 else (last,)
        ways = out.chunk(2 if self.net.bidirectional else 1, dim=2)
        return [np.transpose(w.detach().numpy(), (2, 1, 0)) for w in ways]

    def backward(self, upstream):
        """upstream: by name, da or dh of the last layer's directions, and ds_T of every other state."""
        given = self.prefixes[-2:] if self.net.bidirectional else self.prefixes[-1:]
        d = np.concatenate([upstream["d" + p + self.states[0]] for p in given])
        outputs, gradients = [self.out], [tensor(np.transpose(d, (2, 1, 0)))]
        for state, last in zip(self.states, self.last):
            of = [upstream.get("d" + p + state + "_T") for p in self.prefixes]
            g = torch.zeros_like(last)
            for k, v in enumerate(of):
                if v is not None:
                    g[k] = tensor(v.T)
            outputs.append(last)
            gradients.append(g)
        if len(d[0, 0]) < len(self.x):  # losses of the first steps: no later one
            raise ValueError("losses of all steps")
        for p in [self.x, *self.initial, *self.net.parameters()]:
            p.grad = None
        torch.autograd.backward(outputs, gradients, retain_graph=True)
        result = {"dx": np.transpose(self.x.grad.numpy(), (2, 1, 0))}
        for s, initial in zip(self.states, self.initial):
            for k, p in enumerate(self.prefixes):
                result["d" + p + s + "0"] = initial.grad[k].numpy().T
        for p, suffix in zip(self.prefixes, self.suffixes):
            for part, rows in self.parts(p).items():
                g = getattr(self.net, part + suffix).grad.numpy()
                at = 0
                for name, columns in rows:
                    into = result.setdefault("d" + name, np.zeros_like(self.arrays[name]))
                    count = len(self.arrays[name])
                    into[:, columns] += g[at:at + count].reshape(count, -1)
                    at += count
            if self.kind == "GRU":
                result["d" + p + "cn"] = getattr(self.net, "bias_hh" + suffix).grad.numpy()[2 * self.n:, None]
        return result


def network(name, kind, layers=1, both=False, lengths=False):
    """Functions NAME_forward and NAME_backward with the parameters that the cell's arrays have."""
    prefixes = [("" if l == 1 else f"l{l}_") + r for l in range(1, layers + 1)
                for r in (("", "r_") if both else ("",))]
    states = Network.STATES[kind]
    weights = {"RNN": ["Wax", "Waa", "ba"],
               "LSTM": [w + g for g in "fico" for w in "Wb"],
               "PROJECTED": [w + g for w in "WUb" for g in "fico"] + ["R"],
               "GRU": ["Wr", "Wz", "Wn", "Ur", "Uz", "Un", "br", "bz", "bn", "cn"]}[kind]
    given = prefixes[-2:] if both else prefixes[-1:]
    inputs = ["x"] + [p + s + "0" for p in prefixes for s in states] + [p + w for p in prefixes for w in weights]
    upstream = ["d" + p + states[0] for p in given] + [
        "d" + p + s + "_T" for p in prefixes for s in states if p not in given or s != states[0]]
    gives = [p + states[0] for p in given]
    # Of the layers below it gives no states, and c after the last step alone.
    without = [p + s for p in prefixes for s in states if p + s not in gives]
    scope = {"Network": Network}
    extra = ", lengths" if lengths else ""
    exec(f"def {name}_forward({', '.join(inputs)}{extra}):\n"
         f"    arrays = dict({', '.join(f'{i}={i}' for i in inputs)})\n"
         f"    net = Network({kind!r}, arrays, {layers}, {both}{extra and ', lengths'})\n"
         f"    return (*net.forward(), net)\n"
         f"def {name}_backward({', '.join(upstream)}, net):\n"
         f"    return net.backward(dict({', '.join(f'{u}={u}' for u in upstream)}))\n", scope)
    forward, backward = scope[f"{name}_forward"], scope[f"{name}_backward"]
    forward.bptt = {"without": " ".join(without), "fewer_losses": False, "contains_nan": False}
    if kind == "PROJECTED":
        forward.bptt["sizes"] = "n_p < n_c"  # proj_size must be smaller
    return {f"{name}_forward": forward, f"{name}_backward": backward}


for cell, torch_kind in (("gru", "GRU"), ("rnn", "RNN"), ("lstm", "LSTM"), ("lstm_projected", "PROJECTED")):
    for layer_count in (1, 2, 3):
        for two_ways in (False, True):
            for unequal in (False, True):
                label = (cell + ("_both" if two_ways else "") + (f"_x{layer_count}" if layer_count > 1 else "") +
                         ("_lengths" if unequal else ""))
                if label not in ("rnn", "lstm"):  # those are a course's functions
                    globals().update(network(label, torch_kind, layer_count, two_ways, unequal))
