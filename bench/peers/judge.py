"""What one evaluator of synthetic tables says of a table, and what saying it costs.

    judge.py PEER TRAIN.csv SYNTHETIC.csv HOLDOUT.csv TARGET [--distance-rows 400] [--most-rows 2000]

PEER: sdmetrics | anonymeter | syntheval | mostlyai-qa, in an environment made of requirements-PEER.txt. Prints one JSON object:
version, scores, errors, cost (CPU seconds, wall seconds per part), and CPU seconds and peak megabytes of the whole process. One thread, seeded; a
part that fails is told, not hidden. An empty cell is missing; a column is a number when the training rows say so and it has more than two values.
--distance-rows: synthetic rows that SDMetrics compares with all real ones; --most-rows: of each table, for SynthEval.
"""

import os

for name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
    os.environ[name + "_NUM_THREADS"] = "1"
os.environ.update(POLARS_MAX_THREADS="1", LOKY_MAX_CPU_COUNT="1")

import argparse
import contextlib
import io
import json
import random
import resource
import sys
import tempfile
import time
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd


class Answers:
    def __init__(self):
        self.scores, self.errors, self.cost = {}, {}, {}

    @contextlib.contextmanager
    def part(self, name):
        random.seed(0)
        np.random.seed(0)
        cpu, wall = cpu_seconds(), time.time()
        try:
            yield
        except Exception as error:
            self.errors[name] = f"{type(error).__name__}: {error}"[:300]
        self.cost[name] = {"cpu": round(cpu_seconds() - cpu, 2), "wall": round(time.time() - wall, 2)}

    def put(self, name, value):
        self.scores[name] = round(float(value), 4) if isinstance(value, (int, float, np.number)) else value


def cpu_seconds():
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def sdmetrics(tables, numbers, options, out):
    from sdmetrics.reports import DiagnosticReport, QualityReport
    from sdmetrics.single_table import DCRBaselineProtection, DCROverfittingProtection, NewRowSynthesis

    train, synthetic, holdout = tables
    columns = {"columns": {c: {"sdtype": "numerical" if c in numbers else "categorical"} for c in train}}
    metadata = {"tables": {"table": columns}}
    for name, report in (("quality", QualityReport()), ("diagnostic", DiagnosticReport())):
        with out.part(name):
            report.generate({"table": train}, {"table": synthetic}, metadata, verbose=False)
            out.put(name, report.get_score())
    sample = synthetic.sample(min(options.distance_rows, len(synthetic)), random_state=0)
    with out.part("new rows"):
        out.put("new row synthesis", NewRowSynthesis.compute(train, sample, columns))
    with out.part("DCR overfitting"):
        out.put("DCR overfitting protection", DCROverfittingProtection.compute(train, sample, holdout, metadata, "table"))
    with out.part("DCR baseline"):
        out.put("DCR baseline protection", DCRBaselineProtection.compute(train, sample, metadata, "table"))


def anonymeter(tables, numbers, options, out):
    from anonymeter.evaluators import InferenceEvaluator, LinkabilityEvaluator, SinglingOutEvaluator

    train, synthetic, holdout = tables
    names = list(train)

    def risk(name, evaluator, **keywords):
        evaluator.evaluate(**keywords)
        answer = evaluator.risk()
        out.put(name, answer.value)
        out.put(name + " low", answer.ci[0])

    for mode in ("univariate", "multivariate"):
        with out.part(mode):
            risk(mode, SinglingOutEvaluator(ori=train, syn=synthetic, control=holdout, n_attacks=500, n_cols=3, seed=0), mode=mode)
    with out.part("linkability"):
        risk(
            "linkability",
            LinkabilityEvaluator(
                ori=train, syn=synthetic, control=holdout, n_attacks=500, n_neighbors=10, aux_cols=(names[::2], names[1::2])
            ),
            n_jobs=1,
        )
    with out.part("inference"):
        known = [name for name in names if name != options.target]
        risk(
            "inference",
            InferenceEvaluator(
                ori=train,
                syn=synthetic,
                control=holdout,
                n_attacks=500,
                secret=options.target,
                aux_cols=known,
                regression=options.target in numbers,
            ),
            n_jobs=1,
        )


def syntheval(tables, numbers, options, out):
    from syntheval import SynthEval

    # Its distances are square matrices of all rows, so it gets some rows of each table, at the same places.
    some = [table.sample(min(options.most_rows, len(table)), random_state=0) for table in tables]
    train, synthetic, holdout = (table.reset_index(drop=True) for table in some)
    categories = [name for name in train if name not in numbers]
    with out.part("full_eval"):
        log = io.StringIO()
        with contextlib.redirect_stdout(log):
            judge = SynthEval(
                train, holdout_dataframe=holdout, cat_cols=categories, verbose=False, enable_plots=False, console="ascii", missing_directive="drop"
            )
            result = judge.evaluate(
                synthetic, analysis_target=options.target if options.target in categories else None, presets_file="full_eval"
            )
        for row in result.to_dict("records"):
            out.put(row["metric"], row["val"])
        for dimension, rows in result.groupby("dim"):
            out.put(f"mean {dimension}", rows["n_val"].astype(float).mean())


def mostlyai_qa(tables, numbers, options, out):
    from mostlyai import qa

    train, synthetic, holdout = tables
    with out.part("report"), tempfile.TemporaryDirectory() as folder:
        _, metrics = qa.report(
            syn_tgt_data=synthetic, trn_tgt_data=train, hol_tgt_data=holdout, report_path=os.path.join(folder, "report.html")
        )
        found = metrics.model_dump()
        out.put("accuracy", found["accuracy"]["overall"])
        out.put("accuracy max", found["accuracy"]["overall_max"])
        out.put("discriminator AUC", found["similarity"]["discriminator_auc_training_synthetic"])
        out.put("DCR share", found["distances"]["dcr_share"])
        out.put("identical to training", found["distances"]["ims_training"])
        out.put("identical to holdout", found["distances"]["ims_holdout"])


PEERS = {"sdmetrics": sdmetrics, "anonymeter": anonymeter, "syntheval": syntheval, "mostlyai-qa": mostlyai_qa}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=PEERS)
    for name in ("train", "synthetic", "holdout"):
        parser.add_argument(name)
    parser.add_argument("target")
    parser.add_argument("--distance-rows", type=int, default=400)
    parser.add_argument("--most-rows", type=int, default=2000)
    options = parser.parse_args()
    tables = [pd.read_csv(path, keep_default_na=False, na_values=[""]) for path in (options.train, options.synthetic, options.holdout)]
    train = tables[0]
    numbers = [name for name in train if pd.api.types.is_numeric_dtype(train[name]) and train[name].nunique() > 2]
    for table in tables:
        for name in table:
            if name not in numbers:
                table[name] = table[name].map(str, na_action="ignore").astype(object)
    out = Answers()
    with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        PEERS[options.peer](tables, numbers, options, out)
    print(
        json.dumps(
            {
                "version": version(options.peer),
                "scores": out.scores,
                "errors": out.errors,
                "cost": out.cost,
                "cpu": round(cpu_seconds(), 2),
                "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            },
            default=str,
        )
    )


if __name__ == "__main__":
    main()
