#!/usr/bin/env python3
"""Writes the ONNX models of trained networks: models/NAME.onnx, opset 17, batch normalizations kept.

    export.py OUT/vgg.pt OUT/mobilenetv2@1.0.pt ...
"""
import argparse
from pathlib import Path

import onnx
import torch

from networks import network

HERE = Path(__file__).resolve().parent


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("weights", type=Path, nargs="+")
    options.add_argument("--to", type=Path, default=HERE / "models")
    options = options.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    for file in options.weights:
        saved = torch.load(file, map_location="cpu", weights_only=True)
        model = network(saved["name"], saved["classes"])
        model.load_state_dict(saved["weights"])
        path = options.to / f"{saved['name'].split('@')[0]}.onnx"
        torch.onnx.export(model.eval(), (torch.zeros(2, 1, 32, 32),), str(path), input_names=["image"],
                          output_names=["logits"], dynamic_axes={"image": {0: "N"}, "logits": {0: "N"}},
                          opset_version=17, training=torch.onnx.TrainingMode.PRESERVE,
                          do_constant_folding=False, dynamo=False)
        exported = onnx.load(path)
        onnx.checker.check_model(exported, full_check=True)
        kinds = {}
        for node in exported.graph.node:
            kinds[node.op_type] = kinds.get(node.op_type, 0) + 1
        print(f"{path.name}: {path.stat().st_size:,} bytes, {dict(sorted(kinds.items()))}")


if __name__ == "__main__":
    main()
