// A 3x3 window over each channel by itself: a thread makes four channels of PIXELS neighbours in each of LINES rows and keeps the three
// rows of the data that the next one needs. Words of four channels of a pixel become words of four pixels of a channel (WINDOWS of
// them a row), of which each result takes three.
#define PAIRS (WINDOWS + 1)
#define REACH ((PIXELS - 1) * STRIDE + 3)
struct rows { u32 words[WINDOWS][4]; };
__device__ __forceinline__ void arrange(const u32* raw, rows& to) {
    u32 low[PAIRS], high[PAIRS];
    #pragma unroll
    for (int j = 0; j < PAIRS; j++) {
        low[j] = __byte_perm(raw[2 * j], raw[2 * j + 1], 0x5140);
        high[j] = __byte_perm(raw[2 * j], raw[2 * j + 1], 0x7362);
    }
    #pragma unroll
    for (int j = 0; j < WINDOWS; j++) {
        to.words[j][0] = __byte_perm(low[j], low[j + 1], 0x5410);
        to.words[j][1] = __byte_perm(low[j], low[j + 1], 0x7632);
        to.words[j][2] = __byte_perm(high[j], high[j + 1], 0x5410);
        to.words[j][3] = __byte_perm(high[j], high[j + 1], 0x7632);
    }
}

extern "C" __global__ void __launch_bounds__(THREADS) depthwise(const u32* __restrict__ x, const vector* __restrict__ w,
        const vector* __restrict__ scales, const vector* __restrict__ biases, u32* __restrict__ result, float resultFactor, float resultZero,
        float p0, float p1, float p2, float p3) {
    long long i = (long long) blockIdx.x * THREADS + threadIdx.x;
    if (i >= COUNT) return;
    int c = (int) (i % WORDS), rest = (int) (i / WORDS), column = rest % TILES_X * PIXELS, oy = rest / TILES_X % TILES_Y * LINES;
    int n = rest / (TILES_X * TILES_Y), left = column * STRIDE - PAD_W, top = oy * STRIDE - PAD_H;
    const u32* image = x + (long long) n * (HEIGHT * WIDTH) * PITCH_X + c;
    u32* to = result + (long long) n * (OUT_HEIGHT * OUT_WIDTH) * PITCH_Y + c;
    vector taps[3], scale = scales[c], bias = biases[c];
    #pragma unroll
    for (int k = 0; k < 3; k++) taps[k] = w[k * WORDS + c];
    auto load = [&](int y, u32* raw) {
        #pragma unroll
        for (int k = 0; k < 2 * PAIRS; k++) {
            bool inside = k < REACH && (unsigned) y < HEIGHT && (unsigned) (left + k) < WIDTH;
            raw[k] = inside ? image[(y * WIDTH + left + k) * PITCH_X] : 0;
        }
    };
    rows data[3];
    u32 next[3][2 * PAIRS];
    #pragma unroll
    for (int k = 0; k < 3; k++) load(top + k, next[k]);
    #pragma unroll
    for (int k = 0; k < 3; k++) arrange(next[k], data[k]);
    #pragma unroll
    for (int line = 0; line < LINES; line++) {
        #pragma unroll
        for (int k = 0; k < STRIDE; k++) if (line + 1 < LINES) load(top + line * STRIDE + 3 + k, next[k]);
        int sums[PIXELS][4];
        #pragma unroll
        for (int t = 0; t < PIXELS; t++)
            #pragma unroll
            for (int e = 0; e < 4; e++) sums[t][e] = START;
        #pragma unroll
        for (int k = 0; k < 3; k++)
            #pragma unroll
            for (int j = 0; j < WINDOWS; j++)
                #pragma unroll
                for (int e = 0; e < 4; e++) {
                    int word = (int) data[(line * STRIDE + k) % 3].words[j][e], tap = (int) taps[k].v[e];
                    if (STRIDE == 1) {
                        sums[2 * j][e] = __dp4a(word, tap, sums[2 * j][e]);
                        sums[2 * j + 1][e] = __dp4a(word, tap << 8, sums[2 * j + 1][e]);
                    } else {
                        sums[j][e] = __dp4a(word, tap, sums[j][e]);
                    }
                }
        #pragma unroll
        for (int t = 0; t < PIXELS; t++) {
            u32 bytes[4];
            #pragma unroll
            for (int e = 0; e < 4; e++) {
                float v = finish(real(sums[t][e]) * __uint_as_float(scale.v[e]) + __uint_as_float(bias.v[e]), 0.0f, p0, p1, p2, p3);
                #if SCALED
                v *= resultFactor;
                #endif
                bytes[e] = rounded_byte(v, resultZero);
            }
            u32 packed = __byte_perm(__byte_perm(bytes[0], bytes[1], 0x0040), __byte_perm(bytes[2], bytes[3], 0x0040), 0x5410);
            if (oy + line < OUT_HEIGHT && column + t < OUT_WIDTH) to[((oy + line) * OUT_WIDTH + column + t) * PITCH_Y] = packed;
        }
        #pragma unroll
        for (int k = 0; k < STRIDE; k++) if (line + 1 < LINES) arrange(next[k], data[(line * STRIDE + k) % 3]);
    }
}
