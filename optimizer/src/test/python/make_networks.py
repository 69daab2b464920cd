"""Makes the small networks in src/test/resources/networks, with inputs and ONNX Runtime's outputs.

Usage: python make_networks.py ../resources/networks        (needs numpy, onnx and onnxruntime)
"""
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper, parser

rng = np.random.default_rng(20)


def weights(*shape, dtype=np.float32, scale=0.3):
    return (rng.standard_normal(shape) * scale).astype(dtype)


def model(text, functions="", opset=21, sparse=(), **constants):
    """A model from ONNX's text form; each keyword argument becomes an initializer."""
    header = f'<ir_version: 10, opset_import: ["" : {opset}, "local" : 1]>\n'
    made = parser.parse_model(header + text + functions)
    for name, value in constants.items():
        made.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
    made.graph.sparse_initializer.extend(sparse)
    made.producer_name = "make_networks.py"
    onnx.checker.check_model(made, full_check=not sparse)
    return made


def convolutional():
    return model(
        """convolutional (float[N,3,12,12] image) => (float[N,5] probabilities) {
            c1 = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [2, 2]> (image, w1, b1)
            n1 = BatchNormalization <epsilon = 0.001> (c1, scale, shift, mean, variance)
            r1 = Relu (n1)
            c2 = Conv <group = 4, pads = [1, 1, 1, 1]> (r1, w2)
            h2 = HardSwish (c2)
            s2 = Add (h2, r1)
            p2 = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (s2)
            c3 = ConvTranspose <strides = [2, 2]> (p2, w3)
            e3 = Elu (c3)
            a3 = AveragePool <kernel_shape = [3, 3], strides = [1, 1], count_include_pad = 1, pads = [1, 1, 1, 1]> (e3)
            j3 = Concat <axis = 1> (a3, s2)
            g = GlobalAveragePool (j3)
            f = Flatten <axis = 1> (g)
            d, mask = Dropout (f)
            y = Gemm <transB = 1, alpha = 0.5> (d, w4, b4)
            probabilities = Softmax <axis = -1> (y)
        }""",
        w1=weights(4, 3, 3, 3), b1=weights(4), scale=1 + weights(4), shift=weights(4), mean=weights(4),
        variance=1 + np.abs(weights(4)), w2=weights(4, 1, 3, 3), w3=weights(4, 6, 2, 2), w4=weights(5, 10), b4=weights(5))


def attention():
    return model(
        """attention (int64[N,S] tokens) => (float[N,S,8] hidden) {
            e = Gather (table, tokens)
            shape = Shape (tokens)
            q0 = MatMul (e, wq)
            q1 = Add (q0, bq)
            k0 = MatMul (e, wk)
            v0 = MatMul (e, wv)
            heads = Concat <axis = 0> (shape, split)
            q2 = Reshape (q1, heads)
            k2 = Reshape (k0, heads)
            v2 = Reshape (v0, heads)
            q = Transpose <perm = [0, 2, 1, 3]> (q2)
            k = Transpose <perm = [0, 2, 3, 1]> (k2)
            v = Transpose <perm = [0, 2, 1, 3]> (v2)
            s0 = MatMul (q, k)
            s1 = Div (s0, root)
            p = Softmax <axis = 3> (s1)
            o0 = MatMul (p, v)
            o1 = Transpose <perm = [0, 2, 1, 3]> (o0)
            joined = Concat <axis = 0> (shape, width)
            o2 = Reshape (o1, joined)
            o3 = MatMul (o2, wo)
            r1 = Add (o3, e)
            n1 = LayerNormalization <axis = -1> (r1, gamma, beta)
            f0 = MatMul (n1, wf)
            f1 = Div (f0, sqrt2)
            f2 = Erf (f1)
            f3 = Add (f2, one)
            f4 = Mul (f0, f3)
            f5 = Mul (f4, half)
            f6 = MatMul (f5, wp)
            r2 = Add (f6, n1)
            m = ReduceMean <axes = [-1], keepdims = 1> (r2)
            c = Sub (r2, m)
            c2 = Pow (c, two)
            variance = ReduceMean <axes = [-1], keepdims = 1> (c2)
            ve = Add (variance, epsilon)
            sd = Sqrt (ve)
            hidden = Div (c, sd)
        }""",
        opset=17, table=weights(11, 8), wq=weights(8, 8), bq=weights(8), wk=weights(8, 8), wv=weights(8, 8), wo=weights(8, 8),
        split=np.array([2, 4], np.int64), width=np.array([8], np.int64), root=np.float32(2), gamma=1 + weights(8),
        beta=weights(8), wf=weights(8, 16), sqrt2=np.float32(2 ** 0.5), one=np.float32(1), half=np.float32(0.5),
        wp=weights(16, 8), two=np.float32(2), epsilon=np.float32(1e-5))


