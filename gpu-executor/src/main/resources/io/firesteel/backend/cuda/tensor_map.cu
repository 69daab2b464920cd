// The 128 bytes that describe a matrix of 16-bit elements to the copy engine, out of zeros: zero beyond the matrix, rows of 128 bytes
// whose pieces of 16 are exchanged.
#if __CUDACC_VER_MAJOR__ > 12 || __CUDACC_VER_MAJOR__ == 12 && __CUDACC_VER_MINOR__ >= 5
#define STRIDE(bytes) (bytes)
#else
// Assemblers before CUDA 12.5 leave out the four bits that are zero.
#define STRIDE(bytes) ((bytes) >> 4)
#endif
#define REPLACE(field, type, constraint, value) \
    asm volatile("tensormap.replace.tile." field ".shared::cta.b1024." type " [%0], %1;" :: "l"(at), constraint(value) : "memory")
#define REPLACE_AT(field, axis, type, constraint, value) \
    asm volatile("tensormap.replace.tile." field ".shared::cta.b1024." type " [%0], " axis ", %1;" :: "l"(at), constraint(value) : "memory")
#define CHOOSE(field, value) asm volatile("tensormap.replace.tile." field ".shared::cta.b1024.b32 [%0], " value ";" :: "l"(at) : "memory")

extern "C" __global__ void describe(unsigned long long* result, unsigned long long address, long long columns, long long rows,
        int box_columns, int box_rows) {
    __shared__ __align__(128) unsigned long long map[16];
    for (int i = 0; i < 16; i++) map[i] = 0;
    unsigned long long at = __cvta_generic_to_shared(map);
    REPLACE("global_address", "b64", "l", address);
    REPLACE("rank", "b32", "r", 1);
    REPLACE_AT("box_dim", "0", "b32", "r", box_columns);
    REPLACE_AT("box_dim", "1", "b32", "r", box_rows);
    REPLACE_AT("global_dim", "0", "b32", "r", (int) columns);
    REPLACE_AT("global_dim", "1", "b32", "r", (int) rows);
    REPLACE_AT("global_stride", "0", "b64", "l", STRIDE(columns * 2));
    REPLACE_AT("element_stride", "0", "b32", "r", 1);
    REPLACE_AT("element_stride", "1", "b32", "r", 1);
    CHOOSE("elemtype", "1");
    CHOOSE("interleave_layout", "0");
    CHOOSE("swizzle_mode", "3");
    CHOOSE("fill_mode", "0");
    for (int i = 0; i < 16; i++) result[i] = map[i];
}
