// A block makes TILE_H rows of the result, 16 pixels by all columns a warp. A thread's columns of a pixel are neighbours in memory: the
// order of the weights' columns sees to that.
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
#define GROUPED 1
#else
#define GROUPED 0
#endif
#define THREADS 256
#define COLUMNS (TILES_N * 8)
#define QUADS (TILES_N / 4)
#define REST (TILES_N % 4)
#define PATCH_WORDS (CHANNELS * PATCH_H * PITCH / 2)
#define WEIGHT_VECTORS (STEPS * 2 * COLUMNS)
#define STEPS_AT_ONCE 4
#define GROUP(G) ((G) < GROUPS ? ((G) / KERNEL_H * PATCH_H + (G) % KERNEL_H) * (PITCH / 2) : 0)
__device__ __forceinline__ float finish(float v) { FUNCTION return v; }
__device__ __forceinline__ u32 both(float lo, float hi) {
    return (u32) from_float<TYPE>(hi).bits << 16 | from_float<TYPE>(lo).bits;
}
struct __align__(sizeof(FROM) * 2) two { FROM lo, hi; };
struct __align__(8) pair { float lo, hi; };

// the rows of the image that the block needs, each channel for itself, pairs of neighbouring pixels
__device__ __forceinline__ void read_rows(u32* memory, const FROM* x, int row0) {
    #if INTERLEAVED
    #pragma unroll 4
    for (int i = threadIdx.x; i < PATCH_H * (PITCH / 2); i += THREADS) {
        const int column = i % (PITCH / 2) * 2 - FRONT, row = row0 * 2 - PAD_H + i / (PITCH / 2);
        float pixels[2 * CHANNELS];
        #pragma unroll
        for (int k = 0; k < 2 * CHANNELS; k++) pixels[k] = 0;
        if (row >= 0 && row < IN_H) {
            const FROM* const at = x + (row * IN_W + column) * CHANNELS;
            #if IN_W % 2 == 0
            if (column >= 0 && column < IN_W) {
                #pragma unroll
                for (int k = 0; k < CHANNELS; k++) {
                    const two both = ((const two*) at)[k];
                    pixels[2 * k] = normalized(to_float(both.lo), 2 * k % CHANNELS);
                    pixels[2 * k + 1] = normalized(to_float(both.hi), (2 * k + 1) % CHANNELS);
                }
            }
            #else
            #pragma unroll
            for (int k = 0; k < 2 * CHANNELS; k++)
                if (column + k / CHANNELS >= 0 && column + k / CHANNELS < IN_W)
                    pixels[k] = normalized(to_float(at[k]), k % CHANNELS);
            #endif
        }
        #pragma unroll
        for (int c = 0; c < CHANNELS; c++) memory[c * (PATCH_H * PITCH / 2) + i] = both(pixels[c], pixels[CHANNELS + c]);
    }
    #else
    const int lane = threadIdx.x % 32;
    #pragma unroll 4
    for (int line = threadIdx.x / 32; line < CHANNELS * PATCH_H; line += THREADS / 32) {
        const int row = row0 * 2 - PAD_H + line % PATCH_H, channel = line / PATCH_H;
        const FROM* const from = x + (channel * IN_H + row) * IN_W;
        #pragma unroll
        for (int i = 0; i < PITCH / 2; i += 32) {
            const int column = (i + lane) * 2 - FRONT;
            float lo = 0, hi = 0;
            if (row >= 0 && row < IN_H) {
                #if IN_W % 2 == 0
                if (column >= 0 && column < IN_W) {
                    const two pixels = *(const two*) (from + column);
                    lo = normalized(to_float(pixels.lo), channel);
                    hi = normalized(to_float(pixels.hi), channel);
                }
                #else
                if (column >= 0 && column < IN_W) lo = normalized(to_float(from[column]), channel);
                if (column + 1 >= 0 && column + 1 < IN_W) hi = normalized(to_float(from[column + 1]), channel);
                #endif
            }
            if (i + lane < PITCH / 2) memory[line * (PITCH / 2) + i + lane] = both(lo, hi);
        }
    }
    #endif
}

// summands 16 by step of pixels g and g + 8 of a tile
__device__ __forceinline__ void read_pixels(u32* a, const u32* pixels, int step, int l) {
    const int lo = WIDE ? GROUP(step * 2) : l < 2 ? GROUP(step * 4) : GROUP(step * 4 + 1);
    const int hi = WIDE ? GROUP(step * 2 + 1) : l < 2 ? GROUP(step * 4 + 2) : GROUP(step * 4 + 3);
    a[0] = pixels[lo];
    a[1] = pixels[lo + 8];
    a[2] = pixels[hi];
    a[3] = pixels[hi + 8];
}

