// Data goes from memory to registers; the residual of the next group of columns is read while one is made.
// 16 bytes of a row, zeros where it or the image has ended
__device__ __forceinline__ vector load(const place& at, int column) {
    bool inside = at.inside;
    const byte* from = at.pixel + column;
    #if TAPS > 1
    int tap = column / CHANNELS, y = tap / WINDOW_WIDTH, x = tap % WINDOW_WIDTH;
    inside = inside && (unsigned) (at.y + y) < HEIGHT && (unsigned) (at.x + x) < WIDTH;
    from = at.pixel + ((long long) y * WIDTH + x) * PITCH + column % CHANNELS;
    #endif
    vector r;
    #pragma unroll
    for (int i = 0; i < 4 / PIECE_X; i++) {
        bool valid = inside && column + i * PIECE_X * 4 < INNER;
        words<PIECE_X> piece;
        #pragma unroll
        for (int k = 0; k < PIECE_X; k++) piece.v[k] = 0;
        if (valid) piece = *(const words<PIECE_X>*) (from + i * PIECE_X * 4);
        #pragma unroll
        for (int k = 0; k < PIECE_X; k++) r.v[i * PIECE_X + k] = piece.v[k];
    }
    return r;
}
__device__ __forceinline__ vector residual_at(const byte* from, int column, bool inside) {
    vector r;
    #pragma unroll
    for (int i = 0; i < 4 / PIECE_R; i++) {
        words<PIECE_R> piece;
        #pragma unroll
        for (int k = 0; k < PIECE_R; k++) piece.v[k] = 0;
        if (inside && column + i * PIECE_R * 4 < COLUMNS) piece = *(const words<PIECE_R>*) (from + i * PIECE_R * 4);
        #pragma unroll
        for (int k = 0; k < PIECE_R; k++) r.v[i * PIECE_R + k] = piece.v[k];
    }
    return r;
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) product(const byte* __restrict__ x, const vector* __restrict__ w,
        const float* __restrict__ scales, const float* __restrict__ biases, const byte* residual, TYPE_Y* y, float factor,
        float residualZero, float resultFactor, float resultZero, float p0, float p1, float p2, float p3) {
    extern __shared__ vector memory[];
    const scaling scale = {factor, residualZero, resultFactor, resultZero, p0, p1, p2, p3};
    vector* numbers = memory + GROUPS * PAIRS * 256;
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32, g = lane / 4, t = lane % 4;
    int group0 = blockIdx.x % TILES * GROUPS;
    prepare(memory, numbers, w, scales, biases, group0);
    #pragma unroll 1
    for (int b = 0; b < PER_WARP; b++) {
        int row = ((blockIdx.x / TILES * PER_WARP + b) * WARPS + warp) * 16 + g;
        if (row - warp * 16 - g >= ROWS) return;
        place at0 = locate(x, row), at1 = locate(x, row + 8);
        #if PRELOAD
        vector a[PAIRS][2];
        #pragma unroll
        for (int p = 0; p < PAIRS; p++) {
            a[p][0] = load(at0, p * 64 + t * 16);
            a[p][1] = load(at1, p * 64 + t * 16);
        }
        #endif
        vector next0 = {}, next1 = {};
        #if ROW_R > 0
        const byte* from0 = residual + (long long) row * ROW_R + group0 * 64 + t * 16;
        const byte* from1 = from0 + 8LL * ROW_R;
        next0 = residual_at(from0, group0 * 64 + t * 16, at0.inside);
        next1 = residual_at(from1, group0 * 64 + t * 16, at1.inside);
        #endif
        #pragma unroll 1
        for (int group = 0; group < GROUPS; group++) {
            int column = (group0 + group) * 64 + t * 16;
            vector r0 = next0, r1 = next1;
            #if ROW_R > 0
            if (group + 1 < GROUPS) {
                next0 = residual_at(from0 + (group + 1) * 64, column + 64, at0.inside);
                next1 = residual_at(from1 + (group + 1) * 64, column + 64, at1.inside);
            }
            #endif
            int sums[8][4];
            #pragma unroll
            for (int j = 0; j < 8; j++)
                #pragma unroll
                for (int k = 0; k < 4; k++) sums[j][k] = START;
            #pragma unroll 1
            for (int first = 0; first < PAIRS; first += STEP) {
                #if !PRELOAD
                vector a[STEP][2];
                #pragma unroll
                for (int p = 0; p < STEP; p++) {
                    a[p][0] = load(at0, (first + p) * 64 + t * 16);
                    a[p][1] = load(at1, (first + p) * 64 + t * 16);
                }
                #endif
                multiply_pairs<STEP>(sums, a, memory, group, first);
            }
            store(sums, r0, r1, numbers + group * 32 + t, scale, y, row, column, at0.inside, at1.inside);
        }
    }
}
