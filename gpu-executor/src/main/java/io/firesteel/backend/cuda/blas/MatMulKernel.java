package io.firesteel.backend.cuda.blas;

import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Stream;
import io.firesteel.backend.cuda.driver.Addresses;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import java.util.List;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasGemmAlgo;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;

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
        this.dataType = switch (type) {
            case FLOAT16 -> cudaDataType.CUDA_R_16F;
            case BFLOAT16 -> cudaDataType.CUDA_R_16BF;
            case FLOAT64 -> cudaDataType.CUDA_R_64F;
            default -> cudaDataType.CUDA_R_32F;
        };
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
            launches[i] = new Product(handle, inputs[0] + start[0] * elementBytes, inputs[1] + start[1] * elementBytes,
                    outputs[0] + start[2] * elementBytes);
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

    private final class Product implements Launch {
        private final cublasHandle handle;
        private final Pointer a;
        private final Pointer b;
        private final Pointer c;
        private final Pointer one;
        private final Pointer zero;
        private final int operationA = product.transposeA() ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
        private final int operationB = product.transposeB() ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
        private final int rows = Math.toIntExact(product.rows());
        private final int columns = Math.toIntExact(product.columns());
        private final int inner = Math.toIntExact(product.inner());
        private final int leadingA = product.transposeA() ? rows : inner;
        private final int leadingB = product.transposeB() ? inner : columns;

        Product(cublasHandle handle, long a, long b, long c) {
            this.handle = handle;
            this.a = Addresses.pointer(a);
            this.b = Addresses.pointer(b);
            this.c = Addresses.pointer(c);
            boolean wide = computeType == cublasComputeType.CUBLAS_COMPUTE_64F;
            this.one = wide ? Pointer.to(new double[] {1}) : Pointer.to(new float[] {1});
            this.zero = wide ? Pointer.to(new double[] {0}) : Pointer.to(new float[] {0});
        }

        @Override
        public void run() {
            if (product.count() == 1) {
                BlasHandle.check(JCublas2.cublasGemmEx_new(handle, operationB, operationA, columns, rows, inner, one, b, dataType,
                        leadingB, a, dataType, leadingA, zero, c, dataType, columns, computeType,
                        cublasGemmAlgo.CUBLAS_GEMM_DEFAULT), "cublasGemmEx");
            } else {
                BlasHandle.check(JCublas2.cublasGemmStridedBatchedEx_new(handle, operationB, operationA, columns, rows, inner, one, b,
                        dataType, leadingB, product.strideB(), a, dataType, leadingA, product.strideA(), zero, c, dataType, columns,
                        (long) rows * columns, Math.toIntExact(product.count()), computeType, cublasGemmAlgo.CUBLAS_GEMM_DEFAULT),
                        "cublasGemmStridedBatchedEx");
            }
        }
    }
}
