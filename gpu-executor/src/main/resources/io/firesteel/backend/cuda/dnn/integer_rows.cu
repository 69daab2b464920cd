// Data goes from memory to registers; the residual of the next group of columns is read while one is made.
// 16 bytes from a column on, in pieces of N words, zeros from where the row ends
template <int N> __device__ __forceinline__ vector pieces(const byte* from, int column, int columns, bool inside) {
    vector r;
    #pragma unroll
    for (int i = 0; i < 4 / N; i++) {
        bool valid = inside && column + i * N * 4 < columns;
        words<N> piece;
        #pragma unroll
        for (int k = 0; k < N; k++) piece.v[k] = 0;
        if (valid) piece = *(const words<N>*) (from + i * N * 4);
        #pragma unroll
        for (int k = 0; k < N; k++) r.v[i * N + k] = piece.v[k];
    }
    return r;
}
// 16 bytes of what a window reaches, zeros beyond the image
__device__ __forceinline__ vector load(const place& at, int column) {
    bool inside = at.inside;
    const byte* from = at.pixel + column;
    #if TAPS > 1
    int tap = column / CHANNELS, y = tap / WINDOW_WIDTH, x = tap % WINDOW_WIDTH;
    inside = inside && (unsigned) (at.y + y) < HEIGHT && (unsigned) (at.x + x) < WIDTH;
    from = at.pixel + ((long long) y * WIDTH + x) * PITCH + column % CHANNELS;
    #endif
    return pieces<PIECE_X>(from, column, INNER, inside);
}

PRODUCT
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32, g = lane / 4, t = lane % 4;
    int group0 = blockIdx.x % TILES * GROUPS;
    prepare(memory, numbers, w, scales, biases, group0);
    #pragma unroll 1
    for (int b = 0; b < PER_WARP; b++) {
        int row = ((blockIdx.x / TILES * PER_WARP + b) * WARPS + warp) * 16 + g;
        if (row - warp * 16 - g >= ROWS) return;
        place at0 = locate(x, row), at1 = locate(x, row + 8);
        auto data = [&](int p, int lower) { return load(lower ? at1 : at0, p * 64 + t * 16); };
        vector a[PRELOAD ? PAIRS : 1][2];
        #if PRELOAD
        read_pairs<PAIRS>(a, data, 0);
        #endif
        vector next0 = {}, next1 = {};
        #if ROW_R > 0
        const byte* from0 = residual + (long long) row * ROW_R + group0 * GROUP + t * OWN;
        const byte* from1 = from0 + 8LL * ROW_R;
        next0 = pieces<PIECE_R>(from0, group0 * GROUP + t * OWN, COLUMNS, at0.inside);
        next1 = pieces<PIECE_R>(from1, group0 * GROUP + t * OWN, COLUMNS, at1.inside);
        #endif
        #pragma unroll 1
        for (int group = 0; group < GROUPS; group++) {
            int column = (group0 + group) * GROUP + t * OWN;
            vector r0 = next0, r1 = next1;
            #if ROW_R > 0
            if (group + 1 < GROUPS) {
                next0 = pieces<PIECE_R>(from0 + (group + 1) * GROUP, column + GROUP, COLUMNS, at0.inside);
                next1 = pieces<PIECE_R>(from1 + (group + 1) * GROUP, column + GROUP, COLUMNS, at1.inside);
            }
            #endif
            int sums[EIGHTS][4];
            multiply_rows(sums, a, data, memory, group);
            store(sums, r0, r1, numbers + group * (GROUP / 2) + t, scale, y, row, column, at0.inside, at1.inside);
        }
    }
}
