package io.firesteel.backend.cpu.winograd;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The transforms of one tile for as many channels as a vector has lanes. Loaded only where the Vector API's module is
 * present. Methods are small because C2 gives up inlining vector operations in large ones.
 */
final class TileTransforms {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final int LANES = SPECIES.length();

    private TileTransforms() {}

    static int lanes() {
        return LANES;
    }

    /** A scratch array for one tile. */
    static float[] tile() {
        return new float[36 * LANES];
    }

    /** First half of the input transform, down the six columns of a tile inside the image. */
    static void inputColumns(ByteBuffer source, int at, int rowBytes, int pixelBytes, float[] tile) {
        for (int j = 0; j < 6; j++) {
            int p = at + j * pixelBytes;
            FloatVector d0 = FloatVector.fromByteBuffer(SPECIES, source, p, ORDER);
            FloatVector d1 = FloatVector.fromByteBuffer(SPECIES, source, p + rowBytes, ORDER);
            FloatVector d2 = FloatVector.fromByteBuffer(SPECIES, source, p + 2 * rowBytes, ORDER);
            FloatVector d3 = FloatVector.fromByteBuffer(SPECIES, source, p + 3 * rowBytes, ORDER);
            FloatVector d4 = FloatVector.fromByteBuffer(SPECIES, source, p + 4 * rowBytes, ORDER);
            FloatVector d5 = FloatVector.fromByteBuffer(SPECIES, source, p + 5 * rowBytes, ORDER);
            int q = j * LANES;
            FloatVector a = d4.sub(d2.mul(4f));
            FloatVector b = d3.sub(d1.mul(4f));
            FloatVector c = d4.sub(d2);
            FloatVector d = d3.sub(d1);
            d = d.add(d);
            a.sub(d2).add(d0.mul(4f)).intoArray(tile, q);
            a.add(b).intoArray(tile, q + 6 * LANES);
            a.sub(b).intoArray(tile, q + 12 * LANES);
            c.add(d).intoArray(tile, q + 18 * LANES);
            c.sub(d).intoArray(tile, q + 24 * LANES);
            d1.mul(4f).sub(d3.mul(5f)).add(d5).intoArray(tile, q + 30 * LANES);
        }
    }

    /** The same for a tile over the border, which was copied into {@code patch} with zeros around. */
    static void inputColumns(float[] patch, float[] tile) {
        for (int j = 0; j < 6; j++) {
            int q = j * LANES;
            FloatVector d0 = FloatVector.fromArray(SPECIES, patch, q);
            FloatVector d1 = FloatVector.fromArray(SPECIES, patch, q + 6 * LANES);
            FloatVector d2 = FloatVector.fromArray(SPECIES, patch, q + 12 * LANES);
            FloatVector d3 = FloatVector.fromArray(SPECIES, patch, q + 18 * LANES);
            FloatVector d4 = FloatVector.fromArray(SPECIES, patch, q + 24 * LANES);
            FloatVector d5 = FloatVector.fromArray(SPECIES, patch, q + 30 * LANES);
            FloatVector a = d4.sub(d2.mul(4f));
            FloatVector b = d3.sub(d1.mul(4f));
            FloatVector c = d4.sub(d2);
            FloatVector d = d3.sub(d1);
            d = d.add(d);
            a.sub(d2).add(d0.mul(4f)).intoArray(tile, q);
            a.add(b).intoArray(tile, q + 6 * LANES);
            a.sub(b).intoArray(tile, q + 12 * LANES);
            c.add(d).intoArray(tile, q + 18 * LANES);
            c.sub(d).intoArray(tile, q + 24 * LANES);
            d1.mul(4f).sub(d3.mul(5f)).add(d5).intoArray(tile, q + 30 * LANES);
        }
    }

    /** Copies the pixels of rows [row0, row1) and columns [column0, column1) of a tile, zeros elsewhere. */
    static void copyPatch(ByteBuffer source, int at, int rowBytes, int pixelBytes, int row0, int row1, int column0,
            int column1, float[] patch) {
        FloatVector zero = FloatVector.zero(SPECIES);
        for (int i = 0; i < 36; i++) {
            zero.intoArray(patch, i * LANES);
        }
        for (int i = row0; i < row1; i++) {
            for (int j = column0; j < column1; j++) {
                FloatVector.fromByteBuffer(SPECIES, source, at + i * rowBytes + j * pixelBytes, ORDER)
                        .intoArray(patch, (i * 6 + j) * LANES);
            }
        }
    }

