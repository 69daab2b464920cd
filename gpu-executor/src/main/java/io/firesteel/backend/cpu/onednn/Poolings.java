package io.firesteel.backend.cpu.onednn;

import java.util.List;
import org.bytedeco.dnnl.global.dnnl;

/** Pooling, reduction and resampling. Arguments: source, destination. */
public final class Poolings {

    private Poolings() {}

    /** What a pooling window computes. */
    public enum Pool {
        /** Largest value. */
        MAX,
        /** Mean over the whole window, padding counted as zeros. */
        AVERAGE_WITH_PADDING,
        /** Mean over the part of the window that lies inside the source. */
        AVERAGE;

        int code() {
            return switch (this) {
                case MAX -> dnnl.dnnl_pooling_max;
                case AVERAGE_WITH_PADDING -> dnnl.dnnl_pooling_avg_include_padding;
                case AVERAGE -> dnnl.dnnl_pooling_avg_exclude_padding;
            };
        }
    }

    /** What a reduction computes. */
    public enum Reduction {
        /** Largest value. */
        MAX,
        /** Smallest value. */
        MIN,
        /** Sum. */
        SUM,
        /** Product. */
        MUL,
        /** Arithmetic mean. */
        MEAN;

        int code() {
            return switch (this) {
                case MAX -> dnnl.dnnl_reduction_max;
                case MIN -> dnnl.dnnl_reduction_min;
                case SUM -> dnnl.dnnl_reduction_sum;
                case MUL -> dnnl.dnnl_reduction_mul;
                case MEAN -> dnnl.dnnl_reduction_mean;
            };
        }
    }

    /** Pooling over spatial windows; the destination's size follows the window, whose end padding expresses ceil mode. */
    public static Primitive pool(Pool pool, MemoryDesc source, MemoryDesc destination, long[] kernel, Window window,
            List<PostOp> postOps) {
        return Primitive.create("pooling", unary(source, destination), postOps,
                (pd, engine, attr, scope) -> dnnl.dnnl_pooling_forward_primitive_desc_create(pd, engine,
                        dnnl.dnnl_forward_inference, pool.code(), source.toNative(scope), destination.toNative(scope),
                        window.strides(), kernel, window.gaps(), window.padBegin(), window.padEnd(), attr));
    }

    /** Reduction over every dimension that is 1 in the destination and more in the source. */
    public static Primitive reduce(Reduction reduction, MemoryDesc source, MemoryDesc destination, List<PostOp> postOps) {
        return Primitive.create("reduction", unary(source, destination), postOps,
                (pd, engine, attr, scope) -> dnnl.dnnl_reduction_primitive_desc_create(pd, engine, reduction.code(),
                        source.toNative(scope), destination.toNative(scope), 0f, 0f, attr));
    }

    /**
     * Spatial resampling with half-pixel centres.
     *
     * @param linear linear interpolation, else the nearest neighbour, the second of two that are as near
     */
    public static Primitive resample(boolean linear, MemoryDesc source, MemoryDesc destination, List<PostOp> postOps) {
        int algorithm = linear ? dnnl.dnnl_resampling_linear : dnnl.dnnl_resampling_nearest;
        return Primitive.create("resampling", unary(source, destination), postOps,
                (pd, engine, attr, scope) -> dnnl.dnnl_resampling_forward_primitive_desc_create(pd, engine,
                        dnnl.dnnl_forward_inference, algorithm, (float[]) null, source.toNative(scope),
                        destination.toNative(scope), attr));
    }

    static List<Primitive.Argument> unary(MemoryDesc source, MemoryDesc destination) {
        return List.of(new Primitive.Argument(dnnl.DNNL_ARG_SRC, source),
                new Primitive.Argument(dnnl.DNNL_ARG_DST, destination));
    }
}
