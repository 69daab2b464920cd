// Attention on Hopper's warp groups: a block of four warps has the keys and values of a head whole in shared memory and takes 64 queries
// at a time, whose scores of all keys are in registers, so that the softmax is one pass.
#define ROW_BYTES (D > 64 ? 128 : D * 2)
#define VECTORS (D / 8)
#define KEY_ROWS ((KEYS + 31) / 32 * 32)
#define TILES ((QUERIES + 63) / 64)
#define THREADS 128
#define PANEL (D > 64 ? 64 : D)
#define BUFFERS (TILES < 2 ? TILES : 2)
#define TILE_BYTES (64 * D * 2)
#define KEY_BYTES (KEY_ROWS * D * 2)
#define LOG2E 1.4426950408889634f
#define MASKED (MASK_VECTORS || MASK_ELEMENTS)
#define COMMIT asm volatile("cp.async.commit_group;" ::: "memory")
#define WAIT(n) asm volatile("cp.async.wait_group %0;" :: "n"(n) : "memory")
#define SEEN_BY_TENSOR_CORES asm volatile("fence.proxy.async.shared::cta;" ::: "memory")
#define MULTIPLY_BEGIN asm volatile("wgmma.fence.sync.aligned;" ::: "memory")
#define MULTIPLY_END asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory")
#define MULTIPLY_WAIT asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory")

DEV float power_of_two(float v) { float r; asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(v)); return r; }

// Where eight neighbours of a row lie in a tile, swizzled as the tensor cores read it.
DEV unsigned place(int row, int vector, int rows) {
    if (ROW_BYTES == 64) return row * 64 + (vector ^ row / 2 % 4) * 16;
    return vector / 8 * rows * 128 + row * 128 + (vector % 8 ^ row % 8) * 16;
}
// The row of a key: the columns of scores that a thread has are eight neighbouring keys of 32.
DEV int row_of(int key) { return (key & ~31) | (key >> 1 & 3) << 3 | (key >> 3 & 3) << 1 | (key & 1); }

// Rows of a tensor of count rows; those beyond it become zeros.
template <int ROWS, bool BY_KEY> DEV void fetch(unsigned tile, const T* from, long long step, int count) {
    #pragma unroll
    for (int k = 0; k < ROWS * VECTORS / THREADS; ++k) {
        const int i = k * THREADS + threadIdx.x, r = i / VECTORS, c = i % VECTORS;
        const bool inside = ROWS <= count || r < count;
        const unsigned to = tile + place(BY_KEY ? row_of(r) : r, c, ROWS);
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" :: "r"(to), "l"(from + (inside ? r * step + c * 8 : 0)),
            "r"(inside ? 16 : 0) : "memory");
    }
}
DEV void fetch_queries(unsigned queries, const T* query, int tile) {
    if (tile < TILES)
        fetch<64, false>(queries + tile % BUFFERS * TILE_BYTES, query + tile * 64 * Q_ROW, Q_ROW,
            QUERIES % 64 == 0 ? 64 : QUERIES - tile * 64);
}

