"""How well the starter classifier tags passages whose events it has not seen: five folds by event, thresholds from
the training folds alone, beside keyword rules and a linear SVM on the same words, cut at zero. Prints a Markdown table.

    python bench/classifier.py
"""

from __future__ import annotations

import time

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score, precision_score, recall_score
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC

from clipper.coding import classifier, codebook, examples
from clipper.coding.codebook import phrase_pattern
from clipper.places import shipped
from clipper.text import fold

FOLDS = 5


def main() -> None:
    """Print the table."""
    book = codebook.load(shipped("codebook.toml"))
    passages = examples.load(shipped("examples.jsonl"), book.keys)
    texts = [classifier.as_text(p.title, p.text) for p in passages]
    truth = np.array([[key in p.themes for key in book.keys] for p in passages], dtype=int)
    ours, svm = np.zeros_like(truth), np.zeros_like(truth)
    patterns = [phrase_pattern(theme.phrases) for theme in book.themes]
    rules = np.array([[bool(p and p.search(fold(text))) for p in patterns] for text in texts], dtype=int)
    seconds = []
    for learn, test in GroupKFold(FOLDS).split(texts, groups=[p.event for p in passages]):
        began = time.perf_counter()
        model, _ = classifier.train(book.themes, [passages[i] for i in learn])
        seconds.append(time.perf_counter() - began)
        for row, found in zip(test, model.predict([texts[i] for i in test]), strict=True):
            ours[row] = [key in found.over for key in book.keys]
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
        matrix = words.fit_transform([texts[i] for i in learn])
        unseen = words.transform([texts[i] for i in test])
        for column in range(truth.shape[1]):
            machine = LinearSVC(class_weight="balanced", random_state=0).fit(matrix, truth[learn, column])
            svm[test, column] = machine.predict(unseen)

    print(f"{len(passages)} passages, {FOLDS} folds by event; training {np.mean(seconds):.0f} s a fold\n")
    print("| theme | passages | precision | recall | F1 | linear SVM F1 | keyword rules F1 |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for column, key in enumerate(book.keys):
        one = truth[:, column]
        print(
            f"| {key} | {one.sum()} | {precision_score(one, ours[:, column], zero_division=0):.2f} "
            f"| {recall_score(one, ours[:, column]):.2f} | {f1_score(one, ours[:, column]):.2f} "
            f"| {f1_score(one, svm[:, column]):.2f} | {f1_score(one, rules[:, column]):.2f} |"
        )
    means = [f1_score(truth, guess, average="macro", zero_division=0) for guess in (ours, svm, rules)]
    print("| **mean** | | | | **{:.2f}** | {:.2f} | {:.2f} |".format(*means))


if __name__ == "__main__":
    main()
