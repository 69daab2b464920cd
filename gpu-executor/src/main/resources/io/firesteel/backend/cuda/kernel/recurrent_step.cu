// One step of a recurrent layer: a block takes BLOCK_B rows and BLOCK_H hidden elements with all their gates.
#define BLOCK_B 32
#define BLOCK_H 8
#define DEPTH 32

extern "C" __global__ void __launch_bounds__(BLOCK_B * BLOCK_H) recurrent_step(T* result, T* state, float* cell, const float* gates,
        const T* before, const T* recurrence, const float* bias, const float* peephole, const int* lengths) {
    __shared__ float hs[BLOCK_B][DEPTH + 1];
    __shared__ float rs[GATES * BLOCK_H][DEPTH + 1];
    const int hidden0 = blockIdx.x % ((HIDDEN + BLOCK_H - 1) / BLOCK_H) * BLOCK_H;
    const int batch0 = blockIdx.x / ((HIDDEN + BLOCK_H - 1) / BLOCK_H) * BLOCK_B;
    const int x = threadIdx.x % BLOCK_H, y = threadIdx.x / BLOCK_H;
    float sum[GATES];
    for (int g = 0; g < GATES; ++g) sum[g] = 0;
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
    const int j = hidden0 + x, b = batch0 + y;
    if (j >= HIDDEN || b >= BATCH) return;
    float in[GATES];
    for (int g = 0; g < GATES; ++g) {
        in[g] = gates[(long long) b * GATES * HIDDEN + g * HIDDEN + j];
        sum[g] += bias ? bias[g * HIDDEN + j] : 0;
    }
    const float h = get(before[(long long) b * STATE_ROW + j]);
    const bool active = !lengths || STEP < lengths[b];
    float next = h;
    CELL
    if (result) result[(long long) b * RESULT_ROW + j] = put<T>(active ? next : 0);
    state[(long long) b * STATE_ROW + j] = put<T>(active ? next : h);
}
