// Every thread copies what it will read of the data and of the residual into places of its own in shared memory, STAGES groups of
// columns ahead, and so waits for nobody; blocks stay and four warps take 64 rows at a time.
#define UNITS ((ROWS + 63) / 64)
// 16 bytes from a column on, in pieces of N words, zeros from where the row ends
template <int N> __device__ __forceinline__ void copy(vector* to, const byte* from, int column, int columns, bool inside) {
    #pragma unroll
    for (int i = 0; i < 4 / N; i++) {
        bool valid = inside && column + i * N * 4 < columns;
        u32 place = (u32) __cvta_generic_to_shared(to) + i * N * 4;
        const byte* piece = valid ? from + column + i * N * 4 : from;
        if (N == 4) {
            asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" :: "r"(place), "l"(piece), "r"(valid ? 16 : 0) : "memory");
        } else {
            asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" :: "r"(place), "l"(piece), "n"(N * 4), "r"(valid ? N * 4 : 0)
                : "memory");
        }
    }
}
__device__ __forceinline__ void await_oldest() { asm volatile("cp.async.wait_group %0;" :: "n"(STAGES - 1) : "memory"); }

PRODUCT
    vector* fetched = numbers + GROUPS * (GROUP / 2) + threadIdx.x;
    vector* residuals = fetched + DATA_STAGES * PAIRS * 2 * THREADS;
    int lane = threadIdx.x % 32, t = lane % 4, rowOfUnit = threadIdx.x / 32 % 4 * 16 + lane / 4;
    int group0 = blockIdx.x % TILES * GROUPS;
    int step = gridDim.x / TILES * (THREADS / 128);
    int nextUnit = blockIdx.x / TILES * (THREADS / 128) + threadIdx.x / 128, nextGroup = 0, nextData = 0, nextResidual = 0;
    auto fetch = [&]() {
        if (nextUnit < UNITS) {
            int row = nextUnit * 64 + rowOfUnit;
            if (nextGroup == 0) {
                place at0 = locate(x, row), at1 = locate(x, row + 8);
                vector* to = fetched + nextData * (PAIRS * 2 * THREADS);
                #pragma unroll
                for (int p = 0; p < PAIRS; p++) {
                    copy<PIECE_X>(to + p * 2 * THREADS, at0.pixel, p * 64 + t * 16, INNER, at0.inside);
                    copy<PIECE_X>(to + (p * 2 + 1) * THREADS, at1.pixel, p * 64 + t * 16, INNER, at1.inside);
                }
                nextData = nextData + 1 == DATA_STAGES ? 0 : nextData + 1;
            }
            #if ROW_R > 0
            int column = (group0 + nextGroup) * GROUP + t * OWN;
            bool in0 = row < ROWS, in1 = row + 8 < ROWS;
            copy<PIECE_R>(residuals + nextResidual * 2 * THREADS, residual + (in0 ? (long long) row * ROW_R : 0), column, COLUMNS, in0);
            copy<PIECE_R>(residuals + (nextResidual * 2 + 1) * THREADS, residual + (in1 ? (row + 8LL) * ROW_R : 0), column, COLUMNS, in1);
            nextResidual = nextResidual + 1 == STAGES ? 0 : nextResidual + 1;
            #endif
            if (++nextGroup == GROUPS) { nextGroup = 0; nextUnit += step; }
        }
        asm volatile("cp.async.commit_group;" ::: "memory");
    };
    int unit = nextUnit;
    #pragma unroll 1
    for (int i = 0; i < STAGES; i++) fetch();
    prepare(memory, numbers, w, scales, biases, group0);
    int dataStage = 0, residualStage = 0;
    #pragma unroll 1
    for (; unit < UNITS; unit += step) {
        int row = unit * 64 + rowOfUnit;
        const vector* own = fetched + dataStage * (PAIRS * 2 * THREADS);
        dataStage = dataStage + 1 == DATA_STAGES ? 0 : dataStage + 1;
        auto data = [&](int p, int lower) { return own[((p < PAIRS ? p : 0) * 2 + lower) * THREADS]; };
        vector a[PRELOAD ? PAIRS : 1][2];
        #if PRELOAD
        await_oldest();
        read_pairs<PAIRS>(a, data, 0);
        #endif
        #pragma unroll 1
        for (int group = 0; group < GROUPS; group++) {
            await_oldest();
            vector r0 = {}, r1 = {};
            #if ROW_R > 0
            r0 = residuals[residualStage * 2 * THREADS];
            r1 = residuals[(residualStage * 2 + 1) * THREADS];
            residualStage = residualStage + 1 == STAGES ? 0 : residualStage + 1;
            #endif
            int sums[EIGHTS][4];
            multiply_rows(sums, a, data, memory, group);
            fetch();
            store(sums, r0, r1, numbers + group * (GROUP / 2) + t, scale, y, row, (group0 + group) * GROUP + t * OWN, row < ROWS, row + 8 < ROWS);
        }
    }
}
