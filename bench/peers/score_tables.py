"""Scores a synthetic table against the rows it was made from (TRAIN) and rows that nobody trained on (TEST).

    score_tables.py TRAIN.csv TEST.csv [SYNTHETIC.csv] --target COLUMN [--above X] [--leave-out A,B] [--seed 0] [--literature | --models]

Knows nothing of synthesizers. In an environment made of requirements-score.txt; one thread, seeded; prints one JSON object. Without
SYNTHETIC the ceiling: TEST is cut into two random halves, one stands for the synthetic table and the other for TEST. TRAIN alone decides what
a column is: numeric, when every cell that is not missing is a number and more than 10 are distinct; otherwise categorical. An empty cell, NaN, NA,
None and null are missing; "?" is a category like any other.

shapes    mean over columns: 1 - Kolmogorov-Smirnov distance (numeric; missing sorted before every number) or 1 - total variation (missing is a category).
trends    mean over all pairs: 1 - |r - r'| / 2 (Pearson's correlation over complete rows) where both are numeric, otherwise 1 - total variation of the
          two-way table, numeric columns cut into 10 bins of equal width over TRAIN (the outer ones open, missing one more).
c2st      both sides cut to equal size, 5-fold stratified cross-validation: 2 (1 - max(1/2, mean AUC)); 1 = cannot be told apart. LightGBM: 100 trees of
          31 leaves, rate .1. Logistic regression: standardised, medians and a flag for missing, one-hot.
tstr      the same LightGBM fitted to SYNTHETIC, scored on TEST: AUC, and F1 of the rarer class at 1/2. trtr: fitted to TRAIN.
copies    share of synthetic rows equal to one of min(|TRAIN|, |TEST|) rows of TRAIN, and of as many of TEST. p: one-sided, labels of the pooled
          reference rows reshuffled 1,999 times.
nearer    2,000 synthetic rows: Gower's distance (range of TRAIN) to the nearest of as many rows of TRAIN as of TEST; share of rows nearer to TRAIN,
          ties split. p: as above.
rare      share of the categories that hold at most 1 % of TRAIN (missing apart) that occur in SYNTHETIC at all.

--models prints tstr and trtr alone.

--literature prints instead what TabSyn and TabPC publish (github.com/amazon-science/tabsyn, github.com/april-tools/tabpc): the real side is TRAIN as it is,
SDMetrics' quality report over all pairs, SDMetrics' detection by XGBoost and by logistic regression (three folds, 1 - mean of 2 max(1/2, AUC) - 1), and the
AUC on TEST of XGBoost fitted to eight ninths of SYNTHETIC, chosen among 36 settings on the other ninth. "?" is missing there.
"""

import os

for name in ("OMP", "OPENBLAS", "MKL"):
    os.environ[name + "_NUM_THREADS"] = "1"

import argparse
import contextlib
import csv
import json
import resource
import sys
import warnings

import lightgbm
import numpy as np
import pandas as pd
from scipy.stats import ks_2samp
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold

MISSING = {"", "NaN", "nan", "None", "NA", "<NA>", "null", "NaT"}
INVENTED = "\0"  # a label that no real row holds
DISTINCT, BINS, RARE, NEAREST, SHUFFLES, FOLDS = 10, 10, 0.01, 2000, 1999, 5
BOOSTING = dict(n_estimators=100, num_leaves=31, learning_rate=0.1, n_jobs=1, deterministic=True, force_row_wise=True, verbose=-1)


def read(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.reader(file) if row]
    return pd.DataFrame(rows[1:], columns=rows[0], dtype=str)


def numbers_of(cells):
    """The numbers, with NaN where there is none, and how many cells hold neither a number nor a code for missing."""
    missing = cells.isin(MISSING)
    values = pd.to_numeric(cells.where(~missing), errors="coerce").astype(float).replace([np.inf, -np.inf], np.nan)
    return values, int((values.isna() & ~missing).sum())


