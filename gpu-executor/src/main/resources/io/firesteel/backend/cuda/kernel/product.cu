// A matrix product in fp32 whose operands are read, and whose result is written, by functions made for the layer:
// load_a(batch, row, inner), load_b(batch, inner, column) and finish(batch, row, column, sum).
#define TILE 64
#define DEPTH 16

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
