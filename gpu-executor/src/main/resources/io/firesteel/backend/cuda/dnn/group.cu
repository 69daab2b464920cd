// y = f(x w^T + bias, residual) in tiles of ROWS x TILE_COLUMNS. One thread has the copy engine fill a ring of stages, from which two
// groups of four warps multiply: in turns, a tile each (ALTERNATE), or 64 rows each of one tile. A warp's results leave through shared
// memory of its own.
#define DEPTH 64
#define STEPS ((INNER + DEPTH - 1) / DEPTH)
#define TILES ((COLUMNS + TILE_COLUMNS - 1) / TILE_COLUMNS)
#define ROWS 128
#define X_BYTES (ROWS * DEPTH * 2)
#define W_BYTES (TILE_COLUMNS * DEPTH * 2)
#define STAGE_BYTES (X_BYTES + W_BYTES)
#define CHUNK 64
#define CHUNK_BYTES (16 * CHUNK * 2)
#define CHUNKS (TILE_COLUMNS / CHUNK)
#define SUM_BLOCKS (ALTERNATE ? 2 : 1)
#define BLOCK_SUMS (TILE_COLUMNS / 2)
#define TILE_CHUNKS (CHUNKS * SUM_BLOCKS)
#define CONSUMER_WARPS (ALTERNATE ? 4 : 8)
typedef unsigned int u32;
typedef unsigned long long u64;
struct __align__(64) tensor_map { u64 v[16]; };
struct __align__(8) pair { float lo, hi; };
struct __align__(4) halves { TYPE lo, hi; };