class Columns:
    """What the columns of TRAIN are: numeric or not, and one coding of the categories for all tables (0 = missing)."""

    def __init__(self, train):
        self.numeric, self.codes, self.written_as_numbers = {}, {}, {}
        for name in train:
            values, bad = numbers_of(train[name])
            self.written_as_numbers[name] = bad == 0 and bool(values.notna().any())
            self.numeric[name] = self.written_as_numbers[name] and values.nunique() > DISTINCT
            if not self.numeric[name]:
                self.codes[name] = {"": 0}

    def labels(self, name, cells):
        """Labels, where "1" and "1.0" are the same if TRAIN holds numbers."""
        labels = cells.where(~cells.isin(MISSING), "").to_numpy(dtype=object)
        if not self.written_as_numbers[name]:
            return labels
        values = pd.to_numeric(pd.Series(labels), errors="coerce")
        return np.array([label if np.isnan(value) else "%.10g" % value for label, value in zip(labels, values)], dtype=object)

    def encode(self, table, made=False):
        """Cells as numbers or codes. Labels of a synthetic table that no real one holds share one code: there may be thousands."""
        cells = {}
        for name, numeric in self.numeric.items():
            if numeric:
                cells[name] = numbers_of(table[name])[0].to_numpy()
                continue
            labels, codes = self.labels(name, table[name]), self.codes[name]
            for label in pd.unique(labels):
                if not made or label in codes:
                    codes.setdefault(label, len(codes))
                else:
                    codes.setdefault(INVENTED, len(codes))
            cells[name] = np.array([codes.get(label, codes.get(INVENTED)) for label in labels], dtype=np.int64)
        return cells


def rows_of(cells):
    return len(next(iter(cells.values())))


def take(cells, rows):
    return {name: values[rows] for name, values in cells.items()}


def variation(one, other, size):
    return 0.5 * np.abs(np.bincount(one, minlength=size) / len(one) - np.bincount(other, minlength=size) / len(other)).sum()


def shapes(real, synthetic, columns):
    def distance(name):
        if not columns.numeric[name]:
            return variation(real[name], synthetic[name], len(columns.codes[name]))
        return ks_2samp(*(np.nan_to_num(side[name], nan=-1e300) for side in (real, synthetic)), method="asymp").statistic

    return float(np.mean([1 - distance(name) for name in columns.numeric]))


def trends(real, synthetic, train, columns):
    def binned(cells, name):
        if not columns.numeric[name]:
            return cells[name], len(columns.codes[name])
        known = train[name][~np.isnan(train[name])]
        edges = np.histogram_bin_edges(known, BINS)[1:-1]
        return np.where(np.isnan(cells[name]), 0, 1 + np.digitize(cells[name], edges)), BINS + 1

    def correlation(cells, one, other):
        known = ~(np.isnan(cells[one]) | np.isnan(cells[other]))
        x, y = cells[one][known], cells[other][known]
        return np.corrcoef(x, y)[0, 1] if len(x) > 2 and x.std() > 0 and y.std() > 0 else np.nan

    bins = {name: (binned(real, name), binned(synthetic, name)) for name in columns.numeric}
    names, out = list(columns.numeric), []
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            if columns.numeric[one] and columns.numeric[other]:
                wanted, got = correlation(real, one, other), correlation(synthetic, one, other)
                if not np.isnan(wanted):
                    out.append(0.0 if np.isnan(got) else 1 - abs(wanted - got) / 2)
                continue
            (((a, rows), (c, _)), ((b, size), (d, _))) = bins[one], bins[other]
            out.append(1 - variation(a * size + b, c * size + d, rows * size))
    return float(np.mean(out))


def matrix(cells, columns, without=()):
    """Columns for LightGBM: categories as its own categorical type."""
    return pd.DataFrame(
        {
            str(i): cells[name] if columns.numeric[name] else pd.Categorical.from_codes(cells[name], range(len(columns.codes[name])))
            for i, name in enumerate(columns.numeric)
            if name not in without
        }
    )


