"""Which of the thousands of mutants are run: the same ones every time."""
import hashlib
import math

LEAST_OF_A_FILE = 8


def _rank(mutant):
    return hashlib.sha256(mutant.identity.encode()).digest()


def sample(found, count):
    """About `count` mutants, spread over the files by their numbers of mutants; from each file those
    whose identity has the smallest hash, so that a larger sample holds every smaller one."""
    total = sum(len(mutants) for _, mutants in found.values())
    chosen = []
    for _, mutants in found.values():
        share = max(LEAST_OF_A_FILE, math.ceil(count * len(mutants) / max(total, 1)))
        chosen += sorted(mutants, key=_rank)[:share]
    return chosen