__device__ __forceinline__ void prepare(u32 barrier, int arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" :: "r"(barrier), "r"(arrivals) : "memory");
}
__device__ __forceinline__ void await(u32 barrier, u32 parity) {
    asm volatile("{ .reg .pred p;\n"
        "again: mbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;\n"
        "@p bra done;\n"
        "bra again;\n"
        "done: }" :: "r"(barrier), "r"(parity) : "memory");
}
__device__ __forceinline__ void expect(u32 barrier, u32 bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" :: "r"(barrier), "r"(bytes) : "memory");
}
__device__ __forceinline__ void arrive(u32 barrier, u32 rank) {
#if CLUSTER > 1
    asm volatile("{ .reg .b32 r; mapa.shared::cluster.u32 r, %0, %1; mbarrier.arrive.shared::cluster.b64 _, [r]; }" :: "r"(barrier), "r"(rank) : "memory");
#else
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" :: "r"(barrier) : "memory");
#endif
}
__device__ __forceinline__ void fetch(u32 to, const tensor_map* from, int column, int row, u32 barrier) {
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];"
        :: "r"(to), "l"(from), "r"(column), "r"(row), "r"(barrier) : "memory");
}
__device__ __forceinline__ void fetch_for_all(u32 to, const tensor_map* from, int column, int row, u32 barrier) {
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes"
        ".multicast::cluster [%0], [%1, {%2, %3}], [%4], %5;"
        :: "r"(to), "l"(from), "r"(column), "r"(row), "r"(barrier), "h"((unsigned short) ((1 << CLUSTER) - 1)) : "memory");
}
__device__ __forceinline__ void store(const tensor_map* to, int column, int row, u32 from) {
    asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%0, {%1, %2}], [%3];"
        :: "l"(to), "r"(column), "r"(row), "r"(from) : "memory");
    asm volatile("cp.async.bulk.commit_group;" ::: "memory");
}
// 8 rows of 128 bytes are 1024 bytes apart; pieces of 16 bytes are exchanged in patterns of 128 bytes.
__device__ __forceinline__ u64 matrix(u32 at) { return (u64) ((at & 0x3FFFF) >> 4) | 1ull << 16 | 64ull << 32 | 1ull << 62; }
__device__ __forceinline__ float finish(float v, float r) { FUNCTION return v; }
__device__ __forceinline__ u32 packed(float lo, float hi) {
    u32 r;
    asm("cvt.rn." OPERAND "x2.f32 %0, %1, %2;" : "=r"(r) : "f"(hi), "f"(lo));
    return r;
}
#define SUMS4(o) "+f"(c[o]), "+f"(c[o + 1]), "+f"(c[o + 2]), "+f"(c[o + 3])
#define SUMS(o) SUMS4(o), SUMS4(o + 4), SUMS4(o + 8), SUMS4(o + 12)
#if TILE_COLUMNS == 256
__device__ __forceinline__ void multiply(float* c, u64 a, u64 b, int add) {
    asm volatile("{ .reg .pred p; setp.ne.b32 p, %130, 0; "
        "wgmma.mma_async.sync.aligned.m64n256k16.f32." OPERAND "." OPERAND " {"
        "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,"
        "%25,%26,%27,%28,%29,%30,%31,%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,"
        "%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63,%64,%65,%66,%67,%68,%69,%70,"
        "%71,%72,%73,%74,%75,%76,%77,%78,%79,%80,%81,%82,%83,%84,%85,%86,%87,%88,%89,%90,%91,%92,%93,"
        "%94,%95,%96,%97,%98,%99,%100,%101,%102,%103,%104,%105,%106,%107,%108,%109,%110,%111,%112,"
        "%113,%114,%115,%116,%117,%118,%119,%120,%121,%122,%123,%124,%125,%126,%127"
        "}, %128, %129, p, 1, 1, 0, 0; }"
        : SUMS(0), SUMS(16), SUMS(32), SUMS(48), SUMS(64), SUMS(80), SUMS(96), SUMS(112)
        : "l"(a), "l"(b), "r"(add));
}
#elif TILE_COLUMNS == 192
__device__ __forceinline__ void multiply(float* c, u64 a, u64 b, int add) {
    asm volatile("{ .reg .pred p; setp.ne.b32 p, %98, 0; "
        "wgmma.mma_async.sync.aligned.m64n192k16.f32." OPERAND "." OPERAND " {"
        "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,"
        "%25,%26,%27,%28,%29,%30,%31,%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,"
        "%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63,%64,%65,%66,%67,%68,%69,%70,"
        "%71,%72,%73,%74,%75,%76,%77,%78,%79,%80,%81,%82,%83,%84,%85,%86,%87,%88,%89,%90,%91,%92,%93,"
        "%94,%95"
        "}, %96, %97, p, 1, 1, 0, 0; }"
        : SUMS(0), SUMS(16), SUMS(32), SUMS(48), SUMS(64), SUMS(80)
        : "l"(a), "l"(b), "r"(add));
}
#else
__device__ __forceinline__ void multiply(float* c, u64 a, u64 b, int add) {
    asm volatile("{ .reg .pred p; setp.ne.b32 p, %66, 0; "
        "wgmma.mma_async.sync.aligned.m64n128k16.f32." OPERAND "." OPERAND " {"
        "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,"
        "%25,%26,%27,%28,%29,%30,%31,%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,"
        "%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"
        "}, %64, %65, p, 1, 1, 0, 0; }"
        : SUMS(0), SUMS(16), SUMS(32), SUMS(48)
        : "l"(a), "l"(b), "r"(add));
}
#endif

// Holds the compiler from using sums before they are waited for.
__device__ __forceinline__ void keep(float* c) {
    #pragma unroll
    for (int i = 0; i < SUM_BLOCKS * BLOCK_SUMS; i++) asm volatile("" : "+f"(c[i]) :: "memory");
}

