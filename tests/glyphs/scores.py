"""What an ONNX model says in ONNX Runtime."""
import numpy as np
import onnxruntime


def session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def predictions(path, images, threads=1, batch=64):
    """The class that a model gives each of the uint8 images [n, 32, 32]."""
    running = session(path, threads)
    name = running.get_inputs()[0].name
    result = []
    for at in range(0, len(images), batch):
        rows = images[at:at + batch, None].astype(np.float32) / np.float32(255)
        result.append(running.run(None, {name: rows})[0].argmax(1))
    return np.concatenate(result)
