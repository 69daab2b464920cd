package io.firesteel.reference;

import io.firesteel.op.RandomNumbers;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.DoubleSupplier;

/** Evaluators of {@link RandomNumbers}. */
public final class RandomNumberEvaluators implements EvaluatorFamily {

    private static final double DEFAULT_RATIO = 0.5;

    @Override
    public void register(Registry registry) {
        registry.add(RandomNumbers.RandomNormal.class, (op, in) -> fill(op.dataType(),
                op.shape().stream().mapToLong(Long::longValue).toArray(), normal(op.mean(), op.scale(), op.seed())));
        registry.add(RandomNumbers.RandomNormalLike.class, (op, in) -> fill(op.dataType(), in.tensor(0).sizes(),
                normal(op.mean(), op.scale(), op.seed())));
        registry.add(RandomNumbers.RandomUniform.class, (op, in) -> fill(op.dataType(),
                op.shape().stream().mapToLong(Long::longValue).toArray(), uniform(op.low(), op.high(), op.seed())));
        registry.add(RandomNumbers.RandomUniformLike.class, (op, in) -> fill(op.dataType(), in.tensor(0).sizes(),
                uniform(op.low(), op.high(), op.seed())));
        registry.add(RandomNumbers.Bernoulli.class, (op, in) -> {
            Tensor probability = in.tensor(0);
            Random random = random(op.seed());
            Tensor y = Tensor.zeros(op.dataType(), probability.sizes());
            for (long i = 0; i < y.elements(); i++) {
                y.setDouble(i, random.nextDouble() < probability.getDouble(i) ? 1 : 0);
            }
            return List.of(y);
        });
        registry.add(RandomNumbers.Multinomial.class, RandomNumberEvaluators::multinomial);
        registry.add(RandomNumbers.Dropout.class, RandomNumberEvaluators::dropout);
    }

    private static Random random(Optional<Float> seed) {
        return seed.map(s -> new Random(Float.floatToIntBits(s))).orElseGet(Random::new);
    }

    private static DoubleSupplier normal(float mean, float scale, Optional<Float> seed) {
        Random random = random(seed);
        return () -> mean + scale * random.nextGaussian();
    }

    private static DoubleSupplier uniform(float low, float high, Optional<Float> seed) {
        Random random = random(seed);
        return () -> low + ((double) high - low) * random.nextDouble();
    }

    private static List<HostValue> fill(DataType type, long[] sizes, DoubleSupplier numbers) {
        Tensor y = Tensor.zeros(type, sizes);
        for (long i = 0; i < y.elements(); i++) {
            y.setDouble(i, numbers.getAsDouble());
        }
        return List.of(y);
    }

    private static List<HostValue> multinomial(RandomNumbers.Multinomial op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        int classes = Math.toIntExact(x.size(1));
        Random random = random(op.seed());
        Tensor y = Tensor.zeros(op.dataType(), x.size(0), op.sampleSize());
        double[] upTo = new double[classes];
        for (long row = 0; row < x.size(0); row++) {
            double largest = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < classes; i++) {
                largest = Math.max(largest, x.getDouble(row * classes + i));
            }
            double sum = 0;
            for (int i = 0; i < classes; i++) {
                sum += Math.exp(x.getDouble(row * classes + i) - largest);
                upTo[i] = sum;
            }
            for (long k = 0; k < op.sampleSize(); k++) {
                double drawn = random.nextDouble() * sum;
                int chosen = 0;
                while (chosen < classes - 1 && upTo[chosen] <= drawn) {
                    chosen++;
                }
                y.setLong(row * op.sampleSize() + k, chosen);
            }
        }
        return List.of(y);
    }

    private static List<HostValue> dropout(RandomNumbers.Dropout op, EvaluationContext in) {
        Tensor x = in.tensor(0);
        boolean training = in.hasInput(2) && in.tensor(2).getBoolean(0);
        double ratio = in.hasInput(1) ? in.tensor(1).getDouble(0) : DEFAULT_RATIO;
        if (training && !(ratio >= 0 && ratio < 1)) {
            throw in.error("the ratio must be at least 0 and below 1, is " + ratio);
        }
        Tensor mask = Tensor.zeros(DataType.BOOL, x.sizes());
        boolean keepsAll = !training || ratio == 0;
        Random random = op.seed().map(Random::new).orElseGet(Random::new);
        Tensor y = keepsAll ? x : Tensor.zeros(x.dataType(), x.sizes());
        for (long i = 0; i < x.elements(); i++) {
            if (keepsAll || random.nextDouble() >= ratio) {
                mask.setLong(i, 1);
                if (!keepsAll) {
                    y.setDouble(i, x.getDouble(i) / (1 - ratio));
                }
            }
        }
        return List.of(y, mask);
    }
}
