// One step of a recurrent layer: a block takes BLOCK_B rows and BLOCK_H hidden elements with all their gates. With two directions the
// second half of the blocks computes the other one.
#define BLOCK_B 32
#define BLOCK_H 8
#define DEPTH 32
#define REMEMBERED cell[(long long) b * HIDDEN + j]
// Whether an even index along the hidden axis, of which the tensor cores take sixteen at a time, is one.
#define INSIDE(k) (HIDDEN % 16 == 0 || (k) < HIDDEN)

extern "C" __global__ void __launch_bounds__(BLOCK_B * BLOCK_H) recurrent_step(T* result, T* state, float* cell, const float* gates,
        const T* before, const T* recurrence, const float* bias, const float* peephole, const int* lengths
#if DIRECTIONS == 2
        , T* result2, T* state2, float* cell2, const float* gates2, const T* before2, const T* recurrence2, const float* bias2,
        const float* peephole2
#endif
        ) {
    const int across = (HIDDEN + BLOCK_H - 1) / BLOCK_H;
    const int blocks = across * ((BATCH + BLOCK_B - 1) / BLOCK_B);
    const int block = blockIdx.x % blocks;
    const int hidden0 = block % across * BLOCK_H;
    const int batch0 = block / across * BLOCK_B;
#if DIRECTIONS == 2
    const int step = blockIdx.x < blocks ? STEP : STEP2;
    if (blockIdx.x >= blocks) {
        result = result2; state = state2; cell = cell2; gates = gates2; before = before2; recurrence = recurrence2; bias = bias2;
        peephole = peephole2;
    }
#else
    const int step = STEP;
#endif
    const int x = threadIdx.x % BLOCK_H, y = threadIdx.x / BLOCK_H;
    float sum[GATES];
    for (int g = 0; g < GATES; ++g) sum[g] = 0;
#if TENSOR_CORES
    // Eight warps share the inner axis; a warp multiplies 32 rows with the eight columns of every gate.
    __shared__ float parts[8][BLOCK_B][GATES * BLOCK_H + 1];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    float part[2][GATES][4];
    for (int m = 0; m < 2; ++m) for (int g = 0; g < GATES; ++g) for (int e = 0; e < 4; ++e) part[m][g][e] = 0;
    #pragma unroll 4
    for (int depth = warp * 16; depth < HIDDEN; depth += 128) {
        unsigned a[2][4];
        #pragma unroll
        for (int i = 0; i < 8; ++i) {
            const int b = batch0 + i / 4 * 16 + lane / 4 + i % 2 * 8, k = depth + lane % 4 * 2 + i / 2 % 2 * 8;
            a[i / 4][i % 4] = b < BATCH && INSIDE(k) ? *(const unsigned*) (before + (long long) b * STATE_ROW + k) : 0;
        }
        #pragma unroll
        for (int g = 0; g < GATES; ++g) {
            const int j = hidden0 + lane / 4, k = depth + lane % 4 * 2;
            const T* const r = recurrence + ((long long) g * HIDDEN + j) * HIDDEN + k;
            const unsigned b0 = INSIDE(j) && INSIDE(k) ? *(const unsigned*) r : 0;
            const unsigned b1 = INSIDE(j) && INSIDE(k + 8) ? *(const unsigned*) (r + 8) : 0;
            Tensor<T>::mma(part[0][g], a[0], b0, b1);
            Tensor<T>::mma(part[1][g], a[1], b0, b1);
        }
    }
    for (int m = 0; m < 2; ++m) for (int g = 0; g < GATES; ++g) for (int e = 0; e < 4; ++e)
        parts[warp][m * 16 + lane / 4 + e / 2 * 8][g * BLOCK_H + lane % 4 * 2 + e % 2] = part[m][g][e];
    __syncthreads();
    for (int g = 0; g < GATES; ++g) for (int w = 0; w < 8; ++w) sum[g] += parts[w][y][g * BLOCK_H + x];
#else
    __shared__ float hs[BLOCK_B][DEPTH + 1];
    __shared__ float rs[GATES * BLOCK_H][DEPTH + 1];
    for (int depth = 0; depth < HIDDEN; depth += DEPTH) {
        for (int i = threadIdx.x; i < BLOCK_B * DEPTH; i += BLOCK_B * BLOCK_H) {
            const int b = i / DEPTH, k = i % DEPTH;
            hs[b][k] = batch0 + b < BATCH && depth + k < HIDDEN ? get(before[(long long) (batch0 + b) * STATE_ROW + depth + k]) : 0;
        }
        for (int i = threadIdx.x; i < GATES * BLOCK_H * DEPTH; i += BLOCK_B * BLOCK_H) {
            const int g = i / DEPTH / BLOCK_H, j = i / DEPTH % BLOCK_H, k = i % DEPTH;
            rs[g * BLOCK_H + j][k] = hidden0 + j < HIDDEN && depth + k < HIDDEN
                ? get(recurrence[((long long) g * HIDDEN + hidden0 + j) * HIDDEN + depth + k]) : 0;
        }
        __syncthreads();
        #pragma unroll
        for (int k = 0; k < DEPTH; ++k) {
            #pragma unroll
            for (int g = 0; g < GATES; ++g) sum[g] += hs[y][k] * rs[g * BLOCK_H + x][k];
        }
        __syncthreads();
    }
#endif
    const int j = hidden0 + x, b = batch0 + y;
    if (j >= HIDDEN || b >= BATCH) return;
    float in[GATES];
    for (int g = 0; g < GATES; ++g) {
        in[g] = gates[(long long) b * GATES * HIDDEN + g * HIDDEN + j];
        sum[g] += bias ? bias[g * HIDDEN + j] : 0;
    }
    const float h = get(before[(long long) b * STATE_ROW + j]);
    const bool active = !lengths || step < lengths[b];
    float next = h;
    CELL
    if (result) result[(long long) b * RESULT_ROW + j] = put<T>(active ? next : 0);
    state[(long long) b * STATE_ROW + j] = put<T>(active ? next : h);
}
