// Joins what the GROUP threads of a row hold. Rows lie in neighbouring threads, or, with COLUMNS, 32 rows side by side.
#define ROW_REDUCTION(name, JOIN) \
    template <class T> DEV T name(T v) { \
        if (COLUMNS) { \
            if (GROUP > 1) { \
                __shared__ T parts[GROUP][33]; \
                const int lane = threadIdx.x / 32, column = threadIdx.x % 32; \
                __syncthreads(); \
                parts[lane][column] = v; \
                __syncthreads(); \
                v = parts[0][column]; \
                for (int i = 1; i < GROUP; ++i) { const T a = v, b = parts[i][column]; v = JOIN; } \
            } \
            return v; \
        } \
        for (int step = (GROUP < 32 ? GROUP : 32) / 2; step > 0; step /= 2) { const T a = v, b = __shfl_xor_sync(0xffffffffu, v, step); v = JOIN; } \
        if (GROUP > 32) { \
            __shared__ T parts[GROUP > 32 ? GROUP / 32 : 1]; \
            __syncthreads(); \
            if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = v; \
            __syncthreads(); \
            v = parts[0]; \
            for (int i = 1; i < GROUP / 32; ++i) { const T a = v, b = parts[i]; v = JOIN; } \
        } \
        return v; \
    }
ROW_REDUCTION(row_sum, a + b)
ROW_REDUCTION(row_product, a * b)
ROW_REDUCTION(row_max, f_max(a, b))
ROW_REDUCTION(row_min, f_min(a, b))
