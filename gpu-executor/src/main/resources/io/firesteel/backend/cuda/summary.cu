// Extremes, what is not finite, and a histogram of magnitudes whose bins are a power of two wide. Blocks of threads keep counts in
// shared memory, with bins as wide as their own elements need, until they have seen all of theirs; then narrow bins are joined.
typedef unsigned int u32;
typedef unsigned long long u64;
#define THREADS 256
#define EACH 16
#define CHUNK (THREADS * EACH)
#define AXES 6
#define UNSET (-100000)
struct box { long long sizes[AXES], strides[AXES]; };
// all zero before; low and high count from the largest key downwards and from the smallest upwards, 0 where nothing was finite
struct record { u64 low, high, zeros, nans, infinities, unknown, unused[2], counts[1]; };

__device__ __noinline__ long long split(const box& b, long long i) {
    long long offset = 0;
    #pragma unroll 1
    for (int axis = AXES - 1; axis > 0; axis--) {
        if (b.sizes[axis] == 1) continue;
        long long rest = i / b.sizes[axis];
        offset += (i - rest * b.sizes[axis]) * b.strides[axis];
        i = rest;
    }
    return offset + i * b.strides[0];
}
// where an element is
__device__ __forceinline__ long long place(const box& b, long long i, long long elements) {
    return b.sizes[AXES - 1] == elements ? i * b.strides[AXES - 1] : split(b, i);
}
// the smallest e with which the magnitude is below bins * 2^e
__device__ __forceinline__ int exponent_for(u32 magnitude, int bins) {
    int e = magnitude >= 0x800000u ? (int) (magnitude >> 23) - 127 : -118 - __clz(magnitude);
    return e + 1 - (31 - __clz(bins));
}
__device__ __forceinline__ int key(u32 bits) { return bits ^ ((int) bits >> 31 & 0x7fffffff); }

// a thread's elements of a chunk, those beyond the end as what is no number
__device__ __forceinline__ void read(u32* v, const u32* __restrict__ x, const box& b, long long chunk, long long elements) {
    if (b.sizes[AXES - 1] == elements && (chunk + 1) * CHUNK <= elements) {
        const u32* from = x + (chunk * CHUNK + threadIdx.x) * b.strides[AXES - 1];
        #pragma unroll
        for (int k = 0; k < EACH; k++) v[k] = from[k * THREADS * b.strides[AXES - 1]];
    } else {
        #pragma unroll
        for (int k = 0; k < EACH; k++) {
            long long i = chunk * CHUNK + k * THREADS + threadIdx.x;
            v[k] = i < elements ? x[place(b, i, elements)] : 0xffffffffu;
        }
    }
}

// makes bins wide enough for a magnitude that some thread has seen, and gives their exponent
__device__ __noinline__ int widen(u32* counts, u32* largest, u32 most, int exponent, int bins) {
    if (threadIdx.x == 0) *largest = 0;
    __syncthreads();
    atomicMax(largest, most);
    __syncthreads();
    if (*largest == 0) return exponent;
    int needed = exponent_for(*largest, bins);
    if (needed <= exponent) return exponent;
    int shift = exponent == UNSET ? 0 : min(needed - exponent, 31);
    // a bin is the sum of bins at its place and beyond, which those before it have read
    for (int first = 0; first < bins && shift > 0; first += THREADS) {
        int i = first + threadIdx.x;
        u32 sum = 0;
        if (i < bins)
            for (long long j = (long long) i << shift; j < (i + 1LL) << shift && j < bins; j++) sum += counts[j];
        __syncthreads();
        if (i < bins) counts[i] = sum;
        __syncthreads();
    }
    return needed;
}

// the sum or extreme of a block's threads, in its first thread
template <class T, class Join> __device__ __forceinline__ T reduce(T value, T* shared, Join join) {
    #pragma unroll
    for (int s = 16; s > 0; s /= 2) value = join(value, __shfl_xor_sync(0xffffffffu, value, s));
    __syncthreads();
    if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = value;
    __syncthreads();
    value = shared[0];
    for (int i = 1; i < THREADS / 32; i++) value = join(value, shared[i]);
    return value;
}