def indicators(cells, columns):
    """Columns for logistic regression: medians and flags for missing numbers, one column for each category, standardised."""
    parts = []
    for name, numeric in columns.numeric.items():
        values = cells[name]
        if not numeric:
            parts.append(np.eye(len(columns.codes[name]), dtype=np.float32)[values])
            continue
        missing = np.isnan(values)
        parts.append(np.where(missing, 0 if missing.all() else np.nanmedian(values), values)[:, None])
        if missing.any():
            parts.append(missing[:, None].astype(float))
    out = np.hstack(parts)
    spread = out.std(0)
    return (out - out.mean(0)) / np.where(spread > 0, spread, 1)


def told_apart(real, synthetic, columns, seed):
    rows, random = min(rows_of(real), rows_of(synthetic)), np.random.default_rng([seed, 0])
    sides = [take(side, np.sort(random.permutation(rows_of(side))[:rows])) for side in (real, synthetic)]
    both = {name: np.concatenate([side[name] for side in sides]) for name in columns.numeric}
    label = np.repeat([0, 1], rows)
    trees, lines = matrix(both, columns), indicators(both, columns)

    def boosted(fit, score):
        return lightgbm.LGBMClassifier(random_state=seed, **BOOSTING).fit(trees.iloc[fit], label[fit]).predict_proba(trees.iloc[score])[:, 1]

    def logistic(fit, score):
        return LogisticRegression(max_iter=300).fit(lines[fit], label[fit]).decision_function(lines[score])

    out = {}
    folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(label, label))
    for name, model in (("boosted", boosted), ("logistic", logistic)):
        auc = float(np.mean([roc_auc_score(label[score], model(fit, score)) for fit, score in folds]))
        out[name] = {"auc": auc, "score": 2 * (1 - max(0.5, auc))}
    return out


def trained(fit, test, columns, options, rare):
    """AUC on real rows of a model fitted to others, and F1 of the class `rare` against all else."""
    without = (options.target, *options.leave_out)
    known, label = target_of(fit, columns, options)
    label = label == rare
    asked, truth = target_of(test, columns, options)
    if len(np.unique(label)) < 2:
        return {"auc": 0.5, "f1": 0.0}
    model = lightgbm.LGBMClassifier(random_state=options.seed, **BOOSTING).fit(matrix(take(fit, known), columns, without), label)
    chance = model.predict_proba(matrix(take(test, asked), columns, without))[:, 1]
    return {"auc": float(roc_auc_score(truth == rare, chance)), "f1": float(f1_score(truth == rare, chance > 0.5, zero_division=0))}


def target_of(cells, columns, options):
    """The rows whose target is known, and its two values in them."""
    values = cells[options.target]
    if options.above is None:
        known = np.flatnonzero(values > 0)
        return known, values[known]
    if not columns.numeric[options.target]:
        label = {code: text != INVENTED and float(text) > options.above for text, code in columns.codes[options.target].items() if code > 0}
        known = np.flatnonzero(values > 0)
        return known, np.array([int(label[code]) for code in values[known]])
    known = np.flatnonzero(~np.isnan(values))
    return known, (values[known] > options.above).astype(int)


def copies(train, test, synthetic, columns, random):
    rows = min(rows_of(train), rows_of(test))
    sides = [take(side, random.permutation(rows_of(side))[:rows]) for side in (train, test)]
    whole = pd.DataFrame({name: np.concatenate([side[name] for side in (*sides, synthetic)]) for name in columns.numeric})
    key = whole.fillna(-1e300).groupby(list(whole), sort=False).ngroup().to_numpy()
    reference, times = key[: 2 * rows], np.bincount(key[2 * rows :], minlength=key.max() + 1)

    def held(part):
        return times[np.unique(part)].sum()

    seen = int(held(reference[:rows]) - held(reference[rows:]))
    hit = reference[times[reference] > 0]  # only these change the sums

    def shuffled():
        first = random.choice(2 * rows, len(hit), replace=False) < rows
        return held(hit[first]) - held(hit[~first])

    made = rows_of(synthetic)
    train_share, test_share = (float(held(part) / made) for part in (reference[:rows], reference[rows:]))
    return {"train": train_share, "test": test_share, "p": chance_of(seen, shuffled)}


