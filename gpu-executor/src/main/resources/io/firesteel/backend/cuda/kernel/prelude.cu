// What every generated kernel begins with: element types, conversions, vectors and scalar functions. No header is included.
struct f16 { unsigned short bits; };
struct bf16 { unsigned short bits; };

#define INF __int_as_float(0x7f800000)
#define NOT_A_NUMBER __int_as_float(0x7fffffff)
#define DEV static __device__ __forceinline__

// The type a stored element is computed with.
template <class T> struct Math { typedef T type; };
template <> struct Math<f16> { typedef float type; };
template <> struct Math<bf16> { typedef float type; };

DEV float get(f16 v) { float r; asm("cvt.f32.f16 %0, %1;" : "=f"(r) : "h"(v.bits)); return r; }
DEV float get(bf16 v) { return __uint_as_float((unsigned) v.bits << 16); }
template <class T> DEV T get(T v) { return v; }

template <class T> struct Whole { static const bool value = false; };
template <> struct Whole<signed char> { static const bool value = true; };
template <> struct Whole<short> { static const bool value = true; };
template <> struct Whole<int> { static const bool value = true; };
template <> struct Whole<long long> { static const bool value = true; };
template <> struct Whole<unsigned char> { static const bool value = true; };
template <> struct Whole<unsigned short> { static const bool value = true; };
template <> struct Whole<unsigned> { static const bool value = true; };
template <> struct Whole<unsigned long long> { static const bool value = true; };

// Conversion to a stored type: rounding to nearest even, or truncating toward zero and keeping the low bits.
template <class T, bool WHOLE> struct Conversion { template <class S> static __device__ __forceinline__ T of(S v) { return (T) v; } };
template <class T> struct Conversion<T, true> {
    template <class S> static __device__ __forceinline__ T of(S v) { return (T) v; }
    static __device__ __forceinline__ T of(float v) { return v != v ? (T) 0 : (T) (long long) v; }
    static __device__ __forceinline__ T of(double v) { return v != v ? (T) 0 : (T) (long long) v; }
};
template <> struct Conversion<bool, false> { template <class S> static __device__ __forceinline__ bool of(S v) { return v != (S) 0; } };
template <> struct Conversion<f16, false> {
    static __device__ __forceinline__ f16 of(float v) { f16 r; asm("cvt.rn.f16.f32 %0, %1;" : "=h"(r.bits) : "f"(v)); return r; }
};
template <> struct Conversion<bf16, false> {
    static __device__ __forceinline__ bf16 of(float v) { bf16 r; asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(r.bits) : "f"(v)); return r; }
};
template <class T, class S> DEV T put(S v) { return Conversion<T, Whole<T>::value>::of(v); }

// N neighbouring elements moved at once.
template <class T, int N> struct alignas(sizeof(T) * N) Pack { T v[N]; };
template <class T, int N> DEV Pack<T, N> load_pack(const T* p) { return *(const Pack<T, N>*) p; }
template <class T, int N> DEV void store_pack(T* p, const Pack<T, N>& v) { *(Pack<T, N>*) p = v; }
// The same at addresses that may not be aligned to the whole.
template <class T, int N> DEV Pack<T, N> load_loose(const T* p) {
    if ((unsigned long long) p % sizeof(Pack<T, N>) == 0) return load_pack<T, N>(p);
    Pack<T, N> r;
    #pragma unroll
    for (int k = 0; k < N; ++k) r.v[k] = p[k];
    return r;
}
template <class T, int N> DEV void store_loose(T* p, const Pack<T, N>& v) {
    if ((unsigned long long) p % sizeof(Pack<T, N>) == 0) {
        store_pack(p, v);
    } else {
        #pragma unroll
        for (int k = 0; k < N; ++k) p[k] = v.v[k];
    }
}

