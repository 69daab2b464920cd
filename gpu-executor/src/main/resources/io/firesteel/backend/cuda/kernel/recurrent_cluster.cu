// All steps of a recurrent layer in one launch. A cluster of CLUSTER blocks takes NB * 8 rows of one direction; each block keeps the
// weights of its HIDDEN_BLOCK hidden elements, all gates, in registers, and gives every new state to all blocks of the cluster.
// The gates are the rows of the product, 8 hidden elements of two gates in 16 rows; the rows of the batch are its columns.
#define WARPS 8
#define GROUPS (WARPS / KGROUPS)
#define HIDDEN_BLOCK (8 * GROUPS)
#define ROWS (NB * 8)
#define DEEP (K_TILES / KGROUPS)
#define PITCH (K_TILES * 16 + 8)
#define PAIRS ((GATES + 1) / 2)
#define ITEMS (2 * NB / KGROUPS)
#define VECTORS (ROWS * HIDDEN_BLOCK / 8)

// 16-bit precision needs no more than this of the exponential.
DEV float quick_sigmoid(float v) { return __fdividef(1.0f, 1.0f + __expf(-v)); }
DEV float quick_tanh(float v) { return 1.0f - __fdividef(2.0f, 1.0f + __expf(2.0f * v)); }
#define f_sigmoid quick_sigmoid
#define f_tanh quick_tanh
#define REMEMBERED memory[item]

DEV void send(unsigned at, unsigned block, Pack<unsigned, 4> v) {
    unsigned remote;
    asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(remote) : "r"(at), "r"(block));
    asm volatile("st.shared::cluster.v4.u32 [%0], {%1,%2,%3,%4};" :: "r"(remote), "r"(v.v[0]), "r"(v.v[1]), "r"(v.v[2]), "r"(v.v[3])
        : "memory");
}
#define ARRIVE asm volatile("barrier.cluster.arrive.release;" ::: "memory")
#define AWAIT asm volatile("barrier.cluster.wait.acquire;" ::: "memory")

DEV unsigned bits_of(T v) { return v.bits; }

