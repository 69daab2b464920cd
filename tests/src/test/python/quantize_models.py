"""Quantizes ONNX models with ONNX Runtime's static quantization: its defaults for this kind of processor, unsigned activations with
zero points and signed weights, one scale for each output channel.

usage: quantize_models.py MODEL.onnx ROWS.f32 QUANTIZED.onnx
ROWS.f32 holds what the model is calibrated with: rows of its only input, little-endian floats.
"""

import os
import sys

import numpy
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process


class Rows(CalibrationDataReader):
    """The rows of a file, one by one."""

    def __init__(self, model, file):
        graph = onnx.load(model, load_external_data=False).graph
        given = {initializer.name for initializer in graph.initializer}
        (value,) = [value for value in graph.input if value.name not in given]
        shape = [1] + [axis.dim_value for axis in value.type.tensor_type.shape.dim[1:]]
        rows = numpy.fromfile(file, "<f4").reshape([-1] + shape)
        self.rows = iter([{value.name: row} for row in rows])

    def get_next(self):
        return next(self.rows, None)


def quantize(model, rows, quantized):
    prepared = quantized + ".prepared"
    quant_pre_process(model, prepared, skip_symbolic_shape=True)
    quantize_static(prepared, quantized, Rows(prepared, rows), quant_format=QuantFormat.QDQ, per_channel=True,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    os.remove(prepared)


quantize(*sys.argv[1:])