DEV float f_floor(float v) { return floorf(v); }
DEV double f_floor(double v) { return floor(v); }
DEV float f_ceil(float v) { return ceilf(v); }
DEV double f_ceil(double v) { return ceil(v); }
DEV float f_round(float v) { return rintf(v); }
DEV double f_round(double v) { return rint(v); }
DEV float f_exp(float v) { return expf(v); }
DEV double f_exp(double v) { return exp(v); }
DEV float f_expm1(float v) { return expm1f(v); }
DEV double f_expm1(double v) { return expm1(v); }
DEV float f_log(float v) { return logf(v); }
DEV double f_log(double v) { return log(v); }
DEV float f_log1p(float v) { return log1pf(v); }
DEV double f_log1p(double v) { return log1p(v); }
DEV float f_sqrt(float v) { return sqrtf(v); }
DEV double f_sqrt(double v) { return sqrt(v); }
DEV float f_erf(float v) { return erff(v); }
DEV double f_erf(double v) { return erf(v); }
DEV float f_tanh(float v) { return tanhf(v); }
DEV double f_tanh(double v) { return tanh(v); }
DEV float f_sin(float v) { return sinf(v); }
DEV double f_sin(double v) { return sin(v); }
DEV float f_cos(float v) { return cosf(v); }
DEV double f_cos(double v) { return cos(v); }
DEV float f_tan(float v) { return tanf(v); }
DEV double f_tan(double v) { return tan(v); }
DEV float f_asin(float v) { return asinf(v); }
DEV double f_asin(double v) { return asin(v); }
DEV float f_acos(float v) { return acosf(v); }
DEV double f_acos(double v) { return acos(v); }
DEV float f_atan(float v) { return atanf(v); }
DEV double f_atan(double v) { return atan(v); }
DEV float f_sinh(float v) { return sinhf(v); }
DEV double f_sinh(double v) { return sinh(v); }
DEV float f_cosh(float v) { return coshf(v); }
DEV double f_cosh(double v) { return cosh(v); }
DEV float f_asinh(float v) { return asinhf(v); }
DEV double f_asinh(double v) { return asinh(v); }
DEV float f_acosh(float v) { return acoshf(v); }
DEV double f_acosh(double v) { return acosh(v); }
DEV float f_atanh(float v) { return atanhf(v); }
DEV double f_atanh(double v) { return atanh(v); }
DEV float f_fmod(float a, float b) { return fmodf(a, b); }
DEV double f_fmod(double a, double b) { return fmod(a, b); }

template <class T> DEV T zero_like(T) { return (T) 0; }
template <class T> DEV T f_min(T a, T b) { return a != a ? a : b != b ? b : b < a ? b : a; }
template <class T> DEV T f_max(T a, T b) { return a != a ? a : b != b ? b : b > a ? b : a; }
#if __CUDA_ARCH__ >= 800
DEV float f_min(float a, float b) { float r; asm("min.NaN.f32 %0, %1, %2;" : "=f"(r) : "f"(a), "f"(b)); return r; }
DEV float f_max(float a, float b) { float r; asm("max.NaN.f32 %0, %1, %2;" : "=f"(r) : "f"(a), "f"(b)); return r; }
#endif
template <class T> DEV T f_abs(T v) { return v < (T) 0 ? (T) -v : v == (T) 0 ? (T) 0 : v; }
template <class T> DEV T f_sign(T v) { return v > (T) 0 ? (T) 1 : v < (T) 0 ? (T) -1 : v; }
template <class T> DEV T f_relu(T v) { return v < (T) 0 ? (T) 0 : v; }
template <class T> DEV T f_sigmoid(T v) { return (T) 1 / ((T) 1 + f_exp(-v)); }
template <class T> DEV T f_clip(T v, T lower, T upper) { return f_min(f_max(v, lower), upper); }
template <class T> DEV T f_softplus(T v) { return f_max(v, (T) 0) + f_log1p(f_exp(-f_abs(v))); }
template <class T> DEV T f_gelu(T v) { return (T) 0.5 * v * ((T) 1 + f_erf(v * (T) 0.7071067811865475244)); }
template <class T> DEV T f_gelu_tanh(T v) {
    return (T) 0.5 * v * ((T) 1 + f_tanh((T) 0.7978845608028653559 * (v + (T) 0.044715 * v * v * v)));
}
template <class T> DEV T f_shrink(T v, T lambda, T bias) { return v < -lambda ? v + bias : v > lambda ? v - bias : (T) 0; }
template <class T> DEV T f_quotient(T a, T b) { return b == (T) 0 ? (T) 0 : a / b; }
DEV float f_quotient(float a, float b) { return a / b; }
DEV double f_quotient(double a, double b) { return a / b; }
template <class T> DEV T f_remainder(T a, T b) { return b == (T) 0 ? (T) 0 : a % b; }
DEV float f_remainder(float a, float b) { return fmodf(a, b); }
DEV double f_remainder(double a, double b) { return fmod(a, b); }
template <class T> DEV T f_modulo(T a, T b) {
    T r = f_remainder(a, b);
    return r != (T) 0 && (r < (T) 0) != (b < (T) 0) ? r + b : r;
}
template <class T> DEV T f_shift_left(T a, T b) { return b >= (T) (8 * sizeof(T)) ? (T) 0 : (T) (a << b); }
template <class T> DEV T f_shift_right(T a, T b) { return b >= (T) (8 * sizeof(T)) ? (T) 0 : (T) (a >> b); }
template <class T, class E> DEV T f_pow(T a, E b) { return put<T>(pow((double) a, (double) b)); }
template <class E> DEV float f_pow(float a, E b) { return powf(a, (float) b); }
template <class T> DEV bool f_isinf(T v, bool negative, bool positive) {
    return positive && v == (T) INF || negative && v == (T) -INF;
}

// Sums, largest and smallest over a warp.
template <class T> DEV T warp_sum(T v) {
    for (int step = 16; step > 0; step /= 2) v += __shfl_xor_sync(0xffffffffu, v, step);
    return v;
}
template <class T> DEV T warp_max(T v) {
    for (int step = 16; step > 0; step /= 2) v = f_max(v, __shfl_xor_sync(0xffffffffu, v, step));
    return v;
}