extern "C" __global__ void
#if CLUSTER > 1
__cluster_dims__(CLUSTER, 1, 1)
#endif
__launch_bounds__(384, 1) product(const __grid_constant__ tensor_map x, const __grid_constant__ tensor_map w,
        const __grid_constant__ tensor_map y, const __grid_constant__ tensor_map residual, const float* __restrict__ bias, int tiles) {
    extern __shared__ __align__(1024) unsigned char memory[];
    u32 base = ((u32) __cvta_generic_to_shared(memory) + 1023) & ~1023u;
    u32 staging = base + STAGES * STAGE_BYTES;
    u32 full = staging + 8 * 2 * CHUNK_BYTES, empty = full + STAGES * 8, order = empty + STAGES * 8;
    int thread = threadIdx.x, lane = thread % 32;
    u32 rank = 0;
#if CLUSTER > 1
    asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
#endif
    if (thread == 0) {
        #pragma unroll
        for (int i = 0; i < STAGES; i++) {
            prepare(full + i * 8, 1);
            prepare(empty + i * 8, CONSUMER_WARPS * CLUSTER);
        }
        for (int i = 0; i < 2; i++) prepare(order + i * 8, 4);
#if RESIDUAL
        #pragma unroll
        for (int i = 0; i < 16; i++) prepare(order + 16 + i * 8, 1);
#endif
        asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    }
    __syncthreads();
#if CLUSTER > 1
    asm volatile("barrier.cluster.arrive.release.aligned;\nbarrier.cluster.wait.acquire.aligned;" ::: "memory");
#endif
    int first = blockIdx.x / CLUSTER, step = gridDim.x / CLUSTER;
    if (thread < 128) {
        asm volatile("setmaxnreg.dec.sync.aligned.u32 24;");
        if (thread == 0) {
            int stage = 0;
            u32 parity = 1;
            #pragma unroll 1
            for (int tile = first; tile < tiles; tile += step) {
                int row0 = (tile / TILES * CLUSTER + rank) * ROWS, column0 = tile % TILES * TILE_COLUMNS;
                #pragma unroll 1
                for (int k = 0; k < STEPS; k++) {
                    u32 at = base + stage * STAGE_BYTES, barrier = full + stage * 8;
                    await(empty + stage * 8, parity);
                    expect(barrier, STAGE_BYTES);
                    fetch(at, &x, k * DEPTH, row0, barrier);
#if CLUSTER > 1
                    u32 part = at + X_BYTES + rank * (W_BYTES / CLUSTER);
                    fetch_for_all(part, &w, k * DEPTH, column0 + rank * (TILE_COLUMNS / CLUSTER), barrier);
#else
                    fetch(at + X_BYTES, &w, k * DEPTH, column0, barrier);
#endif
                    if (++stage == STAGES) { stage = 0; parity ^= 1; }
                }
            }
        }
    } else {
        asm volatile("setmaxnreg.inc.sync.aligned.u32 240;");
        int warp = thread / 32 - 4, group = warp / 4;
        u32 own = staging + warp * 2 * CHUNK_BYTES;
        // Where a thread's row of an 8 x 8 block goes, before the pieces of a row are exchanged.
        int place_row = lane % 16, place_piece = lane / 16;
        int stage = 0;
#if RESIDUAL
        u32 added_parity = 0;
        u32 added = order + 16 + warp * 16;
#endif
        u32 parity = 0;
        float sums[SUM_BLOCKS * BLOCK_SUMS];
#if ALTERNATE
        u32 turn = 1 - group;
        first += group * step;
        step *= 2;
        if (group == 1) { stage = STEPS % STAGES; parity = STEPS / STAGES & 1; }
#endif
        #pragma unroll 1
        for (int tile = first; tile < tiles; tile += step) {
            int last = -1, column0 = tile % TILES * TILE_COLUMNS;
            int row0 = (tile / TILES * CLUSTER + rank) * ROWS + warp % 4 * 16 + (ALTERNATE ? 0 : group * 64);
#if RESIDUAL
            // Two chunks of the residual lie where the results will.
            auto fetch_residual = [&](int chunk) {
                asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory");
                #pragma unroll
                for (int i = 0; i < 2; i++) {
                    expect(added + i * 8, CHUNK_BYTES);
                    int block = (chunk + i) / CHUNKS, column = column0 + (chunk + i) % CHUNKS * CHUNK;
                    fetch(own + i * CHUNK_BYTES, &residual, column, row0 + block * 64, added + i * 8);
                }
            };
            if (lane == 0) fetch_residual(0);
#endif
            auto load_biases = [&](pair* to, int chunk) {
                #pragma unroll
                for (int j = 0; j < CHUNK / 8; j++) {
                    to[j].lo = to[j].hi = 0;
                    if (bias) to[j] = *(const pair*) (bias + column0 + chunk % CHUNKS * CHUNK + j * 8 + lane % 4 * 2);
                }
            };
            pair biases[2][CHUNK / 8];
            if (!ALTERNATE) load_biases(biases[0], 0);
#if ALTERNATE
            await(order + group * 8, turn);
            turn ^= 1;
#endif
            #pragma unroll 1
            for (int k = 0; k < STEPS; k++) {
                await(full + stage * 8, parity);
                u32 at = base + stage * STAGE_BYTES;
                u64 a = matrix(at + (ALTERNATE ? 0 : group * 64 * 128)), b = matrix(at + X_BYTES);
                asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
                #pragma unroll
                for (int i = 0; i < DEPTH / 16; i++) {
                    #pragma unroll
                    for (int j = 0; j < SUM_BLOCKS; j++)
                        multiply(sums + j * BLOCK_SUMS, a + i * 2 + j * 512, b + i * 2, k + i);
                }
                asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
                asm volatile("wgmma.wait_group.sync.aligned 1;" ::: "memory");
                if (last >= 0 && lane < CLUSTER) arrive(empty + last * 8, lane);
                last = stage;
                if (++stage == STAGES) { stage = 0; parity ^= 1; }
            }
#if ALTERNATE
            if (lane == 0) asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" :: "r"(order + (1 - group) * 8) : "memory");
#endif
            asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
            keep(sums);
            if (lane < CLUSTER) arrive(empty + last * 8, lane);
#if ALTERNATE
            // The other group's steps.
            stage += STEPS;
            parity ^= stage / STAGES & 1;
            stage %= STAGES;
#endif
            #pragma unroll
            for (int chunk = 0; chunk < TILE_CHUNKS; chunk++) {
                int block = chunk / CHUNKS, column = column0 + chunk % CHUNKS * CHUNK;
                const float* from = sums + block * BLOCK_SUMS + chunk % CHUNKS * (CHUNK / 2);
                if (ALTERNATE) load_biases(biases[chunk % 2], chunk);
                else if (chunk + 1 < TILE_CHUNKS) load_biases(biases[(chunk + 1) % 2], chunk + 1);
                u32 to = own + chunk % 2 * CHUNK_BYTES;
#if RESIDUAL
                await(added + chunk % 2 * 8, added_parity);
                added_parity ^= chunk % 2;
#else
                if (lane == 0) asm volatile("cp.async.bulk.wait_group.read 1;" ::: "memory");
                __syncwarp();
#endif
                #pragma unroll
                for (int j = 0; j < CHUNK / 16; j++) {
                    u32 address = to + place_row * 128 + (((j * 2 + place_piece) ^ (place_row & 7)) << 4);
                    u32 out[4] = {0, 0, 0, 0};
#if RESIDUAL
                    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                        : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3]) : "r"(address) : "memory");
#endif
                    #pragma unroll
                    for (int q = 0; q < 4; q++) {
                        const float* v = from + j * 8 + q * 2;
                        halves r = *(const halves*) (out + q);
                        pair added_bias = biases[chunk % 2][j * 2 + q / 2];
                        out[q] = packed(finish(v[0] + added_bias.lo, to_float(r.lo)), finish(v[1] + added_bias.hi, to_float(r.hi)));
                    }
                    asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};"
                        :: "r"(address), "r"(out[0]), "r"(out[1]), "r"(out[2]), "r"(out[3]) : "memory");
                }
                asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
                __syncwarp();
                if (lane == 0) store(&y, column, row0 + block * 64, to);
#if RESIDUAL
                if (lane == 0 && chunk % 2 == 1 && chunk + 1 < TILE_CHUNKS) fetch_residual(chunk + 1);
#endif
            }
        }
        if (lane == 0) asm volatile("cp.async.bulk.wait_group 0;" ::: "memory");
    }
#if CLUSTER > 1
    __syncwarp();
    asm volatile("barrier.cluster.arrive.release;\nbarrier.cluster.wait.acquire;" ::: "memory");
#endif
}
