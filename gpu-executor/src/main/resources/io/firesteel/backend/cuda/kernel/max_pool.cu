// Maxima over windows, channels innermost. A thread makes a tile of ROWS x COLUMNS results for 16 bytes of channels: it reads each element
// that the tile's windows share once, joins columns first and then rows.
#define SPAN ((COLUMNS - 1) * STRIDE_X + KERNEL_X)
typedef Pack<unsigned, 4> Words;

#if WORD_IS_FLOAT
DEV unsigned larger(unsigned a, unsigned b) {
    float r; asm("max.NaN.f32 %0, %1, %2;" : "=f"(r) : "f"(__uint_as_float(a)), "f"(__uint_as_float(b))); return __float_as_uint(r);
}
#else
DEV unsigned larger(unsigned a, unsigned b) { unsigned r; asm("max.NaN." WORD " %0, %1, %2;" : "=r"(r) : "r"(a), "r"(b)); return r; }
#endif
DEV void join(Words& a, const Words& b) {
    #pragma unroll
    for (int e = 0; e < 4; ++e) a.v[e] = larger(a.v[e], b.v[e]);
}

template <bool ALIGNED> DEV Words load(const T* p) {
    if (ALIGNED) return load_pack<unsigned, 4>((const unsigned*) p);
    union { Words words; T v[16 / sizeof(T)]; } r;
    #pragma unroll
    for (int e = 0; e < 16 / sizeof(T); ++e) r.v[e] = p[e];
    return r.words;
}
template <bool ALIGNED> DEV void store(T* p, const Words& words) {
    if (ALIGNED) { store_pack<unsigned, 4>((unsigned*) p, words); return; }
    union { Words words; T v[16 / sizeof(T)]; } r;
    r.words = words;
    #pragma unroll
    for (int e = 0; e < 16 / sizeof(T); ++e) p[e] = r.v[e];
}

template <bool ALIGNED> DEV void pool(const T* in, T* out, index_t row, index_t column) {
    Words best[ROWS][COLUMNS];
    #pragma unroll
    for (int r = 0; r < ROWS; ++r) {
        #pragma unroll
        for (int c = 0; c < COLUMNS; ++c) {
            #pragma unroll
            for (int e = 0; e < 4; ++e) best[r][c].v[e] = LOWEST;
        }
    }
    const index_t top = row * STRIDE_Y - PAD_Y, left = column * STRIDE_X - PAD_X;
    #pragma unroll
    for (int i = 0; i < (ROWS - 1) * STRIDE_Y + KERNEL_Y; ++i) {
        const bool inside = top + i >= 0 && top + i < HEIGHT;
        const T* const line = in + (top + i) * FROM_ROW + left * FROM_COLUMN;
        Words data[SPAN];
        #pragma unroll
        for (int k = 0; k < SPAN; ++k) {
            #pragma unroll
            for (int e = 0; e < 4; ++e) data[k].v[e] = LOWEST;
            if (inside && left + k >= 0 && left + k < WIDTH) data[k] = load<ALIGNED>(line + k * FROM_COLUMN);
        }
        #pragma unroll
        for (int c = 0; c < COLUMNS; ++c) {
            Words largest = data[c * STRIDE_X];
            #pragma unroll
            for (int k = 1; k < KERNEL_X; ++k) join(largest, data[c * STRIDE_X + k]);
            #pragma unroll
            for (int r = 0; r < ROWS; ++r) {
                if (i >= r * STRIDE_Y && i < r * STRIDE_Y + KERNEL_Y) join(best[r][c], largest);
            }
        }
    }
    #pragma unroll
    for (int r = 0; r < ROWS; ++r) {
        #pragma unroll
        for (int c = 0; c < COLUMNS; ++c) {
            if (row + r < OUT_HEIGHT && column + c < OUT_WIDTH)
                store<ALIGNED>(out + (row + r) * TO_ROW + (column + c) * TO_COLUMN, best[r][c]);
        }
    }
}

extern "C" __global__ void __launch_bounds__(128) maxPool(const T* in, T* out) {
    const index_t number = (index_t) blockIdx.x * 128 + threadIdx.x;
    if (number >= THREADS) return;
    const index_t channel = number % VECTORS * (16 / sizeof(T)), tile = number / VECTORS;
    const index_t column = tile % ACROSS * COLUMNS, row = tile / ACROSS % DOWN * ROWS, image = tile / ACROSS / DOWN;
    in += image * FROM_IMAGE + channel;
    out += image * TO_IMAGE + channel;
#if STRIDES_ALIGNED
    if ((((unsigned long long) in | (unsigned long long) out) & 15) == 0) {
        pool<true>(in, out, row, column);
        return;
    }
#endif
#if MAY_BE_LOOSE
    pool<false>(in, out, row, column);
#endif
}
