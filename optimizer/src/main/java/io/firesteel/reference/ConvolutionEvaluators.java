package io.firesteel.reference;

import io.firesteel.op.Convolution;
import io.firesteel.op.ConvolutionTranspose;
import io.firesteel.op.NormalizedConvolution;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Evaluators of {@link Convolution}, {@link NormalizedConvolution} and {@link ConvolutionTranspose}: one scaled plane added at a
 * time, summed in double.
 */
public final class ConvolutionEvaluators implements EvaluatorFamily {

    @Override
    public void register(Registry registry) {
        registry.add(Convolution.class, ConvolutionEvaluators::convolution);
        registry.add(NormalizedConvolution.class, ConvolutionEvaluators::normalized);
        registry.add(ConvolutionTranspose.class, ConvolutionEvaluators::transpose);
    }

    private static List<HostValue> normalized(NormalizedConvolution op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        int channels = op.factors().size();
        requireChannels(in, x.size(1), channels);
        Tensor normalized = Tensor.zeros(in.tensor(1).dataType(), x.sizes());
        long plane = Elements.product(Arrays.copyOfRange(x.sizes(), 2, x.rank()));
        for (long i = 0; i < x.elements(); i++) {
            int channel = (int) (i / plane % channels);
            normalized.setDouble(i, x.getDouble(i) * op.factors().get(channel) + op.offsets().get(channel));
        }
        List<HostValue> inputs = new ArrayList<>();
        inputs.add(normalized);
        for (int i = 1; i < in.inputCount(); i++) {
            inputs.add(in.hasInput(i) ? in.value(i) : null);
        }
        return convolution(op.convolution(), new PointwisePrograms.Operands(inputs, in));
    }

    private static List<HostValue> convolution(Convolution op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        Tensor w = in.tensor(1);
        double[] bias = in.hasInput(2) ? Elements.read(in.tensor(2)) : null;
        long[] plane = Arrays.copyOfRange(x.sizes(), 2, x.rank());
        long[] kernel = Arrays.copyOfRange(w.sizes(), 2, w.rank());
        long[] sizes = x.sizes();
        sizes[1] = w.size(0);
        for (int i = 0; i < plane.length; i++) {
            long reach = (kernel[i] - 1) * op.dilations().get(i) + 1;
            sizes[i + 2] = Math.floorDiv(plane[i] + op.padsBegin().get(i) + op.padsEnd().get(i) - reach, op.strides().get(i)) + 1;
        }
        int groupChannels = (int) w.size(1);
        requireChannels(in, x.size(1), groupChannels * op.groups());
        Tensor y = Tensor.zeros(x.dataType(), sizes);
        WindowRuns runs = new WindowRuns(plane, Arrays.copyOfRange(sizes, 2, sizes.length), kernel, op.strides(), op.dilations(),
                op.padsBegin());
        int planeSize = Math.toIntExact(Elements.product(plane));
        int groupOutputs = (int) (w.size(0) / op.groups());
        double[] inputs = new double[Math.multiplyExact(groupChannels, planeSize)];
        double[] weights = new double[groupChannels * runs.kernelElements()];
        double[] result = new double[runs.positions()];
        for (long n = 0; n < x.size(0); n++) {
            for (int g = 0; g < op.groups(); g++) {
                Elements.read(x, (n * x.size(1) + (long) g * groupChannels) * planeSize, inputs, 0, inputs.length);
                for (int o = 0; o < groupOutputs; o++) {
                    int m = g * groupOutputs + o;
                    Elements.read(w, (long) m * weights.length, weights, 0, weights.length);
                    Arrays.fill(result, bias == null ? 0 : bias[m]);
                    for (int i = 0; i < weights.length; i++) {
                        runs.gather(i % runs.kernelElements(), weights[i], inputs, i / runs.kernelElements() * planeSize, result, 0);
                    }
                    Elements.write(y, (n * w.size(0) + m) * result.length, result, 0, result.length);
                }
            }
        }
        return List.of(PointwisePrograms.epilogue(op.epilogue(), y, Convolution.EPILOGUE_INPUT, in));
    }

    private static List<HostValue> transpose(ConvolutionTranspose op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        Tensor w = in.tensor(1);
        double[] bias = in.hasInput(2) ? Elements.read(in.tensor(2)) : null;
        long[] positions = Arrays.copyOfRange(x.sizes(), 2, x.rank());
        long[] kernel = Arrays.copyOfRange(w.sizes(), 2, w.rank());
        int groupOutputs = (int) w.size(1);
        int groupChannels = (int) (w.size(0) / op.groups());
        requireChannels(in, x.size(1), w.size(0));
        long[] sizes = x.sizes();
        sizes[1] = groupOutputs * op.groups();
        for (int i = 0; i < positions.length; i++) {
            sizes[i + 2] = positions[i] * op.strides().get(i) + op.margin(i, kernel[i]);
        }
        Tensor y = Tensor.zeros(x.dataType(), sizes);
        long[] plane = Arrays.copyOfRange(sizes, 2, sizes.length);
        WindowRuns runs = new WindowRuns(plane, positions, kernel, op.strides(), op.dilations(), op.padsBegin());
        int planeSize = Math.toIntExact(Elements.product(plane));
        double[] inputs = new double[Math.multiplyExact(groupChannels, runs.positions())];
        double[] weights = Elements.read(w);
        double[] result = new double[planeSize];
        for (long n = 0; n < x.size(0); n++) {
            for (int g = 0; g < op.groups(); g++) {
                Elements.read(x, (n * x.size(1) + (long) g * groupChannels) * runs.positions(), inputs, 0, inputs.length);
                for (int o = 0; o < groupOutputs; o++) {
                    int m = g * groupOutputs + o;
                    Arrays.fill(result, bias == null ? 0 : bias[m]);
                    for (int c = 0; c < groupChannels; c++) {
                        int at = ((g * groupChannels + c) * groupOutputs + o) * runs.kernelElements();
                        for (int k = 0; k < runs.kernelElements(); k++) {
                            runs.scatter(k, weights[at + k], inputs, c * runs.positions(), result, 0);
                        }
                    }
                    Elements.write(y, (n * sizes[1] + m) * planeSize, result, 0, planeSize);
                }
            }
        }
        return List.of(PointwisePrograms.epilogue(op.epilogue(), y, ConvolutionTranspose.EPILOGUE_INPUT, in));
    }

    private static void requireChannels(EvaluationContext in, long channels, long needed) {
        if (channels != needed) {
            throw in.error("the data has " + channels + " channels, the weights need " + needed);
        }
    }
}
