"""Fits one table synthesizer on a CSV and writes as many synthetic rows.

    generate.py PEER TRAIN.csv OUT.csv --seed 0

PEER: gaussian-copula | ctgan (sdv) | mostlyai | arfpy | datasynthesizer, in an environment made of requirements-*.txt. Their own defaults, except
where the function says otherwise. The CSV is read as their users would. Prints one JSON object: CPU and wall seconds, peak megabytes.
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

import numpy as np
import pandas as pd

CTGAN_EPOCHS = 10  # of its 300, which take an hour on this machine
MOSTLYAI_MINUTES = 2


def sdv(table, options):
    from sdv import single_table
    from sdv.metadata import Metadata

    metadata = Metadata.detect_from_dataframes({"table": table})
    if options.peer == "ctgan":
        model = single_table.CTGANSynthesizer(metadata, epochs=CTGAN_EPOCHS, verbose=False)
    else:
        model = single_table.GaussianCopulaSynthesizer(metadata)
    model.fit({"table": table})
    return model.sample(num_rows=len(table))["table"]


def mostlyai(table, options):
    from mostlyai.engine import TabularARGN

    model = TabularARGN(random_state=options.seed, verbose=0, device="cpu", max_training_time=MOSTLYAI_MINUTES)
    model.fit(table)
    return model.sample(n_samples=len(table))


def arfpy(table, options):
    """Helped twice, or it would give fractions: columns of few values go in as categories, integers are rounded after."""
    from arfpy import arf

    kinds = table.dtypes
    for name in table:
        if table[name].nunique() <= 10:
            table[name] = table[name].astype(str).astype("object")
    model = arf.arf(x=table, random_state=options.seed)
    model.forde()
    out = model.forge(n=len(table))
    for name in out:
        if pd.api.types.is_integer_dtype(kinds[name]):
            out[name] = out[name].astype(float).round().astype(int)
    return out


def datasynthesizer(table, options):
    """Its Bayesian network of degree 2, without noise."""
    from DataSynthesizer.DataDescriber import DataDescriber
    from DataSynthesizer.DataGenerator import DataGenerator

    categories = {name: True for name in table if not pd.api.types.is_numeric_dtype(table[name]) or table[name].nunique() <= 10}
    with tempfile.TemporaryDirectory() as folder:
        description = os.path.join(folder, "description.json")
        describer = DataDescriber(category_threshold=10)
        describer.describe_dataset_in_correlated_attribute_mode(
            dataset_file=options.train, epsilon=0, k=2, attribute_to_is_categorical=categories, seed=options.seed
        )
        describer.save_dataset_description_to_file(description)
        generator = DataGenerator()
        generator.generate_dataset_in_correlated_attribute_mode(len(table), description, seed=options.seed)
        return generator.synthetic_dataset


PEERS = {"gaussian-copula": sdv, "ctgan": sdv, "mostlyai": mostlyai, "arfpy": arfpy, "datasynthesizer": datasynthesizer}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("train")
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    random.seed(options.seed)
    np.random.seed(options.seed)
    table = pd.read_csv(options.train, keep_default_na=False, na_values=[""])
    started = time.time()
    with contextlib.redirect_stdout(sys.stderr):
        PEERS[options.peer](table, options).to_csv(options.out, index=False)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(
        json.dumps(
            {
                "cpu": round(sum(item.ru_utime + item.ru_stime for item in used), 1),
                "wall": round(time.time() - started, 1),
                "megabytes": used[0].ru_maxrss // 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
