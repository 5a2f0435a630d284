// What the CUDA renderer needs of CUDA, for a host compiler: one thread at a time does the work of all.
// Its threads never wait for each other, so any order gives the same.
#include <cmath>
#include <cstddef>
#include <cstring>

#define __global__
#define __device__
#define __forceinline__ inline
#define __shared__
#define __restrict__

struct int2 {
    int x, y;
};
struct int4 {
    int x, y, z, w;
};
struct Place {
    int x;
};
static Place threadIdx, blockIdx, blockDim, gridDim;

static inline unsigned __float_as_uint(float x) {
    unsigned bits;
    std::memcpy(&bits, &x, 4);
    return bits;
}
static inline float __uint_as_float(unsigned bits) {
    float x;
    std::memcpy(&x, &bits, 4);
    return x;
}
static inline float __int_as_float(int bits) { return __uint_as_float((unsigned)bits); }

float shared_rows[1 << 20];
