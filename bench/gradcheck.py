#!/usr/bin/python3
"""Times the whole catalogue on one LSTM beside PyTorch's gradcheck of the same sizes.

    bench/gradcheck.py build/release/bin/bptt-verify [--n_x 8] [--n_a 16] [--m 4] [--T_x 20]
                       [--threads 2]

Both in f64, in turn, each with as many threads as it likes of those given (all cores unless told);
medians. gradcheck compares the full Jacobian of (a, c_T) in x,
a0, c0, the weights and the biases with finite differences of second order, an entry at a time. The
catalogue is `bptt-verify check optimized --problem ..`: every property that says something of that
problem, in f64. The time of each process is what it says of itself, without its start.

Exit status: 0 measured, 1 something is broken, 2 it could not run.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time


def time_of_gradcheck(sizes, threads):
    """Seconds of one full gradcheck."""
    import torch
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    n_x, n_a, m, T_x = sizes
    lstm = torch.nn.LSTM(n_x, n_a).double()
    names = [name for name, _ in lstm.named_parameters()]
    of_input = [torch.randn(shape, dtype=torch.float64, requires_grad=True)
                for shape in ((T_x, m, n_x), (1, m, n_a), (1, m, n_a))]
    parameters = [p.detach().clone().requires_grad_() for p in lstm.parameters()]

    def forward(x, a0, c0, *weights):
        a, (_, c_T) = torch.nn.utils.stateless.functional_call(
            lstm, dict(zip(names, weights)), (x, (a0, c0)))
        return a, c_T

    start = time.perf_counter()
    if not torch.autograd.gradcheck(forward, (*of_input, *parameters)):
        raise RuntimeError('gradcheck refuses its own LSTM')
    return time.perf_counter() - start


def time_of_catalogue(program, sizes, threads):
    """Seconds of one check, how many rows it has, and whether something is broken."""
    n_x, n_a, m, T_x = sizes
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, 'report.json')
        ended = subprocess.run(
            [program, 'check', 'optimized', '--scalar', 'f64', '--jobs', str(threads), '--json', report,
             '--problem', f'lstm n_x={n_x} n_a={n_a} m={m} T_x={T_x}'],
            stdout=subprocess.DEVNULL, check=False)
        if ended.returncode not in (0, 1):
            raise RuntimeError(f'{program} ended with status {ended.returncode}')
        with open(report, encoding='utf-8') as file:
            document = json.load(file)
    checked = document['reports'][0]
    return checked['seconds'], len(checked['rows']), ended.returncode == 1


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('--n_x', type=int, default=8)
    parser.add_argument('--n_a', type=int, default=16)
    parser.add_argument('--m', type=int, default=4)
    parser.add_argument('--T_x', type=int, default=20)
    parser.add_argument('--threads', type=int, default=os.cpu_count())
    parser.add_argument('--repetitions', type=int, default=3)
    arguments = parser.parse_args()
    sizes = (arguments.n_x, arguments.n_a, arguments.m, arguments.T_x)
    if min(*sizes, arguments.threads, arguments.repetitions) < 1:
        parser.error('sizes, threads and repetitions are 1 or more')
    try:
        import torch
    except ImportError:
        print('gradcheck.py: there is no PyTorch for Python (Debian: python3-torch)',
              file=sys.stderr)
        return 2
    theirs, ours = [], []
    broken = False
    for repetition in range(arguments.repetitions):
        try:
            ours.append(time_of_catalogue(arguments.program, sizes, arguments.threads))
        except (OSError, RuntimeError) as error:
            print(f'gradcheck.py: {error}', file=sys.stderr)
            return 2
        broken = broken or ours[-1][2]
        theirs.append(time_of_gradcheck(sizes, arguments.threads))
        print(f'{repetition + 1} of {arguments.repetitions}: catalogue {ours[-1][0]:.3f} s, '
              f'gradcheck {theirs[-1]:.2f} s', file=sys.stderr)
    catalogue = statistics.median(seconds for seconds, _, _ in ours)
    gradcheck = statistics.median(theirs)
    print(f'LSTM {sizes}, f64, threads: {arguments.threads}, PyTorch {torch.__version__}: '
          f'{ours[0][1]} rows of the catalogue in '
          f'{catalogue:.3f} s, one gradcheck in {gradcheck:.2f} s: '
          f'{gradcheck / catalogue:.1f} times as long')
    return 1 if broken else 0


if __name__ == '__main__':
    sys.exit(main())
