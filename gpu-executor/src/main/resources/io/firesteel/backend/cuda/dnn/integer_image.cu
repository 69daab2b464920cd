// Images of few channels, one plane each: a block reads the rows that BLOCK_ROWS rows of the result need into shared memory, COPIES
// times, each shifted by STRIDE_W bytes more, so that what a pixel's window reaches of a row always begins with a word.
PRODUCT
    u32* image = (u32*) (numbers + GROUPS * (GROUP / 2));
    int lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;
    int group0 = blockIdx.x % TILES * GROUPS, part = blockIdx.x / TILES;
    int n = part / PARTS, oy = part % PARTS * BLOCK_ROWS, top = oy * STRIDE_H - PAD_H;
    const u32* planes = (const u32*) (x + (long long) n * PLANES * HEIGHT * WIDTH);
    for (int i = threadIdx.x; i < PLANES * LINES * LINE_WORDS; i += THREADS) {
        int word = i % LINE_WORDS, line = i / LINE_WORDS, row = top + line % LINES;
        const u32* from = planes + (line / LINES * HEIGHT + row) * (WIDTH / 4);
        bool inside = (unsigned) row < HEIGHT;
        #pragma unroll
        for (int copy = 0; copy < COPIES; copy++) {
            int at = word * 4 + copy * STRIDE_W - PAD_W, first = at >> 2;
            u32 low = inside && (unsigned) first < WIDTH / 4 ? from[first] : 0;
            u32 high = inside && (unsigned) (first + 1) < WIDTH / 4 ? from[first + 1] : 0;
            image[copy * COPY + line * PITCH_WORDS + word] = __funnelshift_r(low, high, (at & 3) * 8);
        }
    }
    prepare(memory, numbers, w, scales, biases, group0);
    // where the words are that this thread multiplies; weights are zero beyond the last row of the window
    int places[PAIRS][4];
    #pragma unroll
    for (int p = 0; p < PAIRS; p++)
        #pragma unroll
        for (int k = 0; k < 4; k++) {
            int line = ((p * 4 + t) * 4 + k) / WINDOW_WORDS;
            if (line >= PLANES * WINDOW_HEIGHT) line = 0;
            places[p][k] = (line / WINDOW_HEIGHT * LINES + line % WINDOW_HEIGHT) * PITCH_WORDS + k % WINDOW_WORDS;
        }
    #pragma unroll 1
    for (int first = 0; first < BLOCK_ROWS * OUT_WIDTH; first += WARPS * 16) {
        int m0 = first + threadIdx.x / 32 * 16 + g, m1 = m0 + 8;
        int last = min(BLOCK_ROWS, OUT_HEIGHT - oy) * OUT_WIDTH, c0 = min(m0, last - 1), c1 = min(m1, last - 1);
        const u32* at0 = image + c0 / OUT_WIDTH * (STRIDE_H * PITCH_WORDS) + c0 % OUT_WIDTH / COPIES * (STRIDE_W * COPIES / 4)
            + c0 % OUT_WIDTH % COPIES * COPY;
        const u32* at1 = image + c1 / OUT_WIDTH * (STRIDE_H * PITCH_WORDS) + c1 % OUT_WIDTH / COPIES * (STRIDE_W * COPIES / 4)
            + c1 % OUT_WIDTH % COPIES * COPY;
        vector a[PAIRS][2];
        #pragma unroll
        for (int p = 0; p < PAIRS; p++)
            #pragma unroll
            for (int k = 0; k < 4; k++) {
                a[p][0].v[k] = at0[places[p][k]];
                a[p][1].v[k] = at1[places[p][k]];
            }
        #pragma unroll 1
        for (int group = 0; group < GROUPS; group++) {
            int sums[EIGHTS][4];
            multiply_rows(sums, a, [&](int p, int lower) { return a[p][lower]; }, memory, group);
            vector none = {};
            store(sums, none, none, numbers + group * (GROUP / 2) + t, scale, y, (n * OUT_HEIGHT + oy) * OUT_WIDTH + m0,
                (group0 + group) * GROUP + t * OWN, m0 < last, m1 < last);
        }
    }
}
