"""Fits one private table synthesizer on a table of codes and writes synthetic rows.

    generate_private.py PEER TRAIN.csv OUT.csv --domain DOMAIN.json --epsilon 1 --delta 1e-9 --seed 0 [--megabytes 10] [--steps 100] [--scripts private-pgm]

PEER: pgm-aim | pgm-mst (private-pgm) | dpmm-aim | dpmm-mst | smartnoise-aim | smartnoise-mst, in an environment made of requirements-*.txt. Every cell is a
whole number from 0; DOMAIN maps each column to how many there are, and is public, so that no peer spends anything on finding it. --megabytes bounds the model
of private-pgm's AIM, --steps every estimate of private-pgm, whose scripts are read from the folder bench/peers/SCRIPTS; the others run by their own defaults. All
randomness is seeded. Prints one JSON object: CPU seconds of fitting and of sampling (imports, reading and writing apart), seconds of the clock, peak megabytes.
"""

import os

for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[name + "_NUM_THREADS"] = "1"
os.environ.update(CUDA_VISIBLE_DEVICES="", JAX_PLATFORMS="cpu", XLA_FLAGS="--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import argparse
import contextlib
import itertools
import json
import random
import resource
import sys
import time
import types
import warnings

import numpy as np
import pandas as pd
import scipy.sparse

MOST_CELLS = 10_000  # of a workload's query, as in private-pgm's scripts


def pgm(codes, sizes, options):
    """The repository's scripts as they are, but for the steps of every estimate, which MST fixes, and two imports that nothing here
    needs: hdmm, of which only an identity matrix is used, and autodp's calibration, which is not used at all."""
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), options.scripts)
    if not os.path.exists(os.path.join(folder, "mechanisms", "aim.py")):
        sys.exit(f"no private-pgm in {folder}: see docs/benchmarks.md")
    sys.path[:0] = [folder, os.path.join(folder, "src"), os.path.join(folder, "mechanisms")]
    for name, member, value in (("hdmm", "matrix", types.SimpleNamespace(Identity=scipy.sparse.eye)), ("autodp", "privacy_calibrator", None)):
        module = types.ModuleType(name)
        setattr(module, member, value)
        sys.modules.update({name: module, f"{name}.{member}": value})
    import aim
    import mbi
    import mst

    if hasattr(mbi, "FactoredInference"):
        mst.FactoredInference = lambda domain, iters: mbi.FactoredInference(domain, iters=min(iters, options.steps))
    else:
        estimate = mbi.estimation.mirror_descent
        quiet = {"callback_fn": lambda *_: None}
        mbi.estimation.mirror_descent = lambda *given, iters, **more: estimate(*given, iters=min(iters, options.steps), **{**quiet, **more})
    options.begin()
    data = mbi.Dataset(codes, mbi.Domain(list(sizes), list(sizes.values())))
    if options.peer == "pgm-mst":
        made = mst.MST(data, options.epsilon, options.delta)
    else:
        workload = [(pair, 1.0) for pair in itertools.combinations(sizes, 2) if data.domain.size(pair) <= MOST_CELLS]
        mechanism = aim.AIM(options.epsilon, options.delta, max_model_size=options.megabytes, max_iters=options.steps)
        made = mechanism.run(data, workload)[1]
    return lambda: made.df  # drawn already, as many rows as the noisy totals say


def dpmm(codes, sizes, options):
    from dpmm.pipelines import AIMPipeline, MSTPipeline

    options.begin()
    domain = {name: {"categories": list(range(size))} for name, size in sizes.items()}
    table = pd.DataFrame({name: pd.Categorical(codes[name], range(size)) for name, size in sizes.items()})
    pipeline = {"dpmm-aim": AIMPipeline, "dpmm-mst": MSTPipeline}[options.peer]
    model = pipeline(epsilon=options.epsilon, delta=options.delta)
    model.fit(table, domain=domain, random_state=options.seed)
    return lambda: model.generate(n_records=len(table), random_state=options.seed)


def smartnoise(codes, sizes, options):
    from snsynth import Synthesizer
    from snsynth.transform import LabelTransformer, TableTransformer

    options.begin()
    # Every label of the domain is shown to its transformer first, so that the codes are the domain's and nothing is learned from the rows.
    transformer = TableTransformer([LabelTransformer(nullable=False) for _ in sizes])
    longest = max(sizes.values())
    transformer.fit(pd.DataFrame({name: np.arange(longest) % size for name, size in sizes.items()}))
    model = Synthesizer.create(options.peer.split("-")[1], epsilon=options.epsilon, delta=options.delta)
    model.fit(codes, transformer=transformer, categorical_columns=list(sizes), preprocessor_eps=0.0)
    return lambda: model.sample(len(codes))


PEERS = {f"{tool}-{kind}": make for tool, make in (("pgm", pgm), ("dpmm", dpmm), ("smartnoise", smartnoise)) for kind in ("aim", "mst")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("train")
    parser.add_argument("out")
    parser.add_argument("--domain", required=True)
    parser.add_argument("--epsilon", type=float, required=True)
    parser.add_argument("--delta", type=float, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--megabytes", type=float, default=10)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--scripts", default="private-pgm")
    options = parser.parse_args()
    with open(options.domain, encoding="utf-8") as file:
        sizes = json.load(file)
    codes = pd.read_csv(options.train)[list(sizes)]
    marks = []

    def begin():
        random.seed(options.seed)  # after the imports, some of which seed themselves
        np.random.seed(options.seed)
        marks.append((cpu_seconds(), time.time()))

    options.begin = begin
    with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        draw = PEERS[options.peer](codes, sizes, options)
        marks.append((cpu_seconds(), time.time()))
        made = draw()
        marks.append((cpu_seconds(), time.time()))
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    made[list(sizes)].to_csv(options.out, index=False)
    (start, begun), (fitted, _), (drawn, done) = marks
    print(json.dumps({"fit": round(fitted - start, 2), "sample": round(drawn - fitted, 2), "megabytes": megabytes, "wall": round(done - begun, 1)}))


def cpu_seconds():
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


if __name__ == "__main__":
    main()