// What tensor cores are told of a matrix: its address, and that groups of eight rows follow each other.
DEV unsigned long long matrix(unsigned address) {
    const unsigned long long step = ROW_BYTES * 8 / 16;
    return (address & 0x3FFFF) >> 4 | step << 16 | step << 32 | (ROW_BYTES == 64 ? 2ull : 1ull) << 62;
}
#define FOUR(c, i) "+f"(c[i]), "+f"(c[i + 1]), "+f"(c[i + 2]), "+f"(c[i + 3])
#define SIXTEEN(c, i) FOUR(c, i), FOUR(c, i + 4), FOUR(c, i + 8), FOUR(c, i + 12)
#define FIRST_SIXTEEN "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15"
#define SECOND_SIXTEEN "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define TYPES "k16.f32." ELEMENT "." ELEMENT " "
// 64 queries times N keys, 16 summands.
template <int N> DEV void scores_of(float* c, unsigned long long a, unsigned long long b, int add) {
    if (N == 64)
        asm volatile("{ .reg .pred p; setp.ne.b32 p, %34, 0; wgmma.mma_async.sync.aligned.m64n64" TYPES "{" FIRST_SIXTEEN ","
            SECOND_SIXTEEN "}, %32, %33, p, 1, 1, 0, 0; }" : SIXTEEN(c, 0), SIXTEEN(c, 16) : "l"(a), "l"(b), "r"(add));
    else
        asm volatile("{ .reg .pred p; setp.ne.b32 p, %18, 0; wgmma.mma_async.sync.aligned.m64n32" TYPES "{" FIRST_SIXTEEN
            "}, %16, %17, p, 1, 1, 0, 0; }" : SIXTEEN(c, 0) : "l"(a), "l"(b), "r"(add));
}
// Weights of 64 queries and 16 keys times N columns of the values.
template <int N> DEV void sums_of(float* c, const unsigned* a, unsigned long long b, int add) {
    if (N == 64)
        asm volatile("{ .reg .pred p; setp.ne.b32 p, %37, 0; wgmma.mma_async.sync.aligned.m64n64" TYPES "{" FIRST_SIXTEEN ","
            SECOND_SIXTEEN "}, {%32,%33,%34,%35}, %36, p, 1, 1, 1; }" : SIXTEEN(c, 0), SIXTEEN(c, 16)
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(add));
    else
        asm volatile("{ .reg .pred p; setp.ne.b32 p, %21, 0; wgmma.mma_async.sync.aligned.m64n32" TYPES "{" FIRST_SIXTEEN
            "}, {%16,%17,%18,%19}, %20, p, 1, 1, 1; }" : SIXTEEN(c, 0)
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(add));
}
// Holds the compiler from using sums before they are waited for.
template <int N> DEV void keep(float* c) {
    #pragma unroll
    for (int i = 0; i < N; ++i) asm volatile("" : "+f"(c[i]) :: "memory");
}

#if MASK_VECTORS
// What is added to the scores of a thread's two rows.
struct Masks {
    Pack<M, 8> of[KEY_ROWS / 32][MASK_ROWS ? 2 : 1];

