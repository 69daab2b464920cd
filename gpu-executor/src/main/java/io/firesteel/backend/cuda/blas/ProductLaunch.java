package io.firesteel.backend.cuda.blas;

import io.firesteel.backend.Launch;
import io.firesteel.backend.cuda.driver.Addresses;
import io.firesteel.tensor.DataType;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasGemmAlgo;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;

/**
 * One call of cuBLAS, which has columns contiguous where we have rows: it computes the transposed result from the transposed operands
 * in the opposite order.
 */
final class ProductLaunch implements Launch {

    private final cublasHandle handle;
    private final BatchedProduct product;
    private final int operandType;
    private final int resultType;
    private final int computeType;
    private final Pointer a;
    private final Pointer b;
    private final Pointer c;
    private final Pointer one;
    private final Pointer zero;
    private final int operationA;
    private final int operationB;
    private final int rows;
    private final int columns;
    private final int inner;

    /**
     * @param operandType of a and b, as {@link #code} gives it
     * @param resultType of the result
     * @param computeType a constant of {@link cublasComputeType}
     * @param a address of the first matrix
     * @param b address of the second
     * @param c address of the result
     */
    ProductLaunch(cublasHandle handle, BatchedProduct product, int operandType, int resultType, int computeType, long a, long b, long c) {
        this.handle = handle;
        this.product = product;
        this.operandType = operandType;
        this.resultType = resultType;
        this.computeType = computeType;
        this.a = Addresses.pointer(a);
        this.b = Addresses.pointer(b);
        this.c = Addresses.pointer(c);
        boolean wide = computeType == cublasComputeType.CUBLAS_COMPUTE_64F;
        this.one = wide ? Pointer.to(new double[] {1}) : Pointer.to(new float[] {1});
        this.zero = wide ? Pointer.to(new double[] {0}) : Pointer.to(new float[] {0});
        this.operationA = product.transposeA() ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
        this.operationB = product.transposeB() ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
        this.rows = Math.toIntExact(product.rows());
        this.columns = Math.toIntExact(product.columns());
        this.inner = Math.toIntExact(product.inner());
    }

    /** cuBLAS's number of an element type. */
    static int code(DataType type) {
        return switch (type) {
            case FLOAT16 -> cudaDataType.CUDA_R_16F;
            case BFLOAT16 -> cudaDataType.CUDA_R_16BF;
            case FLOAT64 -> cudaDataType.CUDA_R_64F;
            default -> cudaDataType.CUDA_R_32F;
        };
    }

    @Override
    public void run() {
        int leadingA = product.transposeA() ? rows : inner;
        int leadingB = product.transposeB() ? inner : columns;
        if (product.count() == 1) {
            BlasHandle.check(JCublas2.cublasGemmEx_new(handle, operationB, operationA, columns, rows, inner, one, b, operandType,
                    leadingB, a, operandType, leadingA, zero, c, resultType, columns, computeType,
                    cublasGemmAlgo.CUBLAS_GEMM_DEFAULT), "cublasGemmEx");
        } else {
            BlasHandle.check(JCublas2.cublasGemmStridedBatchedEx_new(handle, operationB, operationA, columns, rows, inner, one, b,
                    operandType, leadingB, product.strideB(), a, operandType, leadingA, product.strideA(), zero, c, resultType, columns,
                    (long) rows * columns, Math.toIntExact(product.count()), computeType, cublasGemmAlgo.CUBLAS_GEMM_DEFAULT),
                    "cublasGemmStridedBatchedEx");
        }
    }
}
