// Convolution of each channel by itself, channels innermost. A thread computes ROWS x COLUMNS results of VECTOR channels: a row of the data
// is read at once, what lies outside as zeros, and serves all results that it reaches.
#define SPAN ((COLUMNS - 1) * STRIDE_X + (KERNEL_X - 1) * DILATION_X + 1)
#define REACH ((ROWS - 1) * STRIDE_Y + (KERNEL_Y - 1) * DILATION_Y + 1)
#define IN_WORD (4 / sizeof(T))
#define WORDS (VECTOR / IN_WORD)
typedef Pack<unsigned, WORDS> Words;

// The elements of a word, both halves by instructions that read a half of a register.
template <class E> struct Word;
template <> struct Word<float> { static __device__ __forceinline__ void widen(unsigned w, float* r) { *r = __uint_as_float(w); } };
template <> struct Word<f16> {
    static __device__ __forceinline__ void widen(unsigned w, float* r) {
        asm("{ .reg .b16 lo, hi; mov.b32 {lo, hi}, %2; cvt.f32.f16 %0, lo; cvt.f32.f16 %1, hi; }" : "=f"(r[0]), "=f"(r[1]) : "r"(w));
    }
};
template <> struct Word<bf16> {
    static __device__ __forceinline__ void widen(unsigned w, float* r) {
        r[0] = __uint_as_float(w << 16);
        r[1] = __uint_as_float(w & 0xffff0000u);
    }
};
DEV void widen(const Words& words, float* r) {
    #pragma unroll
    for (int i = 0; i < WORDS; ++i) Word<T>::widen(words.v[i], r + i * IN_WORD);
}
DEV Words fetch(const T* p) {
#if LOOSE
    union { Pack<T, VECTOR> elements; Words words; } both;
    both.elements = load_loose<T, VECTOR>(p);
    return both.words;
#else
    return load_pack<unsigned, WORDS>((const unsigned*) p);
#endif
}

DEV float quick_sigmoid(float v) { return __fdividef(1.0f, 1.0f + __expf(-v)); }
#if QUICK
// Results of 16 bits do not show the difference.
#define f_sigmoid(v) quick_sigmoid(v)
#endif

extern "C" __global__ void __launch_bounds__(128) depthwise(PARAMETERS) {
    const index_t number = (index_t) blockIdx.x * 128 + threadIdx.x;
    if (number >= THREADS) return;
    const index_t channel = number % VECTORS * VECTOR, tile = number / VECTORS;
    const index_t column = tile % ACROSS * COLUMNS, row = tile / ACROSS % DOWN * ROWS, c0 = tile / ACROSS / DOWN;
    float sum[ROWS][COLUMNS][VECTOR];
#if BIASED
    const Pack<BIAS, VECTOR> first = load_pack<BIAS, VECTOR>(bias + channel);
#endif
    #pragma unroll
    for (int r = 0; r < ROWS; ++r) {
        #pragma unroll
        for (int c = 0; c < COLUMNS; ++c) {
            #pragma unroll
            for (int e = 0; e < VECTOR; ++e) {
#if BIASED
                sum[r][c][e] = get(first.v[e]);
#else
                sum[r][c][e] = 0;
#endif
            }
        }
    }
    const index_t top = row * STRIDE_Y - PAD_Y, left = column * STRIDE_X - PAD_X;
    const T* const image = x + c0 * FROM_IMAGE + channel;
    UNROLL_ROWS
    for (int i = 0; i < REACH; ++i) {
        const bool inside = top + i >= 0 && top + i < HEIGHT;
        const T* const line = image + (top + i) * FROM_ROW + left * FROM_COLUMN;
        Words words[SPAN];
        #pragma unroll
        for (int k = 0; k < SPAN; ++k) {
            #pragma unroll
            for (int e = 0; e < WORDS; ++e) words[k].v[e] = 0;
            if (inside && left + k >= 0 && left + k < WIDTH) words[k] = fetch(line + k * FROM_COLUMN);
        }
        float data[SPAN][VECTOR];
        #pragma unroll
        for (int k = 0; k < SPAN; ++k) widen(words[k], data[k]);
        #pragma unroll
        for (int r = 0; r < ROWS; ++r) {
            const int tap = i - r * STRIDE_Y;
            if (tap < 0 || tap % DILATION_Y != 0 || tap / DILATION_Y >= KERNEL_Y) continue;
            const T* const taps = w + tap / DILATION_Y * (KERNEL_X * CHANNELS) + channel;
            #pragma unroll
            for (int k = 0; k < KERNEL_X; ++k) {
                float weight[VECTOR];
                widen(load_pack<unsigned, WORDS>((const unsigned*) (taps + k * CHANNELS)), weight);
                #pragma unroll
                for (int c = 0; c < COLUMNS; ++c) {
                    #pragma unroll
                    for (int e = 0; e < VECTOR; ++e)
                        sum[r][c][e] += data[c * STRIDE_X + k * DILATION_X][e] * weight[e];
                }
            }
        }
    }
    #pragma unroll
    for (int r = 0; r < ROWS; ++r) {
        #pragma unroll
        for (int c = 0; c < COLUMNS; ++c) {
            const index_t c2 = row + r, c3 = column + c;
            if (c2 >= OUT_HEIGHT || c3 >= OUT_WIDTH) continue;
            Pack<RESULT, VECTOR> packed;
            #pragma unroll
            for (int e = 0; e < VECTOR; ++e) {
                const index_t c1 = channel + e;
                packed.v[e] = FINISH(c0, c1, c2, c3, sum[r][c][e]);
            }
            STORE<RESULT, VECTOR>(result + c0 * TO_IMAGE + c2 * TO_ROW + c3 * TO_COLUMN + channel, packed);
        }
    }
}
