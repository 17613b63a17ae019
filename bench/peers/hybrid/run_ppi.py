"""Times ppi_py on arrays that a benchmark wrote; prints one JSON line.

Usage: run_ppi.py FOLDER REPEATS. FOLDER holds raw little-endian doubles and shape.json with n, N and p.
"""

import json
import sys
import time

import numpy as np
from ppi_py import ppi_logistic_ci, ppi_mean_ci, ppi_ols_ci

folder, repeats = sys.argv[1], int(sys.argv[2])
with open(f"{folder}/shape.json") as file:
    shape = json.load(file)
n, N, p = shape["n"], shape["N"], shape["p"]


def read(name):
    return np.fromfile(f"{folder}/{name}.f64", dtype="<f8")


X, Xu = read("X").reshape(n, p), read("Xu").reshape(N, p)


def outcomes(kind):
    return read(f"y-{kind}"), read(f"yhat-{kind}"), read(f"yhatu-{kind}")


def mean():
    y, yhat, yhatu = outcomes("ols")
    return lambda: ppi_mean_ci(y, yhat, yhatu, alpha=0.1)


def ols():
    y, yhat, yhatu = outcomes("ols")
    return lambda: ppi_ols_ci(X, y, yhat, Xu, yhatu, alpha=0.1)


def logistic():
    y, yhat, yhatu = outcomes("logistic")
    return lambda: ppi_logistic_ci(X, y, yhat, Xu, yhatu, alpha=0.1)


out = {}
for name, prepare in [("mean", mean), ("ols", ols), ("logistic", logistic)]:
    call = prepare()
    found = call()  # numba compiles at the first call
    best = float("inf")
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - started)
    out[name] = {
        "seconds": best,
        "low": np.ravel(found[0]).tolist(),
        "high": np.ravel(found[1]).tolist(),
    }
print(json.dumps(out))