extern "C" __global__ void __launch_bounds__(THREADS, 3) count(const u32* __restrict__ x, record* result, u32* partial, int* exponents,
        box b, long long elements, int bins, int stride) {
    extern __shared__ u32 counts[];
    __shared__ u32 largest, finite[CHUNK / 32];
    __shared__ int before[CHUNK / 32];
    u32 v[EACH], counted = 0;
    read(v, x, b, blockIdx.x, elements);
    for (int i = threadIdx.x; i < bins; i += THREADS) counts[i] = 0;
    #pragma unroll
    for (int k = 0; k < EACH; k++) counted |= ((k * THREADS + threadIdx.x) % stride == 0) << k;
    int exponent = UNSET, low = 0x7fffffff, high = -0x7fffffff - 1;
    u32 zeros = 0, nans = 0, infinities = 0;
    for (long long chunk = blockIdx.x; chunk * CHUNK < elements; chunk += gridDim.x) {
        u32 most = 0, now = counted;
        float least = __uint_as_float(0x7f800000u), greatest = -least;
        #pragma unroll
        for (int k = 0; k < EACH; k++) {
            most = max(most, v[k] & 0x7fffffffu);
            least = fminf(least, __uint_as_float(v[k]));
            greatest = fmaxf(greatest, __uint_as_float(v[k]));
        }
        bool odd = most >= 0x7f800000u;
        if (odd) {
            most = 0;
            #pragma unroll
            for (int k = 0; k < EACH; k++) {
                u32 magnitude = v[k] & 0x7fffffffu;
                if (magnitude < 0x7f800000u) {
                    most = max(most, magnitude);
                    low = min(low, key(v[k]));
                    high = max(high, key(v[k]));
                } else if (chunk * CHUNK + k * THREADS + threadIdx.x < elements) {
                    nans += magnitude > 0x7f800000u;
                    infinities += magnitude == 0x7f800000u;
                }
            }
        } else {
            low = min(low, key(__float_as_uint(least)));
            high = max(high, key(__float_as_uint(greatest)));
        }
        // what the threads have counted before this they have counted before any widens
        if (__syncthreads_or(odd || most > 0 && exponent_for(most, bins) > exponent)) {
            exponent = widen(counts, &largest, most, exponent, bins);
            if (__syncthreads_or(odd)) {
                #pragma unroll
                for (int k = 0; k < EACH; k++) {
                    u32 mask = __ballot_sync(0xffffffffu, (v[k] & 0x7fffffffu) < 0x7f800000u);
                    if (threadIdx.x % 32 == 0) finite[(k * THREADS + threadIdx.x) / 32] = mask;
                }
                __syncthreads();
                if (threadIdx.x < CHUNK / 32) {
                    int sum = 0;
                    for (int i = 0; i < threadIdx.x; i++) sum += __popc(finite[i]);
                    before[threadIdx.x] = sum;
                }
                __syncthreads();
                now = 0;
                #pragma unroll
                for (int k = 0; k < EACH; k++) {
                    int at = k * THREADS + threadIdx.x, rank = before[at / 32] + __popc(finite[at / 32] & ((1u << at % 32) - 1));
                    now |= (rank % stride == 0 && (v[k] & 0x7fffffffu) < 0x7f800000u) << k;
                }
            }
        }
        // a product with a power of two is exact
        double scale = exponent == UNSET ? 0.0 : __longlong_as_double((long long) (1023 - exponent) << 52);
        u32 next[EACH];
        if ((chunk + gridDim.x) * CHUNK < elements) read(next, x, b, chunk + gridDim.x, elements);
        #pragma unroll
        for (int k = 0; k < EACH; k++) {
            u32 magnitude = v[k] & 0x7fffffffu;
            if (!(now >> k & 1)) continue;
            if (magnitude == 0) zeros++;
            else atomicAdd(&counts[(int) ((double) __uint_as_float(magnitude) * scale)], 1u);
        }
        #pragma unroll
        for (int k = 0; k < EACH; k++) v[k] = next[k];
    }
    low = reduce(low, (int*) finite, [](int p, int q) { return min(p, q); });
    high = reduce(high, (int*) finite, [](int p, int q) { return max(p, q); });
    zeros = reduce(zeros, finite, [](u32 p, u32 q) { return p + q; });
    nans = reduce(nans, finite, [](u32 p, u32 q) { return p + q; });
    infinities = reduce(infinities, finite, [](u32 p, u32 q) { return p + q; });
    for (int i = threadIdx.x; i < bins; i += THREADS) partial[(long long) blockIdx.x * bins + i] = counts[i];
    if (threadIdx.x == 0) {
        exponents[blockIdx.x] = exponent;
        if (low <= high) {
            atomicMax(&result->low, 0x80000000ull - low);
            atomicMax(&result->high, 0x80000001ull + high);
        }
        if (zeros > 0) atomicAdd(&result->zeros, (u64) zeros);
        if (nans > 0) atomicAdd(&result->nans, (u64) nans);
        if (infinities > 0) atomicAdd(&result->infinities, (u64) infinities);
    }
}

