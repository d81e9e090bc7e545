# SPDX-License-Identifier: Apache-2.0
"""Trains the flower model: softmax regression on Fisher's Iris measurements.

    train.py [--check]

Writes ../models/flower/1/weights.json, which the server loads, and answers.csv, what the model
answers to each of the 150 flowers: the load client compares the servers' answers with it.
With --check nothing is written; exit 1 if training gives anything else than what is there.

The loss (mean cross entropy and an L2 term) is strictly convex and Newton's method runs to its
only minimum, so every machine gets the same weights, up to rounding. A third of the flowers
(every third row) is kept out of training to measure the accuracy on.

Data: R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of
Eugenics 7 (1936), table I: lengths and widths in cm. Rows 35 and 38 are as printed there; a
widespread copy has errors in both.
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
WEIGHTS = HERE.parent / "models" / "flower" / "1" / "weights.json"
ANSWERS = HERE / "answers.csv"
CLASSES = ["setosa", "versicolor", "virginica"]
L2 = 0.002
DIGITS = 5


def load():
    with open(HERE / "iris.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name != "species"]
    features = np.array([[float(row[name]) for name in names] for row in rows])
    labels = np.array([CLASSES.index(row["species"]) for row in rows])
    return names, features, labels


def softmax(logits):
    scores = np.exp(logits - logits.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


def train(x, labels):
    """Newton's method on all weights at once; returns a matrix [features, classes]."""
    count, width = x.shape
    classes = len(CLASSES)
    wanted = np.eye(classes)[labels]
    weights = np.zeros((width, classes))
    for _ in range(100):
        p = softmax(x @ weights)
        gradient = (x.T @ (p - wanted)) / count + L2 * weights
        hessian = L2 * np.eye(width * classes)
        for a in range(classes):
            for b in range(classes):
                curvature = p[:, a] * ((a == b) - p[:, b]) / count
                block = x.T @ (curvature[:, None] * x)
                hessian[a * width : (a + 1) * width, b * width : (b + 1) * width] += block
        step = np.linalg.solve(hessian, gradient.T.reshape(-1))
        weights -= step.reshape(classes, width).T
        if np.abs(step).max() < 1e-12:
            return weights
    raise SystemExit("train.py: Newton's method did not converge")


def fit():
    names, features, labels = load()
    held_out = np.arange(len(labels)) % 3 == 2
    mean = features[~held_out].mean(axis=0)
    deviation = features[~held_out].std(axis=0)
    scaled = np.column_stack([(features - mean) / deviation, np.ones(len(labels))])
    weights = train(scaled[~held_out], labels[~held_out])
    # The scaling is folded in, so that a server needs one product: scores = [x, 1] @ weights.
    folded = np.vstack([weights[:-1] / deviation[:, None], weights[-1:]])
    folded[-1] -= (mean / deviation) @ weights[:-1]
    folded = folded.round(DIGITS)
    answers = (np.column_stack([features, np.ones(len(labels))]) @ folded).argmax(axis=1)
    right = answers == labels
    model = {
        "classes": CLASSES,
        "features": names,
        "weights": folded.tolist(),
        "accuracy": {
            "training": round(float(right[~held_out].mean()), 4),
            "held_out": round(float(right[held_out].mean()), 4),
        },
    }
    return model, features, answers


def same(model, stored):
    """Equal, where the last digit of a weight may differ from machine to machine."""
    close = np.allclose(model["weights"], stored.pop("weights"), rtol=0, atol=2 * 10**-DIGITS)
    return close and stored == {key: model[key] for key in model if key != "weights"}


def main():
    model, features, answers = fit()
    lines = [",".join(model["features"] + ["answer"])]
    for row, answer in zip(features, answers):
        lines.append(",".join(["%.1f" % value for value in row] + [CLASSES[answer]]))
    table = "\n".join(lines) + "\n"
    print("accuracy: %(training).3f in training, %(held_out).3f held out" % model["accuracy"])
    if sys.argv[1:] == ["--check"]:
        if not same(model, json.loads(WEIGHTS.read_text())) or ANSWERS.read_text() != table:
            raise SystemExit("train.py: training does not give the files that are there")
        if min(model["accuracy"].values()) < 0.95:
            raise SystemExit("train.py: accuracy below 0.95")
        print("training gives the files that are there")
    elif sys.argv[1:]:
        raise SystemExit(__doc__)
    else:
        WEIGHTS.write_text(json.dumps(model, indent=1) + "\n")
        ANSWERS.write_text(table)


if __name__ == "__main__":
    main()