def control():
    return model(
        """control (float[N,4] x, int64 steps) => (float[N,4] last, float[T,N,4] trace, float[N,4] chosen, float[N,4] sums) {
            go = Constant <value = bool {1}> ()
            last, trace = Loop (steps, go, x) <body = body (int64 i, bool keep, float[N,4] state)
                    => (bool again, float[N,4] next, float[N,4] row) {
                again = Identity (keep)
                grown = MatMul (state, w)
                shifted = Add (grown, x)
                next = Tanh (shifted)
                row = Identity (next)
            }>
            total = ReduceSum <keepdims = 0> (last)
            positive = Greater (total, zero)
            chosen = If (positive) <then_branch = yes () => (float[N,4] t) { t = Mul (x, last) },
                                    else_branch = no () => (float[N,4] e) { e = Sub (x, last) }>
            start = ReduceSum <keepdims = 0> (x, firstAxis)
            end, sums = Scan <num_scan_inputs = 1, body = accumulate (float[4] sum, float[4] one) => (float[4] out, float[4] copy) {
                out = Add (sum, one)
                copy = Identity (out)
            }> (start, x)
        }""",
        w=weights(4, 4), zero=np.float32(0), firstAxis=np.array([0], np.int64))


def recurrent():
    return model(
        """recurrent (float[T,2,3] x) => (float[T,2,8] y, float[2,2,4] state, float[T,1,2,5] gated, float[T,1,2,5] plain) {
            y4, state, cell = LSTM <hidden_size = 4, direction = "bidirectional"> (x, w, r, b)
            y0 = Transpose <perm = [0, 2, 1, 3]> (y4)
            y = Reshape (y0, flat)
            gated = GRU <hidden_size = 5, linear_before_reset = 1> (x, wg, rg, bg)
            plain = RNN <hidden_size = 5> (x, wn, rn)
        }""",
        w=weights(2, 16, 3), r=weights(2, 16, 4), b=weights(2, 32), flat=np.array([0, 0, 8], np.int64), wg=weights(1, 15, 3),
        rg=weights(1, 15, 5), bg=weights(1, 30), wn=weights(1, 5, 3), rn=weights(1, 5, 5))


def quantized():
    return model(
        """quantized (float[N,3,6,6] x) => (float[N,4] y, int8[N,4,6,6] bytes) {
            xq = QuantizeLinear (x, sx, zx)
            xd = DequantizeLinear (xq, sx, zx)
            wd = DequantizeLinear <axis = 0> (wq, sw)
            c = Conv <pads = [1, 1, 1, 1]> (xd, wd)
            r = Clip (c, low, high)
            bytes = QuantizeLinear (r, sy, zy)
            rd = DequantizeLinear (bytes, sy, zy)
            p = ReduceMean <keepdims = 0> (rd, space)
            half = Cast <to = 10> (p)
            back = Cast <to = 1> (half)
            y = MatMul (back, wm)
        }""",
        sx=np.float32(0.02), zx=np.int8(0), wq=rng.integers(-127, 128, (4, 3, 3, 3)).astype(np.int8),
        sw=np.abs(weights(4, scale=0.01)) + np.float32(0.001), low=np.float32(0), high=np.float32(6), sy=np.float32(0.03),
        zy=np.int8(3), space=np.array([2, 3], np.int64), wm=weights(4, 4))


def movement():
    return model(
        """movement (float[N,6,4] x, int64[2] rows)
                => (float[N,3,4] cut, float[N,8,6] padded, float[A,6,8] tiled, float[N,12,2] image, float[N,2,4] best, int64[N,2,4] at,
                    float[N,6,4] chosen, float[N,6,4] scattered, float[2,6,4] picked, int64[3,C] places, float[N,6,5] hot, float[D] line) {
            cut = Slice (x, starts, ends, axes, strides)
            padded = Pad <mode = "reflect"> (x, pads)
            tiled = Tile (x, repeats)
            image = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"> (x, , scales)
            best, at = TopK <axis = 1> (x, two)
            left, right = Split <axis = 2, num_outputs = 2> (x)
            swapped = Concat <axis = 2> (right, left)
            big = Greater (x, zero)
            chosen = Where (big, x, swapped)
            shape = Shape (x)
            filled = ConstantOfShape <value = float[1] {2.5}> (shape)
            scattered = ScatterND (filled, position, rowOf)
            picked = Gather <axis = 0> (x, rows)
            places = NonZero (x)
            index = ArgMax <axis = 2, keepdims = 0> (swapped)
            hot = OneHot <axis = -1> (index, depth, offOn)
            count = Gather (shape, zeroIndex)
            limit = Cast <to = 1> (count)
            line = Range (zero, limit, quarter)
        }""",
        starts=np.array([1], np.int64), ends=np.array([9], np.int64), axes=np.array([1], np.int64),
        strides=np.array([2], np.int64), pads=np.array([0, 1, 1, 0, 1, 1], np.int64), repeats=np.array([2, 1, 2], np.int64),
        scales=np.array([1, 2, 0.5], np.float32), two=np.array([2], np.int64), zero=np.float32(0),
        position=np.array([[0, 1], [1, 2]], np.int64), rowOf=weights(2, 4), depth=np.array(5, np.int64),
        offOn=np.array([-1, 2], np.float32), zeroIndex=np.array(0, np.int64), quarter=np.float32(0.25))


