// A matrix product with sums in fp32 whose operands are read, and whose result is written, by functions made for the layer:
// load_a(batch, row, inner), load_b(batch, inner, column) and finish(batch, row, column, sum).
#define TILE 64
#define DEPTH 16

#if TENSOR_CORES
#define DEEP 32
#define LINE (DEEP + 8)

extern "C" __global__ void __launch_bounds__(256) product(PARAMETERS) {
    __shared__ __align__(16) T as[TILE * LINE];
    __shared__ __align__(16) T bs[TILE * LINE];
    const index_t across = (COLUMNS_N + TILE - 1) / TILE, down = (ROWS_M + TILE - 1) / TILE;
    const index_t column0 = blockIdx.x % across * TILE;
    const index_t row0 = blockIdx.x / across % down * TILE;
    const index_t batch = blockIdx.x / across / down;
    const int lane = threadIdx.x % 32, warp_m = threadIdx.x / 32 % 4 * 16, warp_n = threadIdx.x / 128 * 32;
    float sum[4][4];
    for (int i = 0; i < 4; ++i) for (int e = 0; e < 4; ++e) sum[i][e] = 0;
    for (index_t depth = 0; depth < INNER_K; depth += DEEP) {
        #pragma unroll
        for (int i = 0; i < TILE * DEEP / 256; ++i) {
            const int e = threadIdx.x + i * 256;
            const int r = A_INNER ? e / DEEP : e % TILE, k = A_INNER ? e % DEEP : e / TILE;
            as[r * LINE + k] = put<T>(row0 + r < ROWS_M && depth + k < INNER_K ? LOAD_A(batch, row0 + r, depth + k) : 0.0f);
            const int c = B_INNER ? e / DEEP : e % TILE, l = B_INNER ? e % DEEP : e / TILE;
            bs[c * LINE + l] = put<T>(column0 + c < COLUMNS_N && depth + l < INNER_K ? LOAD_B(batch, depth + l, column0 + c) : 0.0f);
        }
        __syncthreads();
        #pragma unroll
        for (int k = 0; k < DEEP; k += 16) {
            unsigned a[4];
            matrices(a, as + (warp_m + lane % 16) * LINE + k + lane / 16 * 8);
            #pragma unroll
            for (int i = 0; i < 2; ++i) {
                unsigned b[4];
                matrices(b, bs + (warp_n + i * 16 + lane / 16 * 8 + lane % 8) * LINE + k + lane / 8 % 2 * 8);
                Tensor<T>::mma(sum[2 * i], a, b[0], b[1]);
                Tensor<T>::mma(sum[2 * i + 1], a, b[2], b[3]);
            }
        }
        __syncthreads();
    }
    for (int i = 0; i < 4; ++i) {
        for (int e = 0; e < 4; ++e) {
            const index_t row = row0 + warp_m + lane / 4 + e / 2 * 8, column = column0 + warp_n + i * 8 + lane % 4 * 2 + e % 2;
            if (row < ROWS_M && column < COLUMNS_N) FINISH(batch, row, column, sum[i][e]);
        }
    }
}
#else
extern "C" __global__ void __launch_bounds__(256) product(PARAMETERS) {
    __shared__ __align__(16) float as[DEPTH][TILE + 4];
    __shared__ __align__(16) float bs[DEPTH][TILE + 4];
    const index_t across = (COLUMNS_N + TILE - 1) / TILE, down = (ROWS_M + TILE - 1) / TILE;
    const index_t column0 = blockIdx.x % across * TILE;
    const index_t row0 = blockIdx.x / across % down * TILE;
    const index_t batch = blockIdx.x / across / down;
    const int across_x = threadIdx.x % 16, down_y = threadIdx.x / 16;
    float sum[4][4];
    for (int i = 0; i < 4; ++i) for (int j = 0; j < 4; ++j) sum[i][j] = 0;
    for (index_t depth = 0; depth < INNER_K; depth += DEPTH) {
        #pragma unroll
        for (int i = 0; i < TILE * DEPTH / 256; ++i) {
            const int e = threadIdx.x + i * 256;
            const int r = A_INNER ? e / DEPTH : e % TILE, k = A_INNER ? e % DEPTH : e / TILE;
            as[k][r] = row0 + r < ROWS_M && depth + k < INNER_K ? LOAD_A(batch, row0 + r, depth + k) : 0;
            const int c = B_INNER ? e / DEPTH : e % TILE, l = B_INNER ? e % DEPTH : e / TILE;
            bs[l][c] = column0 + c < COLUMNS_N && depth + l < INNER_K ? LOAD_B(batch, depth + l, column0 + c) : 0;
        }
        __syncthreads();
        #pragma unroll
        for (int k = 0; k < DEPTH; ++k) {
            const Pack<float, 4> a = load_pack<float, 4>(&as[k][down_y * 4]), b = load_pack<float, 4>(&bs[k][across_x * 4]);
            #pragma unroll
            for (int i = 0; i < 4; ++i) for (int j = 0; j < 4; ++j) sum[i][j] += a.v[i] * b.v[j];
        }
        __syncthreads();
    }
    for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 4; ++j) {
            if (row0 + down_y * 4 + i < ROWS_M && column0 + across_x * 4 + j < COLUMNS_N)
                FINISH(batch, row0 + down_y * 4 + i, column0 + across_x * 4 + j, sum[i][j]);
        }
    }
}
#endif
