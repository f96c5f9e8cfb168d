"""How well the starter classifier tags passages whose events it has not seen: five folds by event, everything
learned (thresholds and calibration too) from the training folds alone. Beside it, on the same folds: the rule *any
phrase of the codebook occurs*, a linear SVM and naive Bayes on the same words, and logistic regression on sentence
embeddings where the package with their weights is installed (see bench/minilm.py). Each of these has thresholds of
its own, found like ours. Prints Markdown tables; takes some minutes.

    python bench/classifier.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

import minilm
from clipper.coding import classifier, codebook, evaluation, metrics
from clipper.coding.features import as_text
from clipper.coding.phrases import phrase_pattern
from clipper.places import shipped
from clipper.text import fold

FOLDS = 5
INNER = 3
CUTS = 199  # thresholds that are tried, at even shares of the scores

Score = Callable[[Any, Any, Any], Any]  # (train, truth of it, test) to scores of the test


def best_cut(truth: Any, scores: Any) -> float:
    """Return the score from which giving the theme has the best F1."""
    cuts = np.unique(np.quantile(scores, np.linspace(0, 1, CUTS)))
    return float(max(cuts, key=lambda cut: f1_score(truth, scores >= cut, zero_division=0)))


def given_by(score: Score, features: Any, truth: Any, events: list[str]) -> Any:
    """Return what a method gives unseen passages, its cut found within the training folds."""
    given = np.zeros_like(truth)
    groups = np.array(events)
    for learn, test in GroupKFold(FOLDS).split(truth, groups=groups):
        for column in range(truth.shape[1]):
            known = truth[learn, column]
            inner = np.zeros(len(learn))
            for a, b in GroupKFold(INNER).split(known, groups=groups[learn]):
                inner[b] = score(features[learn[a]], known[a], features[learn[b]])
            cut = best_cut(known, inner)
            given[test, column] = score(features[learn], known, features[test]) >= cut
    return given


def svm(train: Any, truth: Any, test: Any) -> Any:
    """Score by a linear support vector machine."""
    return LinearSVC(C=0.3, random_state=0).fit(train, truth).decision_function(test)


def bayes(train: Any, truth: Any, test: Any) -> Any:
    """Score by complement naive Bayes (Rennie and others 2003)."""
    return ComplementNB(alpha=0.3).fit(train, truth).predict_proba(test)[:, 1]


def regression(train: Any, truth: Any, test: Any) -> Any:
    """Score by logistic regression, for dense features."""
    return LogisticRegression(C=10, max_iter=2000).fit(train, truth).decision_function(test)


def main() -> None:
    """Print the tables."""
    book = codebook.load(shipped("codebook.toml"))
    passages = [p for p in evaluation.passages(book) if p.judged is None]
    texts = [as_text(p.title, p.text) for p in passages]
    events = [p.event for p in passages]
    truth = np.array([[key in p.themes for key in book.keys] for p in passages], dtype=int)

    began = time.perf_counter()
    classifier.train(book.themes, passages)
    seconds = time.perf_counter() - began
    held = classifier.cross_validate(book.themes, passages, folds=FOLDS)
    scores = metrics.evaluate(held.themes, held.truth, held.given, held.probabilities, groups=events, seed=1)

    # Words alone know nothing of the test: an idf from all passages is no label.
    matrix = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2).fit_transform(texts)
    others = {"linear SVM": given_by(svm, matrix, truth, events), "naive Bayes": given_by(bayes, matrix, truth, events)}
    if place := minilm.folder():
        others["MiniLM"] = given_by(regression, minilm.MiniLM(place).encode(texts), truth, events)
    patterns = [phrase_pattern(theme.phrases) for theme in book.themes]
    others["keyword rules"] = np.array([[bool(p and p.search(fold(t))) for p in patterns] for t in texts], dtype=int)

    print(f"{len(passages)} passages on {len(set(events))} events, {FOLDS} folds by event; training {seconds:.0f} s;")
    print(f"expected calibration error {scores.calibration.error:.3f}\n")
    print("| theme | passages | precision | recall | F1 | " + " | ".join(others) + " |")
    print("| --- |" + " ---: |" * (4 + len(others)))
    for column, theme in enumerate(scores.themes):
        own = [f1_score(truth[:, column], guess[:, column], zero_division=0) for guess in others.values()]
        numbers = [theme.precision.value, theme.recall.value, theme.f1.value, *own]
        print(f"| {book.keys[column]} | {truth[:, column].sum()} | " + " | ".join(f"{n:.2f}" for n in numbers) + " |")
    means = [f1_score(truth, guess, average="macro", zero_division=0) for guess in others.values()]
    print(f"| **mean** | | | | **{scores.macro.f1.value:.3f}** | " + " | ".join(f"{m:.3f}" for m in means) + " |")


if __name__ == "__main__":
    main()
