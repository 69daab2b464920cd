// Sums of products of bytes become bytes.
typedef unsigned int u32;
typedef unsigned char byte;
template <int N> struct __align__(N * 4) words { u32 v[N]; };
typedef words<4> vector;

#if EXACT
#define START 0x4B400000
__device__ __forceinline__ float real(int sum) { return __int_as_float(sum) - 12582912.0f; }
#else
#define START 0
__device__ __forceinline__ float real(int sum) { return (float) sum; }
#endif

struct scaling { float factor, residualZero, resultFactor, resultZero, p0, p1, p2, p3; };
// byte k as a float: its bits behind the exponent of 2^23; the zero point is taken away together with that
__device__ __forceinline__ float residual_byte(u32 word, int k, float zero) {
    return __uint_as_float(__byte_perm(SIGNED_R ? word ^ 0x80808080u : word, 0x4B000000u, 0x7440 + k)) - zero;
}
__device__ __forceinline__ float finish(float v, float r, float p0, float p1, float p2, float p3) { FUNCTION return v; }
__device__ __forceinline__ u32 rounded_byte(float v, float zero) {
    #if !BOUNDED
    v = fminf(fmaxf(v, LOWEST - zero), HIGHEST - zero);
    #endif
    return __float_as_uint(v + (12582912.0f + zero));
}
