"""Writes the training and the test rows of a table as two CSV files.

    prepare_tables.py SOURCE TRAIN.csv TEST.csv [--drop A,B]

SOURCE: a CSV file, packed by gzip or not, or statsmodels:NAME for one that comes with statsmodels. Rows are permuted by numpy's default_rng(0) and cut
75 / 25; cells are copied as text. Prints the columns.
"""

import argparse
import csv
import gzip
import importlib.util
import os

import numpy as np


def source_of(name):
    if not name.startswith("statsmodels:"):
        return name
    name = name.split(":")[1]
    return os.path.join(os.path.dirname(importlib.util.find_spec("statsmodels").origin), "datasets", name, name + ".csv")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("source", "train", "test"):
        parser.add_argument(name)
    parser.add_argument("--drop", default=[], type=lambda text: text.split(","))
    options = parser.parse_args()
    path = source_of(options.source)
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", newline="", encoding="utf-8-sig") as file:
        head, *rows = [row for row in csv.reader(file) if row]
    kept = [i for i, name in enumerate(head) if name not in options.drop]
    order = np.random.default_rng(0).permutation(len(rows))
    cut = int(0.75 * len(rows))
    for path, part in ((options.train, order[:cut]), (options.test, order[cut:])):
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([head[i] for i in kept])
            writer.writerows([rows[row][i] for i in kept] for row in part)
    print(",".join(head[i] for i in kept))


if __name__ == "__main__":
    main()
