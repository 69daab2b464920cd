// What kernels that multiply rows of bytes with constant weights share.
// Hopper multiplies by four warps together
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
#define GROUPED 1
#else
#define GROUPED 0
#endif
#define WARPS (THREADS / 32)
// columns of a group that a thread makes, and its groups of eight columns
#define OWN (GROUP / 4)
#define EIGHTS (GROUP / 8)
// where 16 rows of a tile begin, zeros where the rows or the image have ended
struct place { const byte* pixel; int y, x; bool inside; };
__device__ __forceinline__ place locate(const byte* x, int row) {
    place p;
    p.inside = row < ROWS;
    int m = p.inside ? row : 0;
    p.y = m / OUT_WIDTH % OUT_HEIGHT * STRIDE_H - PAD_H;
    p.x = m % OUT_WIDTH * STRIDE_W - PAD_W;
    p.pixel = x + (((long long) (m / (OUT_WIDTH * OUT_HEIGHT)) * HEIGHT + p.y) * WIDTH + p.x) * PITCH;
    return p;
}

__device__ __forceinline__ void multiply(int* c, u32 a0, u32 a1, u32 a2, u32 a3, u32 b0, u32 b1) {
    asm volatile("mma.sync.aligned.m16n8k32.row.col.s32." OPERAND ".s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3]) : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}
#if GROUPED
// holds the compiler from using sums before they are waited for
__device__ __forceinline__ void keep(int (*c)[4]) {
    #pragma unroll
    for (int j = 0; j < EIGHTS; j++)
        #pragma unroll
        for (int k = 0; k < 4; k++) asm volatile("" : "+r"(c[j][k]) :: "memory");
}
// 64 rows, of which a warp has 16, times the columns of a group, 32 summands: weights from shared memory, in blocks of 8 columns x 16 bytes
__device__ __forceinline__ void multiply_group(int (*c)[4], u32 a0, u32 a1, u32 a2, u32 a3, unsigned long long weights) {
    #if GROUP == 64
    asm volatile("{ .reg .pred p; setp.eq.u32 p, 0, 0; "
        "wgmma.mma_async.sync.aligned.m64n64k32.s32." OPERAND ".s8 {%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,"
        "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31}, {%32,%33,%34,%35}, %36, p; }"
        : "+r"(c[0][0]), "+r"(c[0][1]), "+r"(c[0][2]), "+r"(c[0][3]), "+r"(c[1][0]), "+r"(c[1][1]), "+r"(c[1][2]), "+r"(c[1][3]),
          "+r"(c[2][0]), "+r"(c[2][1]), "+r"(c[2][2]), "+r"(c[2][3]), "+r"(c[3][0]), "+r"(c[3][1]), "+r"(c[3][2]), "+r"(c[3][3]),
          "+r"(c[4][0]), "+r"(c[4][1]), "+r"(c[4][2]), "+r"(c[4][3]), "+r"(c[5][0]), "+r"(c[5][1]), "+r"(c[5][2]), "+r"(c[5][3]),
          "+r"(c[6][0]), "+r"(c[6][1]), "+r"(c[6][2]), "+r"(c[6][3]), "+r"(c[7][0]), "+r"(c[7][1]), "+r"(c[7][2]), "+r"(c[7][3])
        : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "l"(weights));
    #elif GROUP == 32
    asm volatile("{ .reg .pred p; setp.eq.u32 p, 0, 0; "
        "wgmma.mma_async.sync.aligned.m64n32k32.s32." OPERAND ".s8 {%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15}, {%16,%17,%18,%19}, %20, p; }"
        : "+r"(c[0][0]), "+r"(c[0][1]), "+r"(c[0][2]), "+r"(c[0][3]), "+r"(c[1][0]), "+r"(c[1][1]), "+r"(c[1][2]), "+r"(c[1][3]),
          "+r"(c[2][0]), "+r"(c[2][1]), "+r"(c[2][2]), "+r"(c[2][3]), "+r"(c[3][0]), "+r"(c[3][1]), "+r"(c[3][2]), "+r"(c[3][3])
        : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "l"(weights));
    #else
    asm volatile("{ .reg .pred p; setp.eq.u32 p, 0, 0; "
        "wgmma.mma_async.sync.aligned.m64n16k32.s32." OPERAND ".s8 {%0,%1,%2,%3,%4,%5,%6,%7}, {%8,%9,%10,%11}, %12, p; }"
        : "+r"(c[0][0]), "+r"(c[0][1]), "+r"(c[0][2]), "+r"(c[0][3]), "+r"(c[1][0]), "+r"(c[1][1]), "+r"(c[1][2]), "+r"(c[1][3])
        : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "l"(weights));
    #endif
}
#endif

// how each of the kernels begins: the first part of shared memory are the weights, then come scales and biases
#define PRODUCT extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) product(const byte* __restrict__ x, \
        const vector* __restrict__ w, const float* __restrict__ scales, const float* __restrict__ biases, const byte* residual, TYPE_Y* y, \
        float factor, float residualZero, float resultFactor, float resultZero, float p0, float p1, float p2, float p3) { \
    extern __shared__ vector memory[]; \
    const scaling scale = {factor, residualZero, resultFactor, resultZero, p0, p1, p2, p3}; \
    vector* numbers = memory + GROUPS * PAIRS * (GROUP * 4);

// weights, scales and biases of a block's columns to shared memory
__device__ __forceinline__ void prepare(vector* memory, vector* numbers, const vector* w, const float* scales, const float* biases,
        int group0) {
    for (int i = threadIdx.x; i < GROUPS * PAIRS * (GROUP * 4); i += THREADS) {
        int r = i / (PAIRS * 4), c = i % (PAIRS * 4);
        vector v = w[((long long) group0 * GROUP + r) * (PAIRS * 4) + c];
        #if GROUPED
        memory[r / GROUP * PAIRS * (GROUP * 4) + c * GROUP + r % GROUP] = v;
        #else
        #pragma unroll
        for (int k = 0; k < 4; k++)
            memory[((r / GROUP * PAIRS + c / 4) * EIGHTS + r / 8 % EIGHTS) * 32 + r % 8 * 4 + k].v[c % 4] = v.v[k];
        #endif
    }
    for (int i = threadIdx.x; i < GROUPS * (GROUP / 2); i += THREADS) {
        int column = group0 * GROUP + i / (GROUP / 2) * GROUP + i % 4 * OWN + i / 4 % EIGHTS * 2;
        vector n;
        n.v[0] = __float_as_uint(scales[column]); n.v[1] = __float_as_uint(biases[column]);
        n.v[2] = __float_as_uint(scales[column + 1]); n.v[3] = __float_as_uint(biases[column + 1]);
        numbers[i] = n;
    }
    #if GROUPED
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    #endif
    __syncthreads();
}

// sums += N pairs of 32 summands, of which the first has a number, times the weights of a group
template <int N> __device__ __forceinline__ void multiply_pairs(int (*sums)[4], vector (*a)[2], const vector* memory, int group, int first) {
    #if GROUPED
    // columns 8 apart are 128 bytes apart, summands 16 apart as many as the group has columns, times 16
    unsigned long long weights = ((u32) __cvta_generic_to_shared(memory) & 0x3FFFF) >> 4 | (unsigned long long) GROUP << 16 | 8ull << 32;
    keep(sums);
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
    #endif
    #pragma unroll
    for (int p = 0; p < N; p++) {
        vector a0 = a[p][0], a1 = a[p][1];
        #if GROUPED
        unsigned long long from = weights + ((group * PAIRS + first + p) * (GROUP * 4));
        if (first + p < PAIRS) {
            multiply_group(sums, a0.v[0], a1.v[0], a0.v[1], a1.v[1], from);
            multiply_group(sums, a0.v[2], a1.v[2], a0.v[3], a1.v[3], from + GROUP * 2);
        }
        #else
        #pragma unroll
        for (int j = 0; j < EIGHTS; j++) {
            if (first + p >= PAIRS) continue;
            vector f = memory[((group * PAIRS + first + p) * EIGHTS + j) * 32 + threadIdx.x % 32];
            multiply(sums[j], a0.v[0], a1.v[0], a0.v[1], a1.v[1], f.v[0], f.v[1]);
            multiply(sums[j], a0.v[2], a1.v[2], a0.v[3], a1.v[3], f.v[2], f.v[3]);
        }
        #endif
    }
    #if GROUPED
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
    asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
    keep(sums);
    #endif
}

// N pairs of a row and of the one 8 below, from one on
template <int N, class Data> __device__ __forceinline__ void read_pairs(vector (*a)[2], Data data, int first) {
    #pragma unroll
    for (int p = 0; p < N; p++) {
        a[p][0] = data(first + p, 0);
        a[p][1] = data(first + p, 1);
    }
}

// the sums of a group of columns: from what was read of the rows or, where that is too much for registers, read here
template <class Data> __device__ __forceinline__ void multiply_rows(int (*sums)[4], vector (*a)[2], Data data, const vector* memory, int group) {
    #pragma unroll
    for (int j = 0; j < EIGHTS; j++)
        #pragma unroll
        for (int k = 0; k < 4; k++) sums[j][k] = START;
    #if PRELOAD
    multiply_pairs<PAIRS>(sums, a, memory, group, 0);
    #else
    #pragma unroll 1
    for (int first = 0; first < PAIRS; first += STEP) {
        vector some[STEP][2];
        read_pairs<STEP>(some, data, first);
        multiply_pairs<STEP>(sums, some, memory, group, first);
    }
    #endif
}

// OWN columns of two rows 8 apart, from their sums and the bytes of the residual
__device__ __forceinline__ void store(int (*sums)[4], vector r0, vector r1, const vector* numbers, const scaling& s, TYPE_Y* y, int row,
        int column, bool in0, bool in1) {
    u32 out[2][OWN / 4 * sizeof(TYPE_Y)];
    #pragma unroll
    for (int j = 0; j < EIGHTS; j++) {
        vector n = numbers[j * 4];
        #pragma unroll
        for (int half = 0; half < 2; half++) {
            float v0 = real(sums[j][half * 2]) * __uint_as_float(n.v[0]) + __uint_as_float(n.v[1]);
            float v1 = real(sums[j][half * 2 + 1]) * __uint_as_float(n.v[2]) + __uint_as_float(n.v[3]);
            float s0 = 0, s1 = 0;
            #if ROW_R > 0
            u32 word = half ? r1.v[j / 2] : r0.v[j / 2];
            s0 = residual_byte(word, j % 2 * 2, s.residualZero) * s.factor;
            s1 = residual_byte(word, j % 2 * 2 + 1, s.residualZero) * s.factor;
            #endif
            v0 = finish(v0, s0, s.p0, s.p1, s.p2, s.p3);
            v1 = finish(v1, s1, s.p0, s.p1, s.p2, s.p3);
            #if SCALED
            v0 *= s.resultFactor; v1 *= s.resultFactor;
            #endif
            #if BYTES
            u32 pair = __byte_perm(rounded_byte(v0, s.resultZero), rounded_byte(v1, s.resultZero), 0x0040);
            if (j % 2 == 0) out[half][j / 2] = pair; else out[half][j / 2] = __byte_perm(out[half][j / 2], pair, 0x5410);
            #else
            struct __align__(sizeof(TYPE_Y) * 2) { TYPE_Y lo, hi; } pair = { from_float<TYPE_Y>(v0), from_float<TYPE_Y>(v1) };
            words<sizeof(TYPE_Y) / 2> bits = *(words<sizeof(TYPE_Y) / 2>*) &pair;
            #pragma unroll
            for (int k = 0; k < sizeof(TYPE_Y) / 2; k++) out[half][j * (sizeof(TYPE_Y) / 2) + k] = bits.v[k];
            #endif
        }
    }
    #pragma unroll
    for (int half = 0; half < 2; half++) {
        TYPE_Y* to = y + (long long) (row + half * 8) * ROW_Y + column;
        #pragma unroll
        for (int i = 0; i < OWN / 4 * sizeof(TYPE_Y) / PIECE_Y; i++) {
            words<PIECE_Y> piece;
            #pragma unroll
            for (int k = 0; k < PIECE_Y; k++) piece.v[k] = out[half][i * PIECE_Y + k];
            int first = i * PIECE_Y * 4 / (int) sizeof(TYPE_Y);
            if ((half ? in1 : in0) && column + first < COLUMNS) *(words<PIECE_Y>*) (to + first) = piece;
        }
    }
}
