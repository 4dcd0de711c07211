"""Inputs and expected results of loops.test: `make DIR`, `check DIR NAME...`."""
import math
import sys

import numpy as np


def expect(x, d, i):
    e = np.vectorize(math.erf)(x)
    with np.errstate(divide='ignore', invalid='ignore'):
        q = e / d
    s = q.sum(axis=1, keepdims=True)
    picked = x.cumsum(axis=2)[:, i, :]
    large = picked > q
    chosen = np.where(large, picked, q)
    n = np.sin(np.tanh(chosen)) * large + q
    return np.concatenate([n, s], axis=1)


def main():
    folder = sys.argv[2]
    if sys.argv[1] == 'make':
        random = np.random.default_rng(7)
        np.save(f'{folder}/x.npy', random.standard_normal((5, 3, 4)).astype(np.float32) * 2)
        np.save(f'{folder}/d.npy', np.tile(np.float32([0.5, -3, 1e-3, 7]), 5))
        np.save(f'{folder}/i.npy', np.tile(np.int64([2, -3, 1]), 5))
        return
    x, d, i = (np.load(f'{folder}/{name}.npy') for name in ('x', 'd', 'i'))
    wanted = np.concatenate([expect(x[k:k + 1].astype(float), d[4 * k:4 * k + 4], i[3 * k:3 * k + 3]) for k in range(5)])
    first = np.load(f'{folder}/{sys.argv[3]}.npy')
    assert first.shape == wanted.shape, (first.shape, wanted.shape)
    assert np.allclose(first, wanted, rtol=1e-5, atol=1e-6), np.abs(first - wanted).max()
    for name in sys.argv[4:]:
        other = np.load(f'{folder}/{name}.npy')
        assert (first.view(np.uint32) == other.view(np.uint32)).all(), name


main()