    __device__ __forceinline__ void load(const M* mask, long long n, int head, int row) {
        #pragma unroll
        for (int g = 0; g < KEY_ROWS / 32; ++g) {
            #pragma unroll
            for (int h = 0; h < (MASK_ROWS ? 2 : 1); ++h) {
                const int k = g * 32 + threadIdx.x % 4 * 8, q = row + h * 8;
                if ((KEYS % 32 == 0 || k < KEYS) && (QUERIES % 64 == 0 || MASK_ROWS == 0 || q < QUERIES))
                    of[g][h] = load_pack<M, 8>(mask + MASK_AT(n, head, q, k));
                else
                    for (int e = 0; e < 8; ++e) of[g][h].v[e] = put<M>(0.0f);
            }
        }
    }
};
#endif

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attention(T* out, const T* query, const T* key, const T* value
        MASK_PARAMETER) {
    extern __shared__ __align__(1024) unsigned char shared[];
    const unsigned queries = (unsigned) __cvta_generic_to_shared(shared), keys = queries + BUFFERS * TILE_BYTES;
    const unsigned values = keys + KEY_BYTES;
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const int head = blockIdx.x % HEADS;
    const long long n = blockIdx.x / HEADS;
    query += n * Q_BATCH + head * Q_HEAD;
    fetch_queries(queries, query, 0);
    fetch<KEY_ROWS, true>(keys, key + n * K_BATCH + head * K_HEAD, K_ROW, KEYS);
    COMMIT;
    fetch<KEY_ROWS, true>(values, value + n * V_BATCH + head * V_HEAD, V_ROW, KEYS);
    COMMIT;
    fetch_queries(queries, query, 1);
    COMMIT;
    #pragma unroll 1
    for (int tile = 0; tile < TILES; ++tile) {
        const int row = tile * 64 + warp * 16 + lane / 4;
        const unsigned buffer = tile % BUFFERS * TILE_BYTES;
#if MASK_VECTORS
        Masks masks;
        masks.load(mask, n, head, row);
#endif
        if (tile == 0) { WAIT(2); } else { WAIT(0); }
        SEEN_BY_TENSOR_CORES;
        __syncthreads();
        if (tile > 0) {
            // The results of the tile before have left their place.
            fetch_queries(queries, query, tile + 1);
            COMMIT;
        }
        float s[KEY_ROWS / 2];
        MULTIPLY_BEGIN;
        #pragma unroll
        for (int j = 0; j < KEY_ROWS; j += 64) {
            #pragma unroll
            for (int d = 0; d < D; d += 16) {
                const unsigned long long a = matrix(queries + buffer + d / 64 * 64 * 128 + d % 64 * 2);
                const unsigned long long b = matrix(keys + d / 64 * KEY_ROWS * 128 + j * ROW_BYTES + d % 64 * 2);
                if (j + 64 <= KEY_ROWS) scores_of<64>(s + j / 2, a, b, d);
                else scores_of<32>(s + j / 2, a, b, d);
            }
        }
        MULTIPLY_END;
        MULTIPLY_WAIT;
        keep<KEY_ROWS / 2>(s);
        const float factor = MASKED || SCALE <= 0 ? LOG2E : SCALE * LOG2E;
        float largest[2] = {-INF, -INF}, sum[2] = {0, 0};
        #pragma unroll
        for (int i = 0; i < KEY_ROWS / 2; ++i) {
            const int k = i / 16 * 32 + lane % 4 * 8 + i / 4 % 4 * 2 + i % 2, h = i / 2 % 2;
            float x = s[i];
#if MASK_VECTORS
            x = x * SCALE + get(masks.of[i / 16][MASK_ROWS ? h : 0].v[i / 4 % 4 * 2 + i % 2]);
#elif MASK_ELEMENTS
            if ((KEYS % 32 == 0 || k < KEYS) && (QUERIES % 64 == 0 || row + h * 8 < QUERIES))
                x = x * SCALE + MASK(n, head, row + h * 8, k);
#else
            if (SCALE <= 0) x *= SCALE;
#endif
            if (KEYS % 32 != 0 && k >= KEYS) x = -INF;
            s[i] = x;
            largest[h] = fmaxf(largest[h], x);
        }
        #pragma unroll
        for (int h = 0; h < 2; ++h) {
            largest[h] = fmaxf(largest[h], __shfl_xor_sync(0xffffffffu, largest[h], 1));
            largest[h] = fmaxf(largest[h], __shfl_xor_sync(0xffffffffu, largest[h], 2));
            largest[h] = largest[h] == -INF ? 0 : largest[h] * factor;
        }
        unsigned p[KEY_ROWS / 16][4];
        #pragma unroll
        for (int i = 0; i < KEY_ROWS / 2; i += 2) {
            const int h = i / 2 % 2;
            const float p0 = power_of_two(s[i] * factor - largest[h]), p1 = power_of_two(s[i + 1] * factor - largest[h]);
            sum[h] += p0 + p1;
            p[i / 8][i / 2 % 4] = Tensor<T>::pack(p0, p1);
        }
        if (tile == 0) {
            WAIT(1);
            SEEN_BY_TENSOR_CORES;
            __syncthreads();
        }
        #pragma unroll
        for (int i = 0; i < KEY_ROWS / 4; ++i) asm volatile("" : "+r"(p[i / 4][i % 4]) :: "memory");
        float o[D / 2];
        MULTIPLY_BEGIN;
        #pragma unroll
        for (int k = 0; k < KEY_ROWS; k += 16) {
            #pragma unroll
            for (int d = 0; d < D; d += PANEL)
                sums_of<PANEL>(o + d / 2, p[k / 16], matrix(values + d / 64 * KEY_ROWS * 128 + k * ROW_BYTES), k);
        }
        MULTIPLY_END;
        MULTIPLY_WAIT;
        keep<D / 2>(o);
        // All warps have read the queries: results take their place, and leave it as rows.
        __syncthreads();
        #pragma unroll
        for (int h = 0; h < 2; ++h) {
            sum[h] += __shfl_xor_sync(0xffffffffu, sum[h], 1);
            sum[h] += __shfl_xor_sync(0xffffffffu, sum[h], 2);
            const bool empty = ZERO_WHEN_MASKED && !(sum[h] > 0);
            const float quotient = 1 / sum[h];
            #pragma unroll
            for (int i = 0; i < D / 8; ++i)
                *(unsigned*) (shared + buffer + place(row % 64 + h * 8, i, 64) + lane % 4 * 4)
                    = empty ? 0 : Tensor<T>::pack(o[i * 4 + h * 2] * quotient, o[i * 4 + h * 2 + 1] * quotient);
        }
        __syncwarp();
        #pragma unroll
        for (int i = lane; i < 16 * VECTORS; i += 32) {
            const int r = warp * 16 + i / VECTORS, c = i % VECTORS, q = tile * 64 + r;
            if (QUERIES % 64 == 0 || q < QUERIES)
                store_pack(out + n * O_BATCH + q * O_ROW + head * D + c * 8,
                    load_pack<T, 8>((const T*) (shared + buffer + place(r, c, 64))));
        }
    }
}