def nearer(train, test, synthetic, columns, random):
    rows = min(rows_of(train), rows_of(test))
    asked = take(synthetic, random.permutation(rows_of(synthetic))[:NEAREST])
    sides = [take(side, random.permutation(rows_of(side))[:rows]) for side in (train, test)]
    reference = {name: np.concatenate([side[name] for side in sides]) for name in columns.numeric}
    count, votes = rows_of(asked), np.zeros(2 * rows)
    for start in range(0, count, 50):
        distance = np.zeros((min(50, count - start), 2 * rows))
        for name, numeric in columns.numeric.items():
            x, y = asked[name][start : start + 50, None], reference[name][None, :]
            if not numeric:
                distance += x != y
                continue
            span = (np.nanmax(train[name]) - np.nanmin(train[name])) or 1.0
            apart = np.minimum(np.abs(x - y) / span, 1.0)
            gone, lost = np.isnan(x), np.isnan(y)
            if gone.any() or lost.any():
                apart = np.where(gone & lost, 0.0, np.where(gone | lost, 1.0, apart))
            distance += apart
        nearest = distance <= distance.min(1)[:, None] + 1e-9 * len(columns.numeric)
        votes += (nearest / nearest.sum(1)[:, None]).sum(0)
    seen = votes[:rows].sum()
    voted = votes[votes > 0]
    return {
        "share": float(seen / count),
        "p": chance_of(seen - 1e-9, lambda: voted[random.choice(2 * rows, len(voted), replace=False) < rows].sum()),
    }


def chance_of(seen, shuffled):
    """How often a sum is as large when the reference rows are labelled at random."""
    return (1 + sum(int(shuffled() >= seen) for _ in range(SHUFFLES))) / (1 + SHUFFLES)


def rare_categories(train, synthetic, columns):
    found = []
    for name, codes in columns.codes.items():
        counts = np.bincount(train[name], minlength=len(codes))
        rare = [code for code in range(1, len(codes)) if 0 < counts[code] <= RARE * len(train[name])]
        found += list(np.isin(rare, synthetic[name]))
    return {"categories": len(found), "recall": float(np.mean(found)) if found else None}


def score(tables, options):
    columns = Columns(tables[0])
    train, test = (columns.encode(table) for table in tables[:2])
    if len(tables) == 3:
        synthetic = columns.encode(tables[2], made=True)
    else:
        order = np.random.default_rng([options.seed, 9]).permutation(rows_of(test))
        synthetic, test = (take(test, np.sort(half)) for half in np.array_split(order, 2))
    random = [np.random.default_rng([options.seed, i]) for i in (1, 2)]
    _, label = target_of(train, columns, options)
    values, counts = np.unique(label, return_counts=True)
    rare = values[np.argmin(counts)]
    if options.models:
        return {"tstr": trained(synthetic, test, columns, options, rare), "trtr": trained(train, test, columns, options, rare)}
    return {
        "rows": [rows_of(cells) for cells in (train, test, synthetic)],
        "columns": {"numeric": sum(columns.numeric.values()), "categorical": len(columns.codes)},
        "shapes": shapes(test, synthetic, columns),
        "trends": trends(test, synthetic, train, columns),
        "c2st": {name: told_apart(real, synthetic, columns, options.seed) for name, real in (("test", test), ("train", train))},
        "tstr": trained(synthetic, test, columns, options, rare),
        "trtr": trained(train, test, columns, options, rare),
        "copies": copies(train, test, synthetic, columns, random[0]),
        "nearer": nearer(train, test, synthetic, columns, random[1]),
        "rare": rare_categories(train, synthetic, columns),
    }


