package io.firesteel.backend.cpu.winograd;

import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.Execution;
import io.firesteel.backend.cpu.onednn.MatrixProducts;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.OneDnn;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.memory.NativeMemory;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A 3x3 convolution of stride 1 on fp32 tensors with blocked channels, with a quarter of the multiplications of the direct
 * one. Immutable and shared; {@link #bind} gives what one session runs.
 */
public final class WinogradConvolution implements AutoCloseable {

    /**
     * The convolution.
     *
     * @param batch images
     * @param channels input channels
     * @param height input rows
     * @param width input columns
     * @param outputs output channels
     * @param padTop rows of zeros above
     * @param padLeft columns of zeros to the left
     * @param outputHeight rows of the result; implies the padding below
     * @param outputWidth columns of the result
     */
    public record Geometry(int batch, int channels, int height, int width, int outputs, int padTop, int padLeft,
            int outputHeight, int outputWidth) {}

    /**
     * What follows the convolution and the bias.
     *
     * @param residual whether the destination's former content is added
     * @param lower smallest result: 0 for ReLU, minus infinity for none
     * @param upper largest result
     */
    public record Epilogue(boolean residual, float lower, float upper) {}

    private static final int PLANES = 36;
    /** Where the weights are small, a block of tiles stays in a core's own cache; else it must make the most of the weights. */
    private static final long SMALL_WEIGHT_BYTES = 2 << 20;
    private static final long SMALL_BLOCK_BYTES = 1 << 19;
    private static final long LARGE_BLOCK_BYTES = 1 << 20;
    private static final int FEWEST_OF_SMALL_BLOCK = 24;
    private static final int FEWEST_OF_LARGE_BLOCK = 48;

    private final Geometry geometry;
    private final Epilogue epilogue;
    private final int block;
    private final int paddedChannels;
    private final int paddedOutputs;
    private final int sourceChannels;
    private final int destinationChannels;
    private final int tileRows;
    private final int tileColumns;
    private final int tilesPerBlock;
    private final Primitive product;

    /** Prepares a convolution of tensors that stand alone; only where {@link #isAvailable()}. */
    public WinogradConvolution(Geometry geometry, Epilogue epilogue) {
        this(geometry, epilogue, geometry.channels, geometry.outputs);
    }

    /**
     * Prepares a convolution of slices of whole blocks of channels; only where {@link #isAvailable()}.
     *
     * @param sourceChannels channels of the tensor that holds the source
     * @param destinationChannels channels of the tensor that holds the destination
     */
    public WinogradConvolution(Geometry geometry, Epilogue epilogue, int sourceChannels, int destinationChannels) {
        this.sourceChannels = roundUp(sourceChannels, OneDnn.channelBlock());
        this.destinationChannels = roundUp(destinationChannels, OneDnn.channelBlock());
        this.geometry = geometry;
        this.epilogue = epilogue;
        this.block = OneDnn.channelBlock();
        this.paddedChannels = roundUp(geometry.channels, block);
        this.paddedOutputs = roundUp(geometry.outputs, block);
        this.tileRows = (geometry.outputHeight + 3) / 4;
        this.tileColumns = (geometry.outputWidth + 3) / 4;
        int tiles = geometry.batch * tileRows * tileColumns;
        long perTile = 4L * PLANES * (paddedChannels + paddedOutputs);
        boolean small = 4L * PLANES * paddedChannels * paddedOutputs <= SMALL_WEIGHT_BYTES;
        int most = (int) (small ? Math.max(FEWEST_OF_SMALL_BLOCK, SMALL_BLOCK_BYTES / perTile)
                : Math.max(FEWEST_OF_LARGE_BLOCK, LARGE_BLOCK_BYTES / perTile));
        int blocks = (tiles + most - 1) / most;
        this.tilesPerBlock = (tiles + blocks - 1) / blocks;
        this.product = MatrixProducts.matmul(MemoryDesc.rowMajor(ElementType.F32, PLANES, tilesPerBlock, paddedChannels),
                MemoryDesc.any(ElementType.F32, PLANES, paddedChannels, paddedOutputs), null,
                MemoryDesc.rowMajor(ElementType.F32, PLANES, tilesPerBlock, paddedOutputs), List.of());
    }

    /** Whether this JVM has the Vector API's module and vectors no wider than oneDNN's block of channels. */
    public static boolean isAvailable() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
                && OneDnn.unavailableReason().isEmpty()
                && OneDnn.channelBlock() % TileTransforms.lanes() == 0;
    }

    /** The layout in which {@link #bind} expects the transformed weights. */
    public MemoryDesc weightsDesc() {
        return product.desc(1);
    }

    /**
     * Transforms a kernel and stores it in the layout {@link #weightsDesc()}.
     *
     * @param weights address of fp32 [outputs, channels, 3, 3], row-major
     * @param target address of as many bytes as that layout takes
     */
    public void prepareWeights(long weights, long target) {
        new WeightTransform(geometry.channels, geometry.outputs, weightsDesc()).run(weights, target);
    }

    /** Bytes of scratch memory that a run needs, 64-byte aligned. */
    public long scratchBytes() {
        return inputBytes() + outputBytes() + product.scratchBytes();
    }

    private long inputBytes() {
        return 4L * PLANES * tilesPerBlock * paddedChannels;
    }

    private long outputBytes() {
        return 4L * PLANES * tilesPerBlock * paddedOutputs;
    }

    /**
     * Prepares a run on fixed memory.
     *
     * @param scratch address of {@link #scratchBytes()} bytes
     * @param source blocked channels
     * @param weights in the layout {@link #weightsDesc()}
     * @param bias one for each output channel, or null
     * @param destination blocked channels
     */
    public Run bind(long scratch, long source, long weights, float[] bias, long destination) {
        return new Run(scratch, source, weights, bias, destination);
    }

    @Override
    public void close() {
        product.close();
    }

    private static int roundUp(int n, int multiple) {
        return (n + multiple - 1) / multiple * multiple;
    }

    private static ByteBuffer view(long address, long bytes) {
        return NativeMemory.view(address, Math.toIntExact(bytes));
    }

    /** The convolution bound to one session's memory. */
    public final class Run implements AutoCloseable {

        private final ByteBuffer inputPlanes;
        private final ByteBuffer outputPlanes;
        private final float[] bias;
        private final Execution multiplication;
        private final float[] tile = TileTransforms.tile();
        private final float[] patch = TileTransforms.tile();
        private ByteBuffer source;
        private ByteBuffer destination;
        private long sourceAddress;
        private long destinationAddress;

        private Run(long scratch, long source, long weights, float[] bias, long destination) {
            this.inputPlanes = view(scratch, inputBytes());
            this.outputPlanes = view(scratch + inputBytes(), outputBytes());
            this.bias = new float[paddedOutputs];
            if (bias != null) {
                System.arraycopy(bias, 0, this.bias, 0, geometry.outputs);
            }
            this.multiplication = product.bind(scratch + inputBytes() + outputBytes(), scratch, weights,
                    scratch + inputBytes());
            setAddresses(source, destination);
        }

        /** Points the run at other memory. */
        public void setAddresses(long newSource, long newDestination) {
            if (newSource != sourceAddress) {
                sourceAddress = newSource;
                source = view(newSource, 4L * ((geometry.batch - 1) * sourceChannels + paddedChannels) * geometry.height
                        * geometry.width);
            }
            if (newDestination != destinationAddress) {
                destinationAddress = newDestination;
                destination = view(newDestination, 4L * ((geometry.batch - 1) * destinationChannels + paddedOutputs)
                        * geometry.outputHeight * geometry.outputWidth);
            }
        }

        /** Computes on the calling thread. */
        public void run() {
            int tiles = geometry.batch * tileRows * tileColumns;
            for (int first = 0; first < tiles; first += tilesPerBlock) {
                int count = Math.min(tilesPerBlock, tiles - first);
                for (int at = 0; at < paddedChannels; at += TileTransforms.lanes()) {
                    transformInput(first, count, at);
                }
                multiplication.run();
                for (int at = 0; at < paddedOutputs; at += TileTransforms.lanes()) {
                    transformOutput(first, count, at);
                }
            }
        }

        private void transformInput(int first, int count, int channel) {
            int pixelBytes = 4 * block;
            int rowBytes = pixelBytes * geometry.width;
            int imageBytes = 4 * sourceChannels * geometry.height * geometry.width;
            int channelBytes = (channel / block) * rowBytes * geometry.height + channel % block * 4;
            int planeBytes = 4 * tilesPerBlock * paddedChannels;
            for (int t = 0; t < count; t++) {
                int tileIndex = first + t;
                int image = tileIndex / (tileRows * tileColumns);
                int top = tileIndex / tileColumns % tileRows * 4 - geometry.padTop;
                int left = tileIndex % tileColumns * 4 - geometry.padLeft;
                int at = image * imageBytes + channelBytes + top * rowBytes + left * pixelBytes;
                if (top >= 0 && left >= 0 && top + 6 <= geometry.height && left + 6 <= geometry.width) {
                    TileTransforms.inputColumns(source, at, rowBytes, pixelBytes, tile);
                } else {
                    TileTransforms.copyPatch(source, at, rowBytes, pixelBytes, Math.max(0, -top),
                            Math.min(6, geometry.height - top), Math.max(0, -left), Math.min(6, geometry.width - left), patch);
                    TileTransforms.inputColumns(patch, tile);
                }
                TileTransforms.inputRows(tile, inputPlanes, 4 * (t * paddedChannels + channel), planeBytes);
            }
        }

        private void transformOutput(int first, int count, int channel) {
            int pixelBytes = 4 * block;
            int rowBytes = pixelBytes * geometry.outputWidth;
            int imageBytes = 4 * destinationChannels * geometry.outputHeight * geometry.outputWidth;
            int channelBytes = (channel / block) * rowBytes * geometry.outputHeight + channel % block * 4;
            int planeBytes = 4 * tilesPerBlock * paddedOutputs;
            for (int t = 0; t < count; t++) {
                int tileIndex = first + t;
                int image = tileIndex / (tileRows * tileColumns);
                int top = tileIndex / tileColumns % tileRows * 4;
                int left = tileIndex % tileColumns * 4;
                TileTransforms.outputColumns(outputPlanes, 4 * (t * paddedOutputs + channel), planeBytes, tile);
                TileTransforms.outputRows(tile, bias, channel);
                TileTransforms.store(tile, destination, image * imageBytes + channelBytes + top * rowBytes + left * pixelBytes,
                        rowBytes, pixelBytes, Math.min(4, geometry.outputHeight - top),
                        Math.min(4, geometry.outputWidth - left), epilogue.residual, epilogue.lower, epilogue.upper);
            }
        }

        @Override
        public void close() {
            multiplication.close();
        }
    }
}
