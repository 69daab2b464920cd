CALL models.system.import_model(name => 'digits', onnx => '${digits}/digits.onnx', precision => 'fp32');
CREATE TEMPORARY VIEW images USING parquet OPTIONS (path '${digits}/digits.parquet');
SELECT id, models.digits(pixels) FROM images;
DESCRIBE FUNCTION EXTENDED models.digits;
SELECT * FROM models.digits.layers;
SELECT 'correct', count(*), count_if(array_position(logits, array_max(logits)) - 1 = label)
    FROM (SELECT label, models.digits(pixels) AS logits FROM images WHERE split = 'test');
