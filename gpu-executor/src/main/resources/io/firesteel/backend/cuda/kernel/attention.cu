// Attention on tensor cores (after Dao, FlashAttention-2, 2023): a block takes 64 queries of one head, each of its four warps 16;
// keys and values pass through shared memory in blocks of 64, the next one on its way while this one is used.
#define BLOCK_Q 64
#define BLOCK_K 64
#define ROW (D + 8)
#define TILE (BLOCK_K * ROW)
#define LOG2E 1.4426950408889634f

// Rows first to first + 63 of a tensor of count rows; those beyond it become zeros.
DEV void fetch(T* tile, const T* from, long long step, int first, int count) {
    for (int i = threadIdx.x; i < BLOCK_K * (D / 8); i += 128) {
        const int r = i / (D / 8), c = i % (D / 8) * 8;
        const bool inside = first + r < count;
        const T* p = from + (inside ? (first + r) * step + c : 0);
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" :: "r"((unsigned) __cvta_generic_to_shared(tile + r * ROW + c)),
            "l"(p), "r"(inside ? 16 : 0));
    }
}
#define COMMIT asm volatile("cp.async.commit_group;")
#define WAIT(n) asm volatile("cp.async.wait_group %0;" :: "n"(n))

DEV float power_of_two(float v) { float r; asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(v)); return r; }

