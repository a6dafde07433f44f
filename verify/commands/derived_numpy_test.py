#!/usr/bin/python3 -B
"""The NumPy modules that `bptt-verify derive CELL --numpy` writes: run, and compared with central
differences of their own forward pass.

  derived_numpy_test.py PROGRAM CELL.cell ...
"""
import os
import re
import subprocess
import sys
import unittest

import numpy as np

PROGRAM, FILES = sys.argv[1], sys.argv[2:]
SAMPLES, STEPS, STEP = 2, 3, 1e-5
EXTENTS = {"n_a": 3, "n_x": 2, "n_h": 3, "n_c": 4, "n_p": 3, "n_k": 3, "n_v": 2}


class Cell:
    """What a .cell file declares."""

    def __init__(self, path):
        self.name = os.path.basename(path).removesuffix(".cell")
        with open(path, encoding="utf-8") as file:
            lines = [line.split("#")[0] for line in file]
        extents = {}
        self.arrays = {"state": {}, "input": {}, "weight": {}, "output": {}}
        for line in lines:
            word, _, rest = line.partition(" ")
            if word == "axes":
                for letters, sizes in re.findall(r"((?:\w+\s+)*\w+)\s*:\s*([\w+]+)", rest):
                    for letter in letters.split():
                        extents[letter] = sum(EXTENTS[size] for size in sizes.split("+"))
            elif word in self.arrays:
                for name, letters in re.findall(r"(\w+)\[([\w,]*)\]", rest):
                    shape = [extents[letter] for letter in letters.split(",") if letter]
                    self.arrays[word][name] = shape

    def draw(self, random):
        def numbers(*shape):
            return random.standard_normal(shape) * 0.5
        given = {}
        for name, shape in self.arrays["input"].items():
            given[name] = numbers(*shape, SAMPLES, STEPS)
        for name, shape in self.arrays["state"].items():
            given[name + "0"] = numbers(*shape, SAMPLES)
        if self.name == "slstm":
            given["n0"] = given["n0"] ** 2 + 1  # it divides
        for name, shape in self.arrays["weight"].items():
            given[name] = numbers(*shape) if len(shape) > 1 else numbers(*shape, 1)
        return given


class Derived(unittest.TestCase):
    def module(self, cell, *arguments):
        text = subprocess.run([PROGRAM, "derive", cell, "--numpy", *arguments], check=True,
                              capture_output=True, text=True).stdout
        names = {}
        exec(compile(text, cell + ".py", "exec"), names)  # pylint: disable=exec-used
        return names

    def judge(self, path, *arguments):
        cell, random = Cell(path), np.random.default_rng(1)
        module = self.module(cell.name, *arguments)
        given = cell.draw(random)
        first, *others = cell.arrays["state"]
        seen = list(cell.arrays["output"]) or [first]
        head = {"rnn": "Wya", "lstm": "Wy"}.get(cell.name)

        def forward():
            parameters = {name: given[name] for name in cell.arrays["weight"]}
            if head:
                parameters |= {head: np.ones((2, given["a0"].shape[0])), "by": np.zeros((2, 1))}
            *results, caches = module[cell.name + "_forward"](
                *(given[name] for name in cell.arrays["input"]), given[first + "0"], parameters,
                *(given[name + "0"] for name in others))
            if head:
                del results[1]  # the predictions
            return dict(zip([first, *others, *cell.arrays["output"]], results)), caches

        values, caches = forward()
        losses = {name: random.standard_normal(values[name].shape) for name in seen}
        final = {name: random.standard_normal(values[name][..., -1].shape)
                 for name in [first, *others] if name not in seen}

        def loss():
            now, _ = forward()
            return (sum(np.sum(losses[name] * now[name]) for name in seen)
                    + sum(np.sum(final[name] * now[name][..., -1]) for name in final))

        gradients = module[cell.name + "_backward"](
            *losses.values(), caches, **{f"d{name}_T": value for name, value in final.items()})
        self.assertEqual(set(gradients), {"d" + name for name in given})
        for name, array in given.items():
            gradient = gradients["d" + name]
            self.assertEqual(gradient.shape, array.shape, name)
            for index in np.ndindex(array.shape):
                kept = array[index]
                differences = []
                for step in (STEP, STEP / 2):
                    array[index] = kept + step
                    above = loss()
                    array[index] = kept - step
                    differences.append((above - loss()) / (2 * step))
                    array[index] = kept
                wide, narrow = differences
                # Of order 2: the narrow one is nearer. What both lose to rounding is some u / STEP.
                self.assertLessEqual(abs(gradient[index] - narrow), abs(wide - narrow) + 1e-9,
                                     f"d{name}{index}")

    def test_every_cell(self):
        for path in FILES:
            with self.subTest(os.path.basename(path)):
                self.judge(path)

    def test_every_activation(self):
        path = next(path for path in FILES if path.endswith("/rnn.cell"))
        for activation in ("tanh", "relu", "identity"):
            with self.subTest(activation):
                self.judge(path, "--activation", activation)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
