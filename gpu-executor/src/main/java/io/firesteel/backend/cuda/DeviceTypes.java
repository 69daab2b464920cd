package io.firesteel.backend.cuda;

import io.firesteel.tensor.DataType;

/** Element types in device code. */
public final class DeviceTypes {

    /**
     * Device code that kernels begin with: the half types {@code fp16} and {@code bf16}, which hold bits, and conversions
     * {@code to_float(x)} and {@code from_float<T>(float)}, rounding to nearest even. It includes no header file.
     */
    public static final String PRELUDE = """
            struct __align__(2) fp16 { unsigned short bits; };
            struct __align__(2) bf16 { unsigned short bits; };
            __device__ __forceinline__ float to_float(float x) { return x; }
            __device__ __forceinline__ float to_float(fp16 x) {
                float r; asm("cvt.f32.f16 %0, %1;" : "=f"(r) : "h"(x.bits)); return r;
            }
            __device__ __forceinline__ float to_float(bf16 x) { return __uint_as_float((unsigned) x.bits << 16); }
            template <typename T> struct rounded;
            template <> struct rounded<float> { static __device__ __forceinline__ float of(float x) { return x; } };
            template <> struct rounded<fp16> { static __device__ __forceinline__ fp16 of(float x) {
                fp16 r; asm("cvt.rn.f16.f32 %0, %1;" : "=h"(r.bits) : "f"(x)); return r; } };
            template <> struct rounded<bf16> { static __device__ __forceinline__ bf16 of(float x) {
                bf16 r; asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(r.bits) : "f"(x)); return r; } };
            template <typename T> __device__ __forceinline__ T from_float(float x) { return rounded<T>::of(x); }
            """;

    private static final String BYTES = """
            __device__ __forceinline__ float to_float(signed char x) { return x; }
            template <> struct rounded<signed char> { static __device__ __forceinline__ signed char of(float x) {
                return (signed char) max(-128, min(127, __float2int_rn(x))); } };
            """;

    private DeviceTypes() { }

    /** {@link #PRELUDE}, with the conversions of a type where it does not hold them; bytes saturate. */
    public static String prelude(DataType type) {
        return type == DataType.INT8 ? PRELUDE + BYTES : PRELUDE;
    }

    /** The name of a type in device code that begins with {@link #PRELUDE}. */
    public static String name(DataType type) {
        return switch (type) {
            case FLOAT32 -> "float";
            case FLOAT16 -> "fp16";
            case BFLOAT16 -> "bf16";
            case FLOAT64 -> "double";
            case INT8 -> "signed char";
            case INT16 -> "short";
            case INT32 -> "int";
            case INT64 -> "long long";
            case UINT8, BOOL -> "unsigned char";
            case UINT16 -> "unsigned short";
            case UINT32 -> "unsigned int";
            case UINT64 -> "unsigned long long";
        };
    }

    /** Whether a value of the type is converted through {@code to_float} and {@code from_float}. */
    public static boolean isHalf(DataType type) {
        return type == DataType.FLOAT16 || type == DataType.BFLOAT16;
    }
}