    /** Second half of the input transform, along the rows, into the 36 planes. */
    static void inputRows(float[] tile, ByteBuffer planes, int at, int planeBytes) {
        for (int i = 0; i < 6; i++) {
            int q = i * 6 * LANES;
            FloatVector d1 = FloatVector.fromArray(SPECIES, tile, q + LANES);
            FloatVector d2 = FloatVector.fromArray(SPECIES, tile, q + 2 * LANES);
            FloatVector d3 = FloatVector.fromArray(SPECIES, tile, q + 3 * LANES);
            FloatVector d4 = FloatVector.fromArray(SPECIES, tile, q + 4 * LANES);
            FloatVector a = d4.sub(d2.mul(4f));
            FloatVector b = d3.sub(d1.mul(4f));
            FloatVector c = d4.sub(d2);
            FloatVector d = d3.sub(d1);
            d = d.add(d);
            int p = at + i * 6 * planeBytes;
            a.sub(d2).add(FloatVector.fromArray(SPECIES, tile, q).mul(4f)).intoByteBuffer(planes, p, ORDER);
            a.add(b).intoByteBuffer(planes, p + planeBytes, ORDER);
            a.sub(b).intoByteBuffer(planes, p + 2 * planeBytes, ORDER);
            c.add(d).intoByteBuffer(planes, p + 3 * planeBytes, ORDER);
            c.sub(d).intoByteBuffer(planes, p + 4 * planeBytes, ORDER);
            d1.mul(4f).sub(d3.mul(5f)).add(FloatVector.fromArray(SPECIES, tile, q + 5 * LANES))
                    .intoByteBuffer(planes, p + 5 * planeBytes, ORDER);
        }
    }

    /** First half of the output transform: 36 planes to a 4 by 6 tile. */
    static void outputColumns(ByteBuffer planes, int at, int planeBytes, float[] tile) {
        for (int j = 0; j < 6; j++) {
            int p = at + j * planeBytes;
            int step = 6 * planeBytes;
            FloatVector m1 = FloatVector.fromByteBuffer(SPECIES, planes, p + step, ORDER);
            FloatVector m2 = FloatVector.fromByteBuffer(SPECIES, planes, p + 2 * step, ORDER);
            FloatVector m3 = FloatVector.fromByteBuffer(SPECIES, planes, p + 3 * step, ORDER);
            FloatVector m4 = FloatVector.fromByteBuffer(SPECIES, planes, p + 4 * step, ORDER);
            FloatVector a = m1.add(m2);
            FloatVector b = m1.sub(m2);
            FloatVector c = m3.add(m4);
            FloatVector d = m3.sub(m4);
            int q = j * LANES;
            FloatVector.fromByteBuffer(SPECIES, planes, p, ORDER).add(a).add(c).intoArray(tile, q);
            b.add(d.add(d)).intoArray(tile, q + 6 * LANES);
            a.add(c.mul(4f)).intoArray(tile, q + 12 * LANES);
            b.add(d.mul(8f)).add(FloatVector.fromByteBuffer(SPECIES, planes, p + 5 * step, ORDER))
                    .intoArray(tile, q + 18 * LANES);
        }
    }

    /** Second half of the output transform, in place: four results at the start of each row, the bias added. */
    static void outputRows(float[] tile, float[] bias, int biasAt) {
        FloatVector offset = FloatVector.fromArray(SPECIES, bias, biasAt);
        for (int i = 0; i < 4; i++) {
            int q = i * 6 * LANES;
            FloatVector m1 = FloatVector.fromArray(SPECIES, tile, q + LANES);
            FloatVector m2 = FloatVector.fromArray(SPECIES, tile, q + 2 * LANES);
            FloatVector m3 = FloatVector.fromArray(SPECIES, tile, q + 3 * LANES);
            FloatVector m4 = FloatVector.fromArray(SPECIES, tile, q + 4 * LANES);
            FloatVector a = m1.add(m2).add(offset);
            FloatVector b = m1.sub(m2).add(offset);
            FloatVector c = m3.add(m4);
            FloatVector d = m3.sub(m4);
            FloatVector last = b.add(d.mul(8f)).add(FloatVector.fromArray(SPECIES, tile, q + 5 * LANES));
            FloatVector.fromArray(SPECIES, tile, q).add(a).add(c).intoArray(tile, q);
            b.add(d.add(d)).intoArray(tile, q + LANES);
            a.add(c.mul(4f)).intoArray(tile, q + 2 * LANES);
            last.intoArray(tile, q + 3 * LANES);
        }
    }

    /**
     * Stores rows and columns of a finished tile, after adding the residual where asked for and bounding the values.
     */
    static void store(float[] tile, ByteBuffer destination, int at, int rowBytes, int pixelBytes, int rows, int columns,
            boolean residual, float lower, float upper) {
        FloatVector low = FloatVector.broadcast(SPECIES, lower);
        FloatVector high = FloatVector.broadcast(SPECIES, upper);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                int p = at + i * rowBytes + j * pixelBytes;
                FloatVector v = FloatVector.fromArray(SPECIES, tile, (i * 6 + j) * LANES);
                if (residual) {
                    v = v.add(FloatVector.fromByteBuffer(SPECIES, destination, p, ORDER));
                }
                v = v.blend(low, v.lt(low));
                v.blend(high, high.lt(v)).intoByteBuffer(destination, p, ORDER);
            }
        }
    }
}
