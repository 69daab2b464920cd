#!/usr/bin/env python3
"""What a model loses when its weights alone are rounded to int8: one scale per tensor, or one per output channel.

    per_tensor.py DIR [--models mobilenetv2] [--rows 20000]

Batch normalizations are folded first, scales are min-max, activations stay in fp32.
"""
import argparse
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from losses import loss
from scores import predictions

HERE = Path(__file__).resolve().parent
NAMES = "vgg,resnet,inception,mobilenetv2,vit"


def fold(model):
    """Batch normalizations after convolutions folded into these, in place."""
    graph = model.graph
    values = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    makers = {output: node for node in graph.node for output in node.output}
    for node in [node for node in graph.node if node.op_type == "BatchNormalization"]:
        convolution = makers[node.input[0]]
        epsilon = next((one.f for one in node.attribute if one.name == "epsilon"), 1e-5)
        scale, bias, mean, variance = (values[name].astype(np.float64) for name in node.input[1:5])
        factor = scale / np.sqrt(variance + epsilon)
        weights = values[convolution.input[1]] * factor.reshape(-1, 1, 1, 1)
        before = values[convolution.input[2]] if len(convolution.input) > 2 else 0
        name = convolution.input[1]
        folded = {name + ".folded": weights, name + ".bias": bias + (before - mean) * factor}
        graph.initializer.extend(numpy_helper.from_array(value.astype(np.float32), key)
                                 for key, value in folded.items())
        del convolution.input[1:]
        convolution.input.extend(folded)
        convolution.output[0] = node.output[0]
        graph.node.remove(node)
    return model


def rounded(model, per_channel):
    """A copy whose convolution and matrix product weights are those that int8 can hold."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    weights = {}
    for node in copy.graph.node:
        if node.op_type in ("Conv", "Gemm", "MatMul"):
            transposed = node.op_type == "Gemm" and any(one.name == "transB" and one.i for one in node.attribute)
            weights[node.input[1]] = 0 if node.op_type == "Conv" or transposed else 1
    for one in copy.graph.initializer:
        if one.name in weights:
            value = numpy_helper.to_array(one)
            other = tuple(axis for axis in range(value.ndim) if not per_channel or axis != weights[one.name])
            scale = np.maximum(np.abs(value).max(axis=other, keepdims=True) / 127, 1e-30)
            value = np.clip(np.rint(value / scale), -127, 127) * scale
            one.CopyFrom(numpy_helper.from_array(value.astype(np.float32), one.name))
    return copy


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--models", default=NAMES)
    options.add_argument("--rows", type=int, default=20_000)
    options.add_argument("--from", dest="source", type=Path, default=HERE / "models")
    options = options.parse_args()
    data = np.load(options.folder / "test.npz")
    images, labels = data["image"][:options.rows], data["label"][:options.rows]
    print("| network | fp32 top-1 | loss, int8 weights per tensor | loss, per channel |\n| --- | --- | --- | --- |")
    for name in options.models.split(","):
        model = fold(onnx.load(options.source / f"{name}.onnx"))
        with tempfile.TemporaryDirectory() as folder:
            found = []
            for variant in (model, rounded(model, False), rounded(model, True)):
                path = Path(folder) / "model.onnx"
                onnx.save(variant, path)
                found.append(predictions(path, images))
        losses = [loss(found[0], other, labels) for other in found[1:]]
        print(f"| {name} | {100 * (found[0] == labels).mean():.2f}% | "
              + " | ".join(f"{mean:.2f} ± {half:.2f}" for mean, half in losses) + " |", flush=True)


if __name__ == "__main__":
    main()