extern "C" __global__ void __cluster_dims__(CLUSTER, 1, 1) __launch_bounds__(WARPS * 32, 1) recurrent_cluster(T* result, T* last, T* last_cell,
        const float* gates, const T* recurrence, const float* bias, const float* peepholes, const int* lengths, const T* first,
        const T* first_cell) {
    extern __shared__ __align__(16) unsigned char shared[];
    T (* const states)[ROWS * PITCH] = (T (*)[ROWS * PITCH]) shared;
    Pack<float, 4> (* const parts)[2 * NB][32] = (Pack<float, 4> (*)[2 * NB][32]) (shared + 2 * ROWS * PITCH * sizeof(T));
    const int block = blockIdx.x % CLUSTER, batch0 = blockIdx.x / CLUSTER / DIRECTIONS * ROWS;
    const int direction = blockIdx.x / CLUSTER % DIRECTIONS;
    const bool backward = BACKWARD || direction == 1;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, group = warp / KGROUPS, share = warp % KGROUPS;
    const int j = block * HIDDEN_BLOCK + group * 8 + lane / 4, column = lane % 4 * 2;
    const bool inside = j < HIDDEN;

    // This thread's weights: a[pair][tile] are those of gates 2 * pair and 2 * pair + 1 at 16 elements of the state.
    unsigned a[PAIRS][DEEP][4];
    #pragma unroll
    for (int p = 0; p < PAIRS; ++p) {
        #pragma unroll
        for (int t = 0; t < DEEP; ++t) {
            #pragma unroll
            for (int i = 0; i < 4; ++i) {
                const int gate = p * 2 + i % 2, k = (share * DEEP + t) * 16 + column + i / 2 * 8;
                const T* const r = recurrence + ((long long) (direction * GATES + gate) * HIDDEN + j) * HIDDEN + k;
                const bool known = inside && gate < GATES;
#if HIDDEN % 2 == 0
                a[p][t][i] = known && k < HIDDEN ? *(const unsigned*) r : 0;
#else
                a[p][t][i] = (known && k < HIDDEN ? bits_of(r[0]) : 0) | (known && k + 1 < HIDDEN ? bits_of(r[1]) << 16 : 0);
#endif
            }
        }
    }
    float bias_x[GATES], bias_h[GATES];
    #pragma unroll
    for (int g = 0; g < GATES; ++g) {
        bias_x[g] = bias && inside ? bias[((direction * 2) * GATES + g) * HIDDEN + j] : 0;
        bias_h[g] = bias && inside ? bias[((direction * 2 + 1) * GATES + g) * HIDDEN + j] : 0;
    }
    const float* const peephole = peepholes ? peepholes + direction * 3 * HIDDEN : 0;

    // The state before the first step, all of it in every block; what lies beyond it stays zero in both copies.
    for (int i = threadIdx.x; i < ROWS * PITCH; i += WARPS * 32) {
        const int b = batch0 + i / PITCH, k = i % PITCH;
        states[0][i] = first && b < BATCH && k < HIDDEN ? first[STATE_AT(direction, b) + k] : put<T>(0.0f);
        states[1][i] = put<T>(0.0f);
    }
    // What this thread finishes: elements j of rows batch0 + row(item).
    float memory[ITEMS], old[ITEMS], in[ITEMS][GATES];
    int active_steps[ITEMS];
    #pragma unroll
    for (int item = 0; item < ITEMS; ++item) {
        const int e = share * ITEMS + item, b = batch0 + e / 2 * 8 + column + e % 2;
        const bool here = inside && b < BATCH;
        memory[item] = here && first_cell ? get(first_cell[STATE_AT(direction, b) + j]) : 0;
        old[item] = here && first ? get(first[STATE_AT(direction, b) + j]) : 0;
        active_steps[item] = lengths && here ? lengths[b] : STEPS;
    }
    auto fetch = [&](int number) {
        const int step = backward ? STEPS - 1 - number : number;
        #pragma unroll
        for (int item = 0; item < ITEMS; ++item) {
            const int e = share * ITEMS + item, b = batch0 + e / 2 * 8 + column + e % 2;
            const float* const from = gates + (GATES_ROW(step, b) * DIRECTIONS + direction) * (GATES * HIDDEN) + j;
            #pragma unroll
            for (int g = 0; g < GATES; ++g) in[item][g] = inside && b < BATCH ? from[g * HIDDEN] : 0;
        }
    };
    fetch(0);
    ARRIVE;
    AWAIT;

    #pragma unroll 1
    for (int number = 0; number < STEPS; ++number) {
        const int step = backward ? STEPS - 1 - number : number;
        const T* const before = states[number % 2];
        T* const after = states[(number + 1) % 2];
        float sums[PAIRS][NB][4];
        #pragma unroll
        for (int p = 0; p < PAIRS; ++p)
            #pragma unroll
            for (int n = 0; n < NB; ++n)
                #pragma unroll
                for (int i = 0; i < 4; ++i) sums[p][n][i] = 0;
        #pragma unroll
        for (int t = 0; t < DEEP; t += 2) {
            #pragma unroll
            for (int n = 0; n < NB; ++n) {
                unsigned h[4];
                matrices(h, before + (n * 8 + lane % 8) * PITCH + (share * DEEP + t) * 16 + lane / 8 * 8);
                #pragma unroll
                for (int p = 0; p < PAIRS; ++p) {
                    Tensor<T>::mma(sums[p][n], a[p][t], h[0], h[1]);
                    Tensor<T>::mma(sums[p][n], a[p][t + 1], h[2], h[3]);
                }
            }
        }
        // The warps of a group have summed over different elements of the state; each finishes some of the results.
        Pack<float, 4> all[2 * NB];
        #pragma unroll
        for (int e = 0; e < 2 * NB; ++e) {
            #pragma unroll
            for (int g = 0; g < 4; ++g) all[e].v[g] = g < GATES ? sums[g / 2][e / 2][g % 2 * 2 + e % 2] : 0;
            if (KGROUPS > 1 && e / ITEMS != share) parts[warp][e][lane] = all[e];
        }
        if (KGROUPS > 1) asm volatile("bar.sync %0, %1;" :: "r"(group + 1), "n"(KGROUPS * 32) : "memory");
        float shown[ITEMS];
        #pragma unroll
        for (int item = 0; item < ITEMS; ++item) {
            const int e = share * ITEMS + item, b = batch0 + e / 2 * 8 + column + e % 2;
            float sum[4] = {0, 0, 0, 0};
            #pragma unroll
            for (int s = 0; s < KGROUPS; ++s) {
                #pragma unroll
                for (int f = 0; f < ITEMS; ++f) {
                    if (s == share && f == item) {
                        #pragma unroll
                        for (int x = 0; x < KGROUPS; ++x)
                            if (x == share)
                                #pragma unroll
                                for (int g = 0; g < 4; ++g) sum[g] += all[x * ITEMS + f].v[g];
                    } else if (s != share && f == item) {
                        const Pack<float, 4> part = parts[group * KGROUPS + s][e][lane];
                        #pragma unroll
                        for (int g = 0; g < 4; ++g) sum[g] += part.v[g];
                    }
                }
            }
            float x[GATES];
            #pragma unroll
            for (int g = 0; g < GATES; ++g) {
                x[g] = in[item][g] + bias_x[g];
                sum[g] += bias_h[g];
            }
            const bool active = step < active_steps[item];
            const float h = old[item];
            float next = h;
            {
                const float* const in = x;
                CELL
            }
            const T stored = put<T>(active ? next : h);
            old[item] = get(stored);
            shown[item] = active ? old[item] : 0;
            if (inside) after[(b - batch0) * PITCH + j] = stored;
        }
        if (number + 1 < STEPS) {
            __syncthreads();
            for (int i = threadIdx.x; i < VECTORS * CLUSTER; i += WARPS * 32) {
                const int vector = i % VECTORS, to = i / VECTORS;
                const int at = vector / GROUPS * PITCH + block * HIDDEN_BLOCK + vector % GROUPS * 8;
                if (to != block && block * HIDDEN_BLOCK + vector % GROUPS * 8 < HIDDEN)
                    send((unsigned) __cvta_generic_to_shared(after + at), to, *(const Pack<unsigned, 4>*) (after + at));
            }
            ARRIVE;
            fetch(number + 1);
        }
        if (result && inside) {
            #pragma unroll
            for (int item = 0; item < ITEMS; ++item) {
                const int e = share * ITEMS + item, b = batch0 + e / 2 * 8 + column + e % 2;
                if (b < BATCH) result[RESULT_AT(step, direction, b) + j] = put<T>(shown[item]);
            }
        }
        if (number + 1 < STEPS) AWAIT;
    }
    #pragma unroll
    for (int item = 0; item < ITEMS; ++item) {
        const int e = share * ITEMS + item, b = batch0 + e / 2 * 8 + column + e % 2;
        if (inside && b < BATCH) {
            if (last) last[STATE_AT(direction, b) + j] = put<T>(old[item]);
            if (last_cell) last_cell[STATE_AT(direction, b) + j] = put<T>(memory[item]);
        }
    }
}