#if GROUPED
// holds the compiler from using sums before they are waited for
__device__ __forceinline__ void keep(float (*sums)[4]) {
    #pragma unroll
    for (int n = 0; n < TILES_N; n++)
        #pragma unroll
        for (int k = 0; k < 4; k++) asm volatile("" : "+f"(sums[n][k]) :: "memory");
}
// columns 8 apart are 128 bytes apart, summands 8 apart as many as there are columns, times 16
__device__ __forceinline__ void multiply_all(float (*sums)[4], const u32* pixels, const vector* weights, int lane) {
    const unsigned long long matrix = ((u32) __cvta_generic_to_shared(weights) & 0x3FFFF) >> 4 | (unsigned long long) COLUMNS << 16 | 8ull << 32;
    #pragma unroll
    for (int first = 0; first < STEPS; first += STEPS_AT_ONCE) {
        u32 a[STEPS_AT_ONCE][4];
        #pragma unroll
        for (int s = 0; s < STEPS_AT_ONCE; s++)
            if (first + s < STEPS) read_pixels(a[s], pixels, first + s, lane % 4);
        keep(sums);
        asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
        #pragma unroll
        for (int s = 0; s < STEPS_AT_ONCE; s++)
            if (first + s < STEPS) multiply_group(sums, a[s], matrix + (first + s) * 2 * COLUMNS, first + s);
        asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
        asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
        keep(sums);
    }
}
#else
__device__ __forceinline__ void multiply_all(float (*sums)[4], const u32* pixels, const vector* weights, int lane) {
    #pragma unroll
    for (int n = 0; n < TILES_N; n++)
        #pragma unroll
        for (int k = 0; k < 4; k++) sums[n][k] = 0;
    #pragma unroll
    for (int step = 0; step < STEPS; step++) {
        u32 a[4];
        read_pixels(a, pixels, step, lane % 4);
        #pragma unroll
        for (int n = 0; n < TILES_N; n++) {
            const u32 b[2] = {((const u32*) (weights + step * 2 * COLUMNS + n * 8))[lane],
                ((const u32*) (weights + (step * 2 + 1) * COLUMNS + n * 8))[lane]};
            multiply(sums[n], a, b);
        }
    }
}
#endif

// columns of a pixel from their sums, those of half 1 belonging to the pixel 8 further
__device__ __forceinline__ void store(float (*sums)[4], int half, const float* bias, TYPE* to, int l) {
    u32 words[TILES_N];
    #pragma unroll
    for (int n = 0; n < TILES_N; n++) {
        pair b = {0, 0};
        if (bias) b = *(const pair*) (bias + (n < QUADS * 4 ? n / 4 * 32 + l * 8 + n % 4 * 2 : QUADS * 32 + l * (REST * 2) + n % 4 * 2));
        words[n] = both(finish(sums[n][half * 2] + b.lo), finish(sums[n][half * 2 + 1] + b.hi));
    }
    #pragma unroll
    for (int q = 0; q < QUADS; q++) {
        const vector piece = {{words[q * 4], words[q * 4 + 1], words[q * 4 + 2], words[q * 4 + 3]}};
        *(vector*) (to + q * 32 + l * 8) = piece;
    }
    #pragma unroll
    for (int k = 0; k < REST; k++) *(u32*) (to + QUADS * 32 + l * (REST * 2) + k * 2) = words[QUADS * 4 + k];
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) stem(const FROM* __restrict__ x, const TYPE* __restrict__ w,
        const float* __restrict__ bias, TYPE* y) {
    extern __shared__ __align__(128) u32 memory[];
    vector* const weights = (vector*) memory;
    u32* const rows = memory + WEIGHT_VECTORS * 4;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, g = lane / 4, l = lane % 4;
    const int picture = blockIdx.x / DOWN, row0 = blockIdx.x % DOWN * TILE_H;
    for (int i = threadIdx.x; i < WEIGHT_VECTORS; i += THREADS) weights[i] = ((const vector*) w)[i % COLUMNS * (STEPS * 2) + i / COLUMNS];
    read_rows(rows, x + (long long) picture * (CHANNELS * IN_H * IN_W), row0);
    #if GROUPED
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    #endif
    __syncthreads();
    // four warps multiply together, so that they take as many turns
    #pragma unroll 1
    for (int first = warp / 4 * 4; first < TILE_H * ACROSS; first += 8) {
        const int tile = min(first + warp % 4, TILE_H * ACROSS - 1), row = row0 + tile / ACROSS, column = tile % ACROSS * 16 + g;
        float sums[TILES_N][4];
        multiply_all(sums, rows + tile / ACROSS * PITCH + tile % ACROSS * 16 + g + (WIDE ? l : l % 2), weights, lane);
        if (first + warp % 4 < TILE_H * ACROSS && row < OUT_H) {
            TYPE* const to = y + (((long long) picture * OUT_H + row) * OUT_W + column) * ROW_Y;
            if (column < OUT_W) store(sums, 0, bias, to, l);
            if (column + 8 < OUT_W) store(sums, 1, bias, to + 8 * ROW_Y, l);
        }
    }
}