def literature(tables, options):
    from sdmetrics.reports.single_table import QualityReport
    from sdmetrics.single_table import LogisticDetection
    from sdmetrics.single_table.detection.sklearn import ScikitLearnClassifierDetectionMetric
    from xgboost import XGBClassifier

    class Boosted(ScikitLearnClassifierDetectionMetric):
        @staticmethod
        def _get_classifier():
            return XGBClassifier(eval_metric="logloss", enable_categorical=True, random_state=0, n_jobs=1)

    columns = Columns(tables[0])
    ordered = sorted(columns.numeric, key=lambda name: not columns.numeric[name])

    def frame(table):
        return pd.DataFrame(
            {
                name: numbers_of(table[name])[0]
                if columns.numeric[name]
                else pd.Series(columns.labels(name, table[name])).replace({"": np.nan, "?": np.nan}).astype(object)
                for name in ordered
            }
        )

    train, test, synthetic = (frame(table) for table in tables)
    metadata = {"columns": {name: {"sdtype": "numerical" if columns.numeric[name] else "categorical"} for name in ordered}}
    report = QualityReport()
    report.real_correlation_threshold = report.real_association_threshold = 0
    report.generate(train, synthetic, metadata, verbose=False)
    parts = dict(report.get_properties()[["Property", "Score"]].itertuples(index=False))
    np.random.seed(options.seed)
    detectors = {"boosted": Boosted, "logistic": LogisticDetection}
    detected = {name: float(detector.compute(train.copy(), synthetic.copy(), metadata)) for name, detector in detectors.items()}
    return {
        "shapes": float(parts["Column Shapes"]),
        "trends": float(parts["Column Pair Trends"]),
        "c2st": detected,
        "mle": best_boosted(synthetic, test, options),
    }


def best_boosted(fit, test, options):
    from sklearn.model_selection import ParameterGrid
    from sklearn.preprocessing import OneHotEncoder
    from xgboost import XGBClassifier

    names = [name for name in fit if name != options.target]
    categorical = [name for name in names if fit[name].dtype == object]
    numeric = [name for name in names if name not in categorical]
    encoder = OneHotEncoder(sparse_output=False, handle_unknown="ignore").fit(fit[categorical])

    def features(table):
        return np.column_stack([table[numeric].to_numpy(), encoder.transform(table[categorical])]).astype(np.float32)

    labels = sorted(test[options.target].unique())
    x, y = features(fit), fit[options.target].eq(labels[1]).to_numpy().astype(int)
    order = np.random.default_rng([options.seed, 3]).permutation(len(x))
    chosen, kept = order[: len(x) // 9], order[len(x) // 9 :]
    grid = {"n_estimators": [10, 50, 100], "min_child_weight": [1, 10], "max_depth": [5, 10, 20], "gamma": [0.0, 1.0]}

    def fitted(settings):
        return XGBClassifier(**settings, objective="binary:logistic", n_jobs=1, tree_method="hist").fit(x[kept], y[kept])

    # A model of 10 or of 50 trees is the first ones of that of 100: the same 36 settings for a third of the work.
    longest = grid.pop("n_estimators")
    tried = []
    for settings in ParameterGrid(grid):
        model = fitted({**settings, "n_estimators": longest[-1]})
        tried += [(roc_auc_score(y[chosen], model.predict_proba(x[chosen], iteration_range=(0, trees))[:, 1]), trees, model) for trees in longest]
    _, trees, model = max(tried, key=lambda item: item[0])
    return float(roc_auc_score(test[options.target].eq(labels[1]), model.predict_proba(features(test), iteration_range=(0, trees))[:, 1]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("test")
    parser.add_argument("synthetic", nargs="?")
    parser.add_argument("--target", required=True)
    parser.add_argument("--above", type=float, help="the target is whether the column is above this number")
    parser.add_argument("--leave-out", default=[], type=lambda text: text.split(","), help="columns that the models of the target must not see")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--literature", action="store_true")
    parser.add_argument("--models", action="store_true")
    options = parser.parse_args()
    tables = [read(path) for path in (options.train, options.test, options.synthetic) if path]
    lost = [name for name in tables[0] if name not in tables[-1]]
    if lost:
        sys.exit(f"the synthetic table lacks columns of the training rows: {', '.join(lost)}")
    with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = (literature if options.literature else score)(tables, options)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({**out, "cpu": round(used.ru_utime + used.ru_stime, 1)}))


if __name__ == "__main__":
    main()
