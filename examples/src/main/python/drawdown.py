"""Writes the custom-operator example's ONNX file.

    pip install onnx==1.23.2
    python drawdown.py [FILE]

The network gives the largest drawdown of price series: the largest fall below the highest price so far, as a part of it.
`CumulativeMaximum` is an operator of the domain `com.example.series`, which ONNX does not know and this example brings.
"""
import sys
from pathlib import Path

import onnx
from onnx import TensorProto, helper

RESOURCES = Path(__file__).resolve().parents[1] / "resources/io/firesteel/examples/custom"
DAYS = 8


def network():
    nodes = [
        helper.make_node("CumulativeMaximum", ["prices"], ["peaks"], "peaks", domain="com.example.series", axis=1),
        helper.make_node("Sub", ["peaks", "prices"], ["falls"], "falls"),
        helper.make_node("Div", ["falls", "peaks"], ["drawdowns"], "drawdowns"),
        helper.make_node("ReduceMax", ["drawdowns"], ["drawdown"], "drawdown", axes=[1], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes, "drawdown",
        [helper.make_tensor_value_info("prices", TensorProto.FLOAT, ["N", DAYS])],
        [helper.make_tensor_value_info("drawdown", TensorProto.FLOAT, ["N"])])
    return helper.make_model(graph, producer_name="drawdown.py", ir_version=8, opset_imports=[
        helper.make_opsetid("", 17), helper.make_opsetid("com.example.series", 1)])


if __name__ == "__main__":
    onnx.save(network(), sys.argv[1] if len(sys.argv) > 1 else RESOURCES / "drawdown.onnx")
