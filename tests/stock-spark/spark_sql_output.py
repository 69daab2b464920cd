"""Checks what spark-sql printed for statements.sql and wrong-length.sql: spark_sql_output.py STDOUT STDERR."""
import re
import sys
from pathlib import Path

output = Path(sys.argv[1]).read_text()
errors = Path(sys.argv[2]).read_text()

ids = [int(line) for line in re.findall(r"^(\d+)\t\[(?:[^,\]\n]+,){9}[^,\]\n]+\]$", output, re.MULTILINE)]
assert sorted(ids) == list(range(1797)), f"{len(ids)} rows of ten scores"
for line in "Function: models.digits", "Returns: array<float>", "Precision: fp32":
    assert re.search(f"^{re.escape(line)}$", output, re.MULTILINE), f"DESCRIBE FUNCTION does not say {line!r}"
layers = re.findall(r"^\d+\t\S+\t(Convolution|MaxPool|MatMul)\b", output, re.MULTILINE)
assert sorted(layers) == ["Convolution"] * 3 + ["MatMul"] + ["MaxPool"] * 2, layers
images, correct = map(int, re.search(r"^correct\t(\d+)\t(\d+)$", output, re.MULTILINE).groups())
assert images == 597 and correct >= 0.98 * images, f"{correct} of {images} digits are right"
assert "not reached" not in output, "a row of the wrong length was accepted"
expected = r"column 'slice\(pixels, 1, 63\)' has a row of shape \[63\] where the model's input 'pixels' expects shape \[64\]"
assert re.search(expected, errors), "the error does not name the column and the shapes"
print(f"spark-sql: {len(ids)} rows, {correct} of {images} digits right, {len(layers)} layers; a wrong row is refused")
