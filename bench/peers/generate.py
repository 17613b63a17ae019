"""Fits one table synthesizer on a CSV and writes as many synthetic rows.

    generate.py PEER TRAIN.csv OUT.csv --seed 0 [--epochs 10]

PEER: gaussian-copula | ctgan | tvae (sdv) | mostlyai | arfpy | datasynthesizer | dpmm, in an environment made of requirements-*.txt. Their own defaults,
except where the function says otherwise. The CSV is read as their users would. Prints one JSON object: CPU seconds of the process, and of them those of
fitting and of sampling (imports and reading apart), wall seconds, peak megabytes.
"""

import os

for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[name + "_NUM_THREADS"] = "1"
os.environ.update(LOKY_MAX_CPU_COUNT="1", CUDA_VISIBLE_DEVICES="")

import argparse
import contextlib
import json
import random
import resource
import sys
import tempfile
import time
import types

import numpy as np
import pandas as pd

EPOCHS = 10  # of 300, which take an hour on this machine
MOSTLYAI_MINUTES = 2


def sdv(table, options):
    from sdv import single_table
    from sdv.metadata import Metadata

    options.begin()
    metadata = Metadata.detect_from_dataframes({"table": table})
    if options.peer == "gaussian-copula":
        model = single_table.GaussianCopulaSynthesizer(metadata)
    else:
        networks = {"ctgan": single_table.CTGANSynthesizer, "tvae": single_table.TVAESynthesizer}
        model = networks[options.peer](metadata, epochs=options.epochs, verbose=False)
    model.fit({"table": table})
    return lambda: model.sample(num_rows=len(table))["table"]


def mostlyai(table, options):
    """Its clock counts processor time, so that the cap buys as much training on a busy machine."""
    from mostlyai.engine import TabularARGN
    from mostlyai.engine._tabular import training

    training.time = types.SimpleNamespace(time=time.process_time)
    options.begin()
    model = TabularARGN(random_state=options.seed, verbose=0, device="cpu", max_training_time=MOSTLYAI_MINUTES)
    model.fit(table)
    return lambda: model.sample(n_samples=len(table))


def arfpy(table, options):
    """Helped twice, or it would give fractions: columns of few values go in as categories, integers are rounded after."""
    from arfpy import arf

    options.begin()
    kinds = table.dtypes
    for name in table:
        if table[name].nunique() <= 10:
            table[name] = table[name].astype(str).astype("object")
    model = arf.arf(x=table, random_state=options.seed)
    model.forde()

    def draw():
        out = model.forge(n=len(table))
        for name in out:
            if pd.api.types.is_integer_dtype(kinds[name]):
                out[name] = out[name].astype(float).round().astype(int)
        return out

    return draw


def datasynthesizer(table, options):
    """Its Bayesian network of degree 2, without noise."""
    from DataSynthesizer.DataDescriber import DataDescriber
    from DataSynthesizer.DataGenerator import DataGenerator

    options.begin()
    categories = {name: True for name in table if not pd.api.types.is_numeric_dtype(table[name]) or table[name].nunique() <= 10}
    folder = tempfile.TemporaryDirectory()
    description = os.path.join(folder.name, "description.json")
    describer = DataDescriber(category_threshold=10)
    describer.describe_dataset_in_correlated_attribute_mode(
        dataset_file=options.train, epsilon=0, k=2, attribute_to_is_categorical=categories, seed=options.seed
    )
    describer.save_dataset_description_to_file(description)

    def draw():
        with folder:
            generator = DataGenerator()
            generator.generate_dataset_in_correlated_attribute_mode(len(table), description, seed=options.seed)
            return generator.synthetic_dataset

    return draw


def dpmm(table, options):
    """MST with differential privacy at epsilon 1, delta 1e-5; categories and ranges as in the rows, which spends nothing and so favours it."""
    from dpmm.pipelines import MSTPipeline

    options.begin()
    domain = {}
    for name in table:
        if pd.api.types.is_numeric_dtype(table[name]) and table[name].nunique() > 10:
            domain[name] = {"lower": table[name].min(), "upper": table[name].max()}
        else:
            table[name] = table[name].astype("category")
            domain[name] = {"categories": list(table[name].cat.categories)}
    model = MSTPipeline(epsilon=1)
    model.fit(table, domain=domain, random_state=options.seed)
    return lambda: model.generate(n_records=len(table), random_state=options.seed)


PEERS = {"gaussian-copula": sdv, "ctgan": sdv, "tvae": sdv, "mostlyai": mostlyai, "arfpy": arfpy, "datasynthesizer": datasynthesizer, "dpmm": dpmm}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("train")
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    options = parser.parse_args()
    table = pd.read_csv(options.train, keep_default_na=False, na_values=[""])
    started, marks = time.time(), []

    def begin():
        seed_everything(options.seed)  # after the imports, some of which seed themselves
        marks.append(cpu_seconds())

    options.begin = begin
    with contextlib.redirect_stdout(sys.stderr):
        draw = PEERS[options.peer](table, options)
        marks.append(cpu_seconds())
        made = draw()
        marks.append(cpu_seconds())
    made.to_csv(options.out, index=False)
    print(
        json.dumps(
            {
                "cpu": round(cpu_seconds(), 1),
                "fit": round(marks[1] - marks[0], 2),
                "sample": round(marks[2] - marks[1], 2),
                "wall": round(time.time() - started, 1),
                "megabytes": max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024,
            }
        )
    )


def seed_everything(seed):
    random.seed(seed)
    np.random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
        sys.modules["torch"].set_num_threads(1)


def cpu_seconds():
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


if __name__ == "__main__":
    main()