extern "C" __global__ void __launch_bounds__(128, D <= 64 ? 4 : 2) attention(T* out, const T* query, const T* key, const T* value
        MASK_PARAMETER) {
    extern __shared__ __align__(16) unsigned char shared[];
    T* const queries = (T*) shared;
    T* const keys = queries + TILE;
    T* const values = keys + 2 * TILE;
    const int blocks = (QUERIES + BLOCK_Q - 1) / BLOCK_Q;
    const int first = blockIdx.x % blocks * BLOCK_Q;
    const int head = blockIdx.x / blocks % HEADS;
    const long long n = blockIdx.x / blocks / HEADS;
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const T* const q = query + n * Q_BATCH + head * Q_HEAD;
    const T* const k = key + n * K_BATCH + head * K_HEAD;
    const T* const v = value + n * V_BATCH + head * V_HEAD;
    const int steps = (KEYS + BLOCK_K - 1) / BLOCK_K;

    fetch(queries, q, Q_ROW, first, QUERIES);
    fetch(keys, k, K_ROW, 0, KEYS);
    COMMIT;
    fetch(values, v, V_ROW, 0, KEYS);
    COMMIT;
    unsigned a[D / 16][4];
    float o[D / 8][4];
    for (int i = 0; i < D / 8; ++i) for (int e = 0; e < 4; ++e) o[i][e] = 0;
    float largest[2] = {-INF, -INF}, sum[2] = {0, 0};
    #pragma unroll 1
    for (int step = 0; step < steps; ++step) {
        const T* const ks = keys + step % 2 * TILE;
        const T* const vs = values + step % 2 * TILE;
        if (step + 1 < steps) {
            fetch(keys + (step + 1) % 2 * TILE, k, K_ROW, (step + 1) * BLOCK_K, KEYS);
            COMMIT;
            fetch(values + (step + 1) % 2 * TILE, v, V_ROW, (step + 1) * BLOCK_K, KEYS);
            COMMIT;
        }
#if MASK_PAIRS
        // Two neighbours of the mask at once, on their way while the keys are.
        unsigned masks[BLOCK_K / 8][2];
        #pragma unroll
        for (int i = 0; i < BLOCK_K / 8; ++i) {
            #pragma unroll
            for (int h = 0; h < 2; ++h) {
                const int column = step * BLOCK_K + i * 8 + lane % 4 * 2, row = first + warp * 16 + lane / 4 + h * 8;
                if (h == 1 && MASK_ROWS == 0) masks[i][1] = masks[i][0];
                else masks[i][h] = (KEYS % BLOCK_K == 0 || column < KEYS) && (QUERIES % BLOCK_Q == 0 || row < QUERIES)
                    ? *(const unsigned*) (mask + MASK_AT(n, head, row, column)) : 0;
            }
        }
#endif
        if (step + 1 < steps) { WAIT(3); } else { WAIT(1); }
        __syncthreads();
        if (step == 0) {
            for (int d = 0; d < D / 16; ++d)
                matrices(a[d], queries + (warp * 16 + lane % 16) * ROW + d * 16 + lane / 16 * 8);
        }
        float s[BLOCK_K / 8][4];
        #pragma unroll
        for (int i = 0; i < BLOCK_K / 8; ++i) for (int e = 0; e < 4; ++e) s[i][e] = 0;
        #pragma unroll
        for (int d = 0; d < D / 16; ++d) {
            #pragma unroll
            for (int i = 0; i < BLOCK_K / 16; ++i) {
                unsigned b[4];
                matrices(b, ks + (i * 16 + lane / 16 * 8 + lane % 8) * ROW + d * 16 + lane / 8 % 2 * 8);
                Tensor<T>::mma(s[2 * i], a[d], b[0], b[1]);
                Tensor<T>::mma(s[2 * i + 1], a[d], b[2], b[3]);
            }
        }
        // Scores in powers of two.
        float next[2] = {largest[0], largest[1]};
        #pragma unroll
        for (int i = 0; i < BLOCK_K / 8; ++i) {
            #pragma unroll
            for (int e = 0; e < 4; ++e) {
                const int column = step * BLOCK_K + i * 8 + lane % 4 * 2 + e % 2;
                const int row = first + warp * 16 + lane / 4 + e / 2 * 8;
                float x = s[i][e] * (SCALE * LOG2E);
                if (KEYS % BLOCK_K != 0 && column >= KEYS) x = -INF;
#if MASK_PAIRS
                else {
                    T m;
                    m.bits = (unsigned short) (masks[i][e / 2] >> e % 2 * 16);
                    x += get(m) * LOG2E;
                }
#else
                else if (QUERIES % BLOCK_Q == 0 || row < QUERIES) x += MASK(n, head, row, column) * LOG2E;
#endif
                s[i][e] = x;
                next[e / 2] = fmaxf(next[e / 2], x);
            }
        }
        #pragma unroll
        for (int h = 0; h < 2; ++h) {
            next[h] = fmaxf(next[h], __shfl_xor_sync(0xffffffffu, next[h], 1));
            next[h] = fmaxf(next[h], __shfl_xor_sync(0xffffffffu, next[h], 2));
            const float base = next[h] == -INF ? 0 : next[h];
            const float factor = power_of_two(largest[h] - base);
            largest[h] = next[h];
            next[h] = base;
            sum[h] *= factor;
            #pragma unroll
            for (int i = 0; i < D / 8; ++i) { o[i][2 * h] *= factor; o[i][2 * h + 1] *= factor; }
        }
        #pragma unroll
        for (int i = 0; i < BLOCK_K / 8; ++i) {
            #pragma unroll
            for (int e = 0; e < 4; ++e) {
                s[i][e] = power_of_two(s[i][e] - next[e / 2]);
                sum[e / 2] += s[i][e];
            }
        }
        if (step + 1 < steps) { WAIT(2); } else { WAIT(0); }
        __syncthreads();
        #pragma unroll
        for (int i = 0; i < BLOCK_K / 16; ++i) {
            const unsigned p[4] = {Tensor<T>::pack(s[2 * i][0], s[2 * i][1]), Tensor<T>::pack(s[2 * i][2], s[2 * i][3]),
                Tensor<T>::pack(s[2 * i + 1][0], s[2 * i + 1][1]), Tensor<T>::pack(s[2 * i + 1][2], s[2 * i + 1][3])};
            #pragma unroll
            for (int d = 0; d < D / 16; ++d) {
                unsigned b[4];
                matrices_transposed(b, vs + (i * 16 + lane % 16) * ROW + d * 16 + lane / 16 * 8);
                Tensor<T>::mma(o[2 * d], p, b[0], b[1]);
                Tensor<T>::mma(o[2 * d + 1], p, b[2], b[3]);
            }
        }
        if (step + 2 < steps) __syncthreads();
    }
    // The queries of a warp are no longer needed: its results take their place, and leave it as rows.
    T* const rows = queries + warp * 16 * ROW;
    #pragma unroll
    for (int h = 0; h < 2; ++h) {
        sum[h] += __shfl_xor_sync(0xffffffffu, sum[h], 1);
        sum[h] += __shfl_xor_sync(0xffffffffu, sum[h], 2);
        const bool empty = ZERO_WHEN_MASKED && !(sum[h] > 0);
        const float factor = 1 / sum[h];
        #pragma unroll
        for (int i = 0; i < D / 8; ++i)
            *(unsigned*) (rows + (lane / 4 + h * 8) * ROW + i * 8 + lane % 4 * 2)
                = empty ? 0 : Tensor<T>::pack(o[i][2 * h] * factor, o[i][2 * h + 1] * factor);
    }
    __syncwarp();
    for (int i = lane; i < 16 * (D / 8); i += 32) {
        const int row = first + warp * 16 + i / (D / 8), c = i % (D / 8) * 8;
        if (row < QUERIES)
            store_pack(out + n * O_BATCH + (long long) row * O_ROW + head * D + c, load_pack<T, 8>(rows + i / (D / 8) * ROW + c));
    }
}
