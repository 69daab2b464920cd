// Every thread copies what it will read of the data and of the residual into places of its own in shared memory, STAGES groups of
// columns ahead, and so waits for nobody; blocks stay and four warps take 64 rows at a time.
#define UNITS ((ROWS + 63) / 64)
__device__ __forceinline__ void fetch16(vector* to, const byte* from, bool inside) {
    asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;"
        :: "r"((u32) __cvta_generic_to_shared(to)), "l"(from), "r"(inside ? 16 : 0) : "memory");
}
__device__ __forceinline__ void await_oldest() { asm volatile("cp.async.wait_group %0;" :: "n"(STAGES - 1) : "memory"); }

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) product(const byte* __restrict__ x, const vector* __restrict__ w,
        const float* __restrict__ scales, const float* __restrict__ biases, const byte* residual, TYPE_Y* y, float factor,
        float residualZero, float resultFactor, float resultZero, float p0, float p1, float p2, float p3) {
    extern __shared__ vector memory[];
    const scaling scale = {factor, residualZero, resultFactor, resultZero, p0, p1, p2, p3};
    vector* numbers = memory + GROUPS * PAIRS * 256;
    vector* data = numbers + GROUPS * 32 + threadIdx.x;
    vector* residuals = data + DATA_STAGES * PAIRS * 2 * THREADS;
    int lane = threadIdx.x % 32, t = lane % 4, rowOfUnit = threadIdx.x / 32 % 4 * 16 + lane / 4;
    int group0 = blockIdx.x % TILES * GROUPS;
    int step = gridDim.x / TILES * (THREADS / 128);
    int nextUnit = blockIdx.x / TILES * (THREADS / 128) + threadIdx.x / 128, nextGroup = 0, nextData = 0, nextResidual = 0;
    auto fetch = [&]() {
        if (nextUnit < UNITS) {
            int row = nextUnit * 64 + rowOfUnit;
            if (nextGroup == 0) {
                place at0 = locate(x, row), at1 = locate(x, row + 8);
                vector* to = data + nextData * (PAIRS * 2 * THREADS);
                #pragma unroll
                for (int p = 0; p < PAIRS; p++) {
                    int column = p * 64 + t * 16;
                    bool valid = column < INNER;
                    fetch16(to + p * 2 * THREADS, at0.pixel + (valid ? column : 0), valid && at0.inside);
                    fetch16(to + (p * 2 + 1) * THREADS, at1.pixel + (valid ? column : 0), valid && at1.inside);
                }
                nextData = nextData + 1 == DATA_STAGES ? 0 : nextData + 1;
            }
            #if ROW_R > 0
            int column = (group0 + nextGroup) * 64 + t * 16;
            bool valid = column < COLUMNS, in0 = valid && row < ROWS, in1 = valid && row + 8 < ROWS;
            fetch16(residuals + nextResidual * 2 * THREADS, in0 ? residual + (long long) row * ROW_R + column : residual, in0);
            fetch16(residuals + (nextResidual * 2 + 1) * THREADS, in1 ? residual + (long long) (row + 8) * ROW_R + column : residual, in1);
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
        const vector* own = data + dataStage * (PAIRS * 2 * THREADS);
        dataStage = dataStage + 1 == DATA_STAGES ? 0 : dataStage + 1;
        #if PRELOAD
        await_oldest();
        vector a[PAIRS][2];
        #pragma unroll
        for (int p = 0; p < PAIRS; p++) {
            a[p][0] = own[p * 2 * THREADS];
            a[p][1] = own[(p * 2 + 1) * THREADS];
        }
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
                    int from = first + p < PAIRS ? first + p : 0;
                    a[p][0] = own[from * 2 * THREADS];
                    a[p][1] = own[(from * 2 + 1) * THREADS];
                }
                #endif
                multiply_pairs<STEP>(sums, a, memory, group, first);
            }
            fetch();
            store(sums, r0, r1, numbers + group * 32 + t, scale, y, row, (group0 + group) * 64 + t * 16, row < ROWS, row + 8 < ROWS);
        }
    }
}
