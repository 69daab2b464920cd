package io.firesteel.pass;

import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphRewriter;
import io.firesteel.graph.Node;
import io.firesteel.pass.fold.FoldConstants;
import io.firesteel.pass.fuse.FoldBatchNormalization;
import io.firesteel.pass.fuse.FoldBias;
import io.firesteel.pass.fuse.FoldPadding;
import io.firesteel.pass.fuse.FoldScaleIntoWeights;
import io.firesteel.pass.fuse.FuseEpilogue;
import io.firesteel.pass.fuse.FuseNormalization;
import io.firesteel.pass.fuse.FusePointwiseChains;
import io.firesteel.pass.fuse.MergeSiblings;
import io.firesteel.pass.fuse.PackAttention;
import io.firesteel.pass.pattern.FoldAffineIntoNormalization;
import io.firesteel.pass.pattern.RecognizeGelu;
import io.firesteel.pass.pattern.RecognizeLayerNormalization;
import io.firesteel.pass.pattern.RecognizeRmsNormalization;
import io.firesteel.pass.pattern.RecognizeSoftmax;
import io.firesteel.pass.pattern.RecognizeSwish;
import io.firesteel.pass.quant.CancelQuantization;
import io.firesteel.pass.quant.ExpandQuantized;
import io.firesteel.pass.quant.FuseQuantization;
import io.firesteel.pass.quant.FuseRequantization;
import io.firesteel.pass.quant.MoveDequantization;
import io.firesteel.pass.quant.MoveQuantization;
import io.firesteel.pass.quant.RecognizeGlobalAveragePool;
import io.firesteel.pass.quant.RecognizeQuantizedProducts;
import io.firesteel.pass.simplify.ComposeCasts;
import io.firesteel.pass.simplify.EliminateNoOperations;
import io.firesteel.pass.simplify.OptimizeBodies;
import io.firesteel.pass.simplify.ReplaceDivisionByProduct;
import io.firesteel.pass.simplify.ResolveParameters;
import io.firesteel.pass.simplify.ResolveShapes;
import io.firesteel.pass.simplify.ShareCommonSubexpressions;
import io.firesteel.pass.view.FoldTransposeIntoMatMul;
import io.firesteel.pass.view.FuseAttention;
import io.firesteel.pass.view.NarrowAttentionMask;
import io.firesteel.pass.view.SimplifyViews;
import io.firesteel.pass.view.SinkViewsThroughMatMul;
import io.firesteel.pass.view.SinkViewsThroughPointwise;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The optimizer's passes, in order. */
public final class Pipelines {

    /** What lowering runs again once the batch size is known: shapes have become constants. */
    private static final List<Pass> BUCKET = List.of(
            FoldConstants.ofRealNumbers(),
            new RewritePass(new ResolveShapes(), new ResolveParameters(), new EliminateNoOperations()),
            FoldConstants.ofRealNumbers(),
            new ShareCommonSubexpressions());

    private Pipelines() { }

    /**
     * What makes a plan of real numbers: independent of any device, the batch dimension symbolic. Made when it is asked for, as a plan
     * that is only run needs none of these classes.
     */
    private static List<Pass> ofPlans() {
        return List.of(
                new RewritePass(FoldTransposeIntoMatMul.ofWeights()),
                FoldConstants.ofRealNumbers(),
                new RewritePass(new ResolveShapes(), new ResolveParameters(), new ComposeCasts(), new EliminateNoOperations()),
                FoldConstants.ofRealNumbers(),
                new ShareCommonSubexpressions(),
                // Patterns are recognised in the operators that exporters emit, before fusion takes these apart.
                new RewritePass(new RecognizeRmsNormalization(), new RecognizeSoftmax(), new ReplaceDivisionByProduct()),
                new RewritePass(new RecognizeLayerNormalization()),
                new RewritePass(new FoldAffineIntoNormalization(), new RecognizeGelu(), new RecognizeSwish(),
                        new FoldBatchNormalization(), new FoldPadding()),
                new RewritePass(new SimplifyViews(), new SinkViewsThroughMatMul(), new SinkViewsThroughPointwise(),
                        new EliminateNoOperations()),
                // Attention's scale and mask would otherwise become epilogues of its products.
                new RewritePass(new FuseAttention(), new NarrowAttentionMask()),
                new RewritePass(new SimplifyViews(), new SinkViewsThroughMatMul(), new SinkViewsThroughPointwise(),
                        new EliminateNoOperations()),
                new ShareCommonSubexpressions(),
                FoldConstants.ofRealNumbers(),
                new RewritePass(FoldTransposeIntoMatMul.ofAll(), new FoldScaleIntoWeights(), new FoldBias()),
                new RewritePass(new FuseEpilogue()),
                new RewritePass(new MergeSiblings(), new PackAttention()),
                new RewritePass(new FusePointwiseChains()),
                // Constants are final here; bodies compute on real numbers.
                new OptimizeBodies(Pipelines::real));
    }

    /** Optimizes an imported network for a plan. */
    public static Graph plan(Graph graph, Firings firings) {
        return run(List.of(quantization()), real(graph, firings), firings);
    }

    private static Graph real(Graph graph, Firings firings) {
        return run(ofPlans(), graph, firings);
    }

    /**
     * Settles what a device computes in integers: all other numbers become real ones.
     *
     * @param refused names of the quantized layers it has no integer kernel for
     */
    public static Graph device(Graph graph, Set<String> refused) {
        return run(List.of(new RewritePass(new ExpandQuantized(refused)), new FoldConstants()), graph, new Firings());
    }

    /** Takes the normalization of images of bytes into the convolutions that read them. */
    public static Graph normalized(Graph graph) {
        return run(List.of(new RewritePass(new FuseNormalization())), graph, new Firings());
    }

    /** Brings an optimized network's layers into the forms that can be quantized. */
    public static Graph quantizable(Graph graph) {
        return run(List.of(new RewritePass(RecognizeGlobalAveragePool.ofAll())), graph, new Firings());
    }

    /** Takes quantization and dequantization, put into an optimized network, into its layers. */
    public static Graph quantized(Graph graph, Firings firings) {
        return run(List.of(quantization()), graph, firings);
    }

    private static Pass quantization() {
        return new RewritePass(new RecognizeQuantizedProducts(), RecognizeGlobalAveragePool.ofBytes(), new CancelQuantization(),
                new MoveDequantization(), new MoveQuantization(), new FuseQuantization(), new FuseRequantization());
    }

    /** Writes the quantization that layers have taken in out again, between layers on real numbers. */
    public static Graph explicit(Graph graph) {
        Set<String> all = graph.nodes().stream().map(Node::name).collect(Collectors.toSet());
        return run(List.of(new RewritePass(new ExpandQuantized(all))), graph, new Firings());
    }

    /** Simplifies a plan's network whose batch size was bound. */
    public static Graph bucket(Graph graph) {
        return run(BUCKET, graph, new Firings());
    }

    private static Graph run(List<Pass> passes, Graph graph, Firings firings) {
        Graph current = graph.hasUnused() ? new GraphRewriter(graph).apply("dead-code elimination") : graph;
        for (Pass pass : passes) {
            current = pass.run(current, firings);
        }
        return current;
    }
}
