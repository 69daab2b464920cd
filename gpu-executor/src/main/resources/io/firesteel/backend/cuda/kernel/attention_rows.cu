// Attention of any head size in fp32: a thread takes one query; keys and values pass through shared memory in blocks of 16.
#define BLOCK_Q 64
#define BLOCK_K 16

extern "C" __global__ void __launch_bounds__(BLOCK_Q) attention(T* out, const T* query, const T* key, const T* value MASK_PARAMETER) {
    __shared__ float keys[BLOCK_K][D];
    __shared__ float values[BLOCK_K][DV];
    const int blocks = (QUERIES + BLOCK_Q - 1) / BLOCK_Q;
    const int row = blockIdx.x % blocks * BLOCK_Q + threadIdx.x;
    const int head = blockIdx.x / blocks % HEADS;
    const long long n = blockIdx.x / blocks / HEADS;
    const T* const q = query + n * Q_BATCH + head * Q_HEAD + (long long) (row < QUERIES ? row : 0) * Q_ROW;
    const T* const k = key + n * K_BATCH + head * K_HEAD;
    const T* const v = value + n * V_BATCH + head * V_HEAD;
    float x[D], o[DV];
    #pragma unroll
    for (int d = 0; d < D; ++d) x[d] = get(q[d]) * SCALE;
    #pragma unroll
    for (int d = 0; d < DV; ++d) o[d] = 0;
    float largest = -INF, sum = 0;
    for (int first = 0; first < KEYS; first += BLOCK_K) {
        __syncthreads();
        for (int i = threadIdx.x; i < BLOCK_K * D; i += BLOCK_Q)
            keys[i / D][i % D] = first + i / D < KEYS ? get(k[(long long) (first + i / D) * K_ROW + i % D]) : 0;
        for (int i = threadIdx.x; i < BLOCK_K * DV; i += BLOCK_Q)
            values[i / DV][i % DV] = first + i / DV < KEYS ? get(v[(long long) (first + i / DV) * V_ROW + i % DV]) : 0;
        __syncthreads();
        if (row < QUERIES) {
            float s[BLOCK_K];
            float next = largest;
            #pragma unroll
            for (int j = 0; j < BLOCK_K; ++j) {
                float dot = 0;
                #pragma unroll
                for (int d = 0; d < D; ++d) dot += x[d] * keys[j][d];
                s[j] = first + j < KEYS ? dot + MASK(n, head, row, first + j) : -INF;
                next = fmaxf(next, s[j]);
            }
            const float base = next == -INF ? 0 : next;
            const float factor = expf(largest - base);
            largest = next;
            sum *= factor;
            #pragma unroll
            for (int d = 0; d < DV; ++d) o[d] *= factor;
            #pragma unroll
            for (int j = 0; j < BLOCK_K; ++j) {
                const float p = expf(s[j] - base);
                sum += p;
                #pragma unroll
                for (int d = 0; d < DV; ++d) o[d] += p * values[j][d];
            }
        }
    }
    if (row < QUERIES) {
        T* const to = out + n * O_BATCH + (long long) row * O_ROW + head * DV;
        #pragma unroll
        for (int d = 0; d < DV; ++d) to[d] = put<T>(ZERO_WHEN_MASKED && !(sum > 0) ? 0 : o[d] / sum);
    }
}
