"""The statements through PySpark: spark-submit statements.py DIGITS, or with SPARK_REMOTE set as a client of Spark Connect.

DIGITS is the folder of digits.onnx and digits.parquet.
"""
import sys

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.functions import call_function

digits = sys.argv[1]
spark = SparkSession.builder.appName("statements").getOrCreate()

imported = spark.sql(f"""
    CALL models.system.import_model(name => 'digits', onnx => '{digits}/digits.onnx', precision => 'fp32')
""").collect()
assert [row.name for row in imported] == ["digits"], imported

images = spark.read.parquet(f"{digits}/digits.parquet")
images.createOrReplaceTempView("images")
scores = {row[0]: row[1] for row in spark.sql("SELECT id, models.digits(pixels) FROM images").collect()}
assert sorted(scores) == list(range(1797)), f"{len(scores)} rows"
called = images.select("id", call_function("models.digits", "pixels")).collect()
assert {row[0]: row[1] for row in called} == scores, "call_function gives other scores than SQL"

labels = {row.id: row.label for row in images.where("split = 'test'").collect()}
correct = sum(scores[i].index(max(scores[i])) == label for i, label in labels.items())
assert len(labels) == 597 and correct >= 0.98 * len(labels), f"{correct} of {len(labels)} digits are right"

described = [row[0] for row in spark.sql("DESCRIBE FUNCTION EXTENDED models.digits").collect()]
assert "Function: models.digits" in described and "Precision: fp32" in described, described
layers = spark.sql("SELECT * FROM models.digits.layers").collect()
assert len(layers) >= 6 and any("Convolution" in str(row) for row in layers), layers
plan = spark.sql("EXPLAIN SELECT id, models.digits(pixels) FROM images").first()[0]
assert plan.count("ModelInference") == 1, plan

try:
    spark.sql("SELECT models.digits(slice(pixels, 1, 63)) FROM images").collect()
    refusal = "nothing was refused"
except (Py4JJavaError, PySparkException) as error:
    refusal = str(error)
assert ("column 'slice(pixels, 1, 63)' has a row of shape [63] where the model's input 'pixels' expects shape [64]"
        in refusal), refusal

print(f"{type(spark).__module__}: {len(scores)} rows, {correct} of {len(labels)} digits right, {len(layers)} layers; "
      "a wrong row is refused")
spark.stop()
