package io.firesteel.backend.cuda.blas;

import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Stream;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import java.util.List;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasHandle;

/**
 * A product by cuBLAS, followed by a kernel for bias and epilogue. cuBLAS has columns contiguous where we have rows, so that it computes
 * the transposed result from the transposed operands in the opposite order.
 */
final class MatMulKernel implements Kernel {

    private final BatchedProduct product;
    private final int dataType;
    private final int elementBytes;
    private final int computeType;
    private final Kernel epilogue;
    private final List<Integer> epilogueInputs;

    /**
     * @param type of all three operands
     * @param epilogue reads the product in the result's memory and the further inputs, and writes the result; or null
     * @param epilogueInputs the step's inputs that are the epilogue's inputs 1 and on
     */
    MatMulKernel(BatchedProduct product, DataType type, Precision precision, Kernel epilogue, List<Integer> epilogueInputs) {
        this.product = product;
        this.elementBytes = type.bytes();
        this.dataType = ProductLaunch.code(type);
        this.computeType = type == DataType.FLOAT64 ? cublasComputeType.CUBLAS_COMPUTE_64F
                : type == DataType.FLOAT32 && precision != Precision.FP32 ? cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32
                : cublasComputeType.CUBLAS_COMPUTE_32F;
        this.epilogue = epilogue;
        this.epilogueInputs = epilogueInputs;
    }

    @Override
    public String implementation() {
        return epilogue == null ? "cublasGemmEx" : "cublasGemmEx + " + epilogue.implementation();
    }

    @Override
    public long scratchBytes() {
        return epilogue == null ? 0 : epilogue.scratchBytes();
    }

    @Override
    public Launch bind(Stream stream, long[] inputs, long[] outputs, long scratch) {
        CudaStream cuda = (CudaStream) stream;
        cublasHandle handle = BlasHandle.of(cuda).handle();
        Launch[] launches = new Launch[product.starts().size() + (epilogue == null ? 0 : 1)];
        for (int i = 0; i < product.starts().size(); i++) {
            long[] start = product.starts().get(i);
            launches[i] = new ProductLaunch(handle, product, dataType, dataType, computeType, inputs[0] + start[0] * elementBytes,
                    inputs[1] + start[1] * elementBytes, outputs[0] + start[2] * elementBytes);
        }
        if (epilogue != null) {
            long[] operands = new long[1 + epilogueInputs.size()];
            operands[0] = outputs[0];
            for (int i = 0; i < epilogueInputs.size(); i++) {
                operands[1 + i] = inputs[epilogueInputs.get(i)];
            }
            launches[launches.length - 1] = epilogue.bind(stream, operands, outputs, scratch);
        }
        return Launch.sequence(List.of(launches));
    }

    @Override
    public void close() {
        if (epilogue != null) {
            epilogue.close();
        }
    }
}
