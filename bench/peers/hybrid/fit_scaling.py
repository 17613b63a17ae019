"""The rectified scaling law fitted as a statistician would in Python: variable projection on a grid, then all four parameters in log space.

Reads {"sizes": [...], "losses": [[...], ...], "passes": n} on stdin, and prints {"rmsd": [...], "seconds": .., "cpu": ..}: seconds per model of the median pass, by the clock and of
the processor.
"""

import json
import sys
import time

import numpy as np
from scipy.optimize import least_squares, nnls

HUBER = 1e-2
EXPONENTS = 0.02 * 100 ** np.linspace(0, 1, 20)
KNEES = 10
STARTS = 3


def fit(sizes, losses):
    """The best (log B, D_l, beta, E), sizes in units of the largest."""
    logs = np.log(sizes / sizes.max())
    weights = 1 / losses
    knees = (logs.min() - 2.3) * (1 - np.arange(KNEES) / (KNEES - 1))
    places = []
    for beta in EXPONENTS:
        power = np.exp(beta * logs)
        for learnt in [0.0, *np.exp(beta * knees)]:
            columns = np.column_stack([1 / (learnt + power), np.ones_like(power)]) * weights[:, None]
            (b, e), rest = nnls(columns, losses * weights)
            if b > 0:
                places.append((rest, (np.log(b), learnt, beta, e)))
    places.sort(key=lambda place: place[0])
    starts = []
    for _, start in places:
        if all(abs(np.log(start[2] / other[2])) > 0.3 for other in starts):
            starts.append(start)
        if len(starts) == STARTS:
            break

    target = np.log(losses)

    def residuals(p):
        return np.log(np.exp(p[0]) / (p[1] + np.exp(p[2] * logs)) + p[3]) - target

    def jacobian(p):
        power = np.exp(p[2] * logs)
        fall = np.exp(p[0]) / (p[1] + power)
        loss = fall + p[3]
        by = fall / ((p[1] + power) * loss)
        return np.column_stack([fall / loss, -by, -by * power * logs, 1 / loss])

    lower = [-np.inf, 0, 0.01, 0]
    upper = [np.inf, 4, 3, np.inf]
    best = None
    for start in starts:
        inside = np.clip(start, np.array(lower) + 1e-12, np.array(upper) - 1e-12)
        found = least_squares(
            residuals, inside, jac=jacobian, bounds=(lower, upper), loss="huber", f_scale=HUBER, x_scale="jac",
            ftol=1e-11, xtol=1e-11, gtol=1e-11, max_nfev=2000,
        )
        if best is None or found.cost < best.cost:
            best = found
    return best.x, float(np.sqrt(np.mean(residuals(best.x) ** 2)))


def main():
    asked = json.load(sys.stdin)
    sizes = np.array(asked["sizes"], dtype=float)
    models = [np.array(losses, dtype=float) for losses in asked["losses"]]
    rmsd = []
    seconds = []
    cpu = []
    for _ in range(asked["passes"]):
        begun, begun_cpu = time.perf_counter(), time.process_time()
        rmsd = [fit(sizes, losses)[1] for losses in models]
        seconds.append((time.perf_counter() - begun) / len(models))
        cpu.append((time.process_time() - begun_cpu) / len(models))
    middle = asked["passes"] // 2
    print(json.dumps({"rmsd": rmsd, "seconds": sorted(seconds)[middle], "cpu": sorted(cpu)[middle]}))


if __name__ == "__main__":
    main()