// adds a block's counts to those of all
__device__ __forceinline__ void join(record* result, const u32* __restrict__ partial, const int* __restrict__ exponents, int block, int bins) {
    int exponent = exponents[block];
    if (exponent == UNSET) return;
    u32 low = key((u32) (0x80000000ll - (long long) result->low)) & 0x7fffffffu;
    u32 high = key((u32) ((long long) result->high - 0x80000001ll)) & 0x7fffffffu;
    int shift = min(exponent_for(max(low, high), bins) - exponent, 31);
    for (int i = threadIdx.x; i < bins; i += THREADS) {
        u32 n = partial[(long long) block * bins + i];
        if (n > 0) atomicAdd(&result->counts[i >> shift], (u64) n);
    }
}

// the mean of a row's channel at evenly spread positions, summed one after the other; means of all rows add up as whole steps
__device__ __forceinline__ void add_means(record* result, const float* __restrict__ x, const box& b, int bins, long long rowStride,
        long long channelStride, int channelCount, int i, int total, int positions, long long step) {
    __shared__ long long places[THREADS];
    const float* from = x + i / channelCount * rowStride + i % channelCount * channelStride;
    double sum = 0;
    for (int first = 0; first < positions; first += THREADS) {
        int some = min(THREADS, positions - first);
        __syncthreads();
        if (threadIdx.x < some) places[threadIdx.x] = split(b, (first + threadIdx.x) * step);
        __syncthreads();
        if (i < total) {
            #pragma unroll 8
            for (int p = 0; p < some; p++) sum += (double) from[places[p]];
        }
    }
    if (i >= total) return;
    double mean = sum / positions, steps = mean * MEAN_STEPS, whole = floor(steps);
    if (fabs(mean) < LARGEST_MEAN) {
        atomicAdd(&result->counts[bins + i % channelCount], (u64) ((long long) whole + (steps - whole >= 0.5)));
    } else {
        atomicAdd(&result->unknown, 1ull);
    }
}

// after count: the first blocks join what its blocks have counted, one each; the others look at channels
extern "C" __global__ void __launch_bounds__(THREADS) finish(record* result, const u32* __restrict__ partial,
        const int* __restrict__ exponents, int blocks, int bins, const float* __restrict__ x, box b, long long rowStride,
        long long channelStride, int channelCount, int total, int positions, long long step) {
    if (blockIdx.x < blocks) {
        join(result, partial, exponents, blockIdx.x, bins);
    } else {
        add_means(result, x, b, bins, rowStride, channelStride, channelCount, (blockIdx.x - blocks) * THREADS + threadIdx.x, total,
            positions, step);
    }
}
