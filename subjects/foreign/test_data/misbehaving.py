"""A right RNN (examples/foreign/course.py) that misbehaves in its backward where n_x says so, and in
no other case. For foreign_test.cpp, which puts it beside course.py."""
import os
import sys
import time

import numpy as np

import course
from course import rnn_forward


def rnn_backward(da, caches):
    gradients = course.rnn_backward(da, caches)
    n_x = gradients["dx"].shape[0]
    return WAYS.get(n_x, lambda da, caches, g: g)(da, caches, gradients)


def loops(da, caches, g):
    while True:
        pass


def sleeps(da, caches, g):
    time.sleep(1000)


def raises(da, caches, g):
    dba = g["dba"]
    dba += np.ones((dba.shape[0], 5))
    return g


def prints_megabytes(da, caches, g):
    for k in range(300000):
        print("line", k, "of very many")
    raise RuntimeError("after printing")


def exits(da, caches, g):
    sys.exit(3)


def exits_at_once(da, caches, g):
    print("the last line")
    os._exit(4)


def wrong_shape(da, caches, g):
    return {**g, "dba": g["dba"] + np.zeros((1, g["dba"].shape[0]))}


def wrong_dtype(da, caches, g):
    return {**g, "dba": g["dba"].astype(np.float32)}


def no_array(da, caches, g):
    return {**g, "dba": list(g["dba"])}


def missing(da, caches, g):
    return {key: value for key, value in g.items() if key != "dba"}


def not_finite(da, caches, g):
    g["dba"][0] = np.nan
    return g


def allocates(da, caches, g):
    blocks = []
    while True:
        blocks.append(np.ones(1 << 20))


def changes_da(da, caches, g):
    da += 1
    return g


def changes_a_parameter(da, caches, g):
    caches[0][0][3]["Wax"] += 1
    return g


def killed(da, caches, g):
    os.kill(os.getpid(), 9)


WAYS = {2: loops, 3: sleeps, 4: raises, 5: prints_megabytes, 6: exits, 7: exits_at_once,
        8: wrong_shape, 9: wrong_dtype, 10: no_array, 11: missing, 12: not_finite, 13: allocates,
        14: changes_da, 15: changes_a_parameter, 16: killed}
