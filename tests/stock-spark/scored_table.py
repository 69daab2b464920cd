"""Checks the table that ScoreJob wrote, and prints its digest: scored_table.py SCORES DIGITS."""
import hashlib
import sys

from pyarrow.parquet import read_table

scores = read_table(sys.argv[1]).sort_by("id").to_pylist()
images = read_table(f"{sys.argv[2]}/digits.parquet").to_pylist()
assert [row["id"] for row in scores] == list(range(1797)), f"{len(scores)} rows, or not each id once"
labels = {row["id"]: row["label"] for row in images if row["split"] == "test"}
correct = sum(row["logits"].index(max(row["logits"])) == labels[row["id"]] for row in scores if row["id"] in labels)
assert correct >= 0.98 * len(labels), f"{correct} of {len(labels)} digits are right"
print(hashlib.sha256(repr(scores).encode()).hexdigest())
