package io.firesteel.onnx;

import io.firesteel.op.Detection.MaxRoiPool;
import io.firesteel.op.Detection.NonMaxSuppression;
import io.firesteel.op.Detection.RoiAlign;
import io.firesteel.op.Einsum;
import java.util.List;

/** Importers of operators on boxes and regions, and of Einstein sums. */
public final class DetectionImporters implements ImporterFamily {

    @Override
    public void register(Registry registry) {
        registry.add("NonMaxSuppression", n -> n.emit(new NonMaxSuppression(n.flag("center_point_box", false)), n.inputs()));
        registry.add("RoiAlign", n -> n.emit(new RoiAlign(n.string("mode", "avg").equals("max"), n.integer("output_height", 1),
                n.integer("output_width", 1), n.integer("sampling_ratio", 0), n.real("spatial_scale", 1),
                n.string("coordinate_transformation_mode", n.opset() < 16 ? "output_half_pixel" : "half_pixel").equals("half_pixel")),
                n.inputs()));
        registry.add("MaxRoiPool", n -> {
            List<Long> pooled = n.integers("pooled_shape").filter(s -> s.size() == 2)
                    .orElseThrow(() -> n.invalid("attribute 'pooled_shape' must have two sizes"));
            n.emit(new MaxRoiPool(pooled.get(0), pooled.get(1), n.real("spatial_scale", 1)), n.inputs());
        });
        registry.add("Einsum", n -> n.emit(new Einsum(n.string("equation", "")), n.inputs()));
    }
}