def functions():
    dense = numpy_helper.from_array(np.array([1.5, -2, 3], np.float32), "sparseWeights")
    where = numpy_helper.from_array(np.array([[0, 1], [2, 0], [3, 2]], np.int64), "sparseWeights_indices")
    return model(
        """functions (float[N,4] x) => (float[N,3] y) {
            scaled = local.scaleShift <factor = 0.5> (x, shift)
            again = local.scaleShift <factor = 2.0> (scaled, shift)
            y = MatMul (again, sparseWeights)
        }""",
        """
        <domain: "local", opset_import: ["" : 21]>
        scaleShift <factor> (value, offset) => (result) {
            f = Constant <value_float: float = @factor> ()
            scaled = Mul (value, f)
            moved = local.identityTwice (scaled)
            result = Add (moved, offset)
        }
        <domain: "local", opset_import: ["" : 21]>
        identityTwice (a) => (b) {
            c = Identity (a)
            b = Identity (c)
        }""".replace('<domain: "local", opset_import: ["" : 21]>\n        scaleShift',
                     '<domain: "local", opset_import: ["" : 21, "local" : 1]>\n        scaleShift'),
        shift=weights(4), sparse=[helper.make_sparse_tensor(dense, where, [4, 3])])


def reductions():
    return model(
        """reductions (float[N,5,3] x, double[N,3] z) => (float[N] total, float[N,1,3] largest, float[N,5] norm, int64[N,3] smallest,
                    float[N,5,5] product, double[N,3] running, float[N,5,3] curve, bool[N,3] flags) {
            total = ReduceSum <keepdims = 0> (x, inner)
            largest = ReduceMax <keepdims = 1> (x, middle)
            norm = ReduceL2 <keepdims = 0> (x, last)
            smallest = ArgMin <axis = 1, keepdims = 0> (x)
            product = Einsum <equation = "nik,njk->nij"> (x, x)
            running = CumSum (z, axis)
            a = Exp (x)
            b = Log (a)
            c = Sigmoid (b)
            d = Softplus (c)
            e = Gelu (d)
            f = PRelu (e, slope)
            g = Clip (f, low, high)
            curve = Mod <fmod = 1> (g, unit)
            finite = IsNaN (z)
            positive = Less (z, limit)
            flags = Or (finite, positive)
        }""",
        inner=np.array([1, 2], np.int64), middle=np.array([1], np.int64), last=np.array([2], np.int64),
        axis=np.array(1, np.int32), slope=weights(3), low=np.float32(-1), high=np.float32(2), unit=np.float32(0.7),
        limit=np.float64(0.5))


def activations():
    return model(
        """activations (float[N,7] x) => (float[N,7] y) {
            a = LeakyRelu <alpha = 0.2> (x)
            b = Tanh (a)
            c = HardSigmoid (b)
            d = HardSwish (c)
            e = Gelu <approximate = "tanh"> (d)
            f = Sigmoid (e)
            y = Relu (f)
        }""")


NETWORKS = [activations, convolutional, attention, control, recurrent, quantized, movement, functions, reductions]
SIZES = {"N": 2, "S": 5, "T": 3, "A": 4, "D": 8}
INPUTS = {"tokens": rng.integers(0, 11, (2, 5)), "steps": np.array(3, np.int64), "rows": np.array([1, 0], np.int64)}


def sample(value):
    if value.name in INPUTS:
        return np.asarray(INPUTS[value.name], np.int64)
    shape = [d.dim_value or SIZES[d.dim_param] for d in value.type.tensor_type.shape.dim]
    return weights(*shape, dtype=helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type), scale=1.0)


def main(root):
    for make in NETWORKS:
        made = make()
        folder = root / made.graph.name
        data = folder / "test_data_set_0"
        data.mkdir(parents=True, exist_ok=True)
        session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
        inputs = {i.name: sample(i) for i in made.graph.input}
        outputs = session.run(None, inputs)
        (folder / "model.onnx").write_bytes(made.SerializeToString(deterministic=True))
        for kind, values in (("input", inputs.values()), ("output", outputs)):
            for i, value in enumerate(values):
                (data / f"{kind}_{i}.pb").write_bytes(numpy_helper.from_array(np.asarray(value)).SerializeToString())
        print(made.graph.name, len(made.graph.node), "nodes,", made.ByteSize(), "bytes")


main(pathlib.Path(sys.argv[1]))
