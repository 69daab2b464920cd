package io.firesteel.onnx;

import io.firesteel.op.Resampling.AffineGrid;
import io.firesteel.op.Resampling.AspectRatioPolicy;
import io.firesteel.op.Resampling.CoordinateTransformation;
import io.firesteel.op.Resampling.DynamicResize;
import io.firesteel.op.Resampling.GridSample;
import io.firesteel.op.Resampling.Interpolation;
import io.firesteel.op.Resampling.Mode;
import io.firesteel.op.Resampling.NearestMode;
import io.firesteel.op.Resampling.PaddingMode;
import io.firesteel.op.Resampling.Resize;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.LongStream;

/** Importers of operators that sample images and volumes at other positions. */
public final class ResamplingImporters implements ImporterFamily {

    @Override
    public void register(Registry registry) {
        registry.add("", "Upsample", 1, 6, n -> upsample(n, Optional.of(
                List.of(1f, 1f, n.real("height_scale", 1), n.real("width_scale", 1)))));
        registry.add("", "Upsample", 7, 8, n -> upsample(n, n.reals("scales")));
        registry.add("", "Upsample", 9, Integer.MAX_VALUE, n -> upsample(n, n.constant(1).map(ResamplingImporters::floats)));
        registry.add("", "Resize", 1, 10, n -> upsample(n, n.constant(1).map(ResamplingImporters::floats)));
        registry.add("", "Resize", 11, Integer.MAX_VALUE, ResamplingImporters::resize);
        registry.add("GridSample", n -> n.emit(new GridSample(mode(n, n.string("mode", "linear")),
                constant(PaddingMode.class, n, n.string("padding_mode", "zeros")), n.flag("align_corners", false)), n.inputs()));
        registry.add("AffineGrid", n -> n.emit(new AffineGrid(n.flag("align_corners", false)), n.inputs()));
    }

    private static List<Float> floats(Tensor tensor) {
        List<Float> values = new ArrayList<>();
        for (float value : tensor.toFloats()) {
            values.add(value);
        }
        return values;
    }

    private static <E extends Enum<E>> E constant(Class<E> type, OnnxNode n, String name) {
        for (E constant : type.getEnumConstants()) {
            if (constant.name().toLowerCase(Locale.ROOT).equals(name)) {
                return constant;
            }
        }
        throw n.unsupported("'" + name + "' is not a " + type.getSimpleName() + " that is known");
    }

    private static Mode mode(OnnxNode n, String name) {
        return constant(Mode.class, n, switch (name) {
            case "bilinear" -> "linear";
            case "bicubic" -> "cubic";
            default -> name;
        });
    }

    /** Upsample, and Resize as it was in operator set 10. */
    private static void upsample(OnnxNode n, Optional<List<Float>> scales) {
        Interpolation how = new Interpolation(mode(n, n.string("mode", "nearest")), CoordinateTransformation.ASYMMETRIC,
                n.operator().equals("Upsample") ? NearestMode.FLOOR : NearestMode.SIMPLE, -0.75f, false, 0, false);
        if (scales.isPresent()) {
            List<Long> axes = LongStream.range(0, scales.get().size()).boxed().toList();
            n.emit(new Resize(how, axes, scales.get(), List.of(), AspectRatioPolicy.STRETCH, List.of()), n.input(0));
        } else {
            n.emit(new DynamicResize(how, List.of(), AspectRatioPolicy.STRETCH), n.input(0), "", n.input(1));
        }
    }

    private static void resize(OnnxNode n) {
        Interpolation how = new Interpolation(mode(n, n.string("mode", "nearest")),
                constant(CoordinateTransformation.class, n, n.string("coordinate_transformation_mode", "half_pixel")
                        .replace("tf_half_pixel_for_nn", "half_pixel")),
                constant(NearestMode.class, n, n.string("nearest_mode", "round_prefer_floor")), n.real("cubic_coeff_a", -0.75f),
                n.flag("exclude_outside", false), n.real("extrapolation_value", 0), n.flag("antialias", false));
        AspectRatioPolicy policy = constant(AspectRatioPolicy.class, n, n.string("keep_aspect_ratio_policy", "stretch"));
        Optional<List<Float>> scales = n.constant(2).map(ResamplingImporters::floats);
        Optional<List<Long>> sizes = n.hasInput(3) ? n.parameter("", 3) : Optional.of(List.of());
        boolean cropped = how.transformation() == CoordinateTransformation.TF_CROP_AND_RESIZE;
        Optional<List<Float>> region = cropped ? n.constant(1).map(ResamplingImporters::floats) : Optional.of(List.of());
        int count = scales.map(List::size).filter(s -> s > 0).orElseGet(() -> sizes.map(List::size).orElse(0));
        boolean known = count > 0 && region.isPresent() && (scales.isPresent() || !n.hasInput(2));
        if (known) {
            List<Long> axes = n.integers("axes").orElseGet(() -> LongStream.range(0, count).boxed().toList());
            List<Float> factors = scales.orElse(List.of());
            n.emit(new Resize(how, axes, factors, factors.isEmpty() ? sizes.get() : List.of(), policy, region.get()), n.input(0));
        } else {
            n.emit(new DynamicResize(how, n.integers("axes").orElse(List.of()), policy), n.inputs());
        }
    }
}
