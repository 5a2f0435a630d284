// The renderer as CUDA C. The same sequence of float32 operations as reference.py, so the same bytes:
// compile it with --fmad=false --prec-div=true --ftz=false. source.py puts definitions before this text: the
// constants of constants.py, TILE_PIXELS, and COLORS, which says what the planes mean.
//
// A block draws one tile of one network: PIXELS pixels for each thread. A thread keeps the values of its
// own pixels' nodes in its own column of the rows, so threads never wait for each other.

template <int PIXELS>
struct Column {
    float *rows;  // the thread's own place in row 0
    int step;     // threads in the block

    __device__ __forceinline__ float &at(int row, int pixel) const {
        return rows[(row * PIXELS + pixel) * step];
    }
};

__device__ __forceinline__ float held(float x, float bound) {
    x = x < -bound ? -bound : x;
    return x > bound ? bound : x;
}

__device__ __forceinline__ float sine(float p) {
    const float turned = p * PER_PI + MAGIC;
    const float k = turned - MAGIC;
    float r = ((p - k * PI_1) - k * PI_2) - k * PI_3;
    r = held(r, QUARTER_TURN);
    const float square = r * r;
    const float tail = ((S9 * square + S7) * square + S5) * square + S3;
    const float value = r + (r * square) * tail;
    return __uint_as_float(__float_as_uint(value) ^ (__float_as_uint(turned) << 31));
}

__device__ __forceinline__ float exponential(float x) {
    const float scaled = x * PER_LN2 + MAGIC;
    const float k = scaled - MAGIC;
    const float r = (x - k * LN2_1) - k * LN2_2;
    const float tail = ((E5 * r + E4) * r + E3) * r + E2;
    const float value = (r * r) * tail + (r + 1.0f);
    return __uint_as_float(__float_as_uint(value) + (__float_as_uint(scaled) << 23));
}

template <int PIXELS>
__device__ __forceinline__ void activate(int kind, float (&p)[PIXELS]) {
    if (kind == 0) {
#pragma unroll
        for (int i = 0; i < PIXELS; ++i) p[i] = sine(p[i]);
    } else if (kind == 1) {
#pragma unroll
        for (int i = 0; i < PIXELS; ++i) p[i] = 2.0f / (1.0f + exponential(held(-p[i], MAX_EXPONENT))) - 1.0f;
    } else if (kind == 2) {
#pragma unroll
        for (int i = 0; i < PIXELS; ++i) {
            const float square = p[i] * p[i];
            p[i] = exponential(-(square > MAX_EXPONENT ? MAX_EXPONENT : square));
        }
    } else {
#pragma unroll
        for (int i = 0; i < PIXELS; ++i) p[i] = held(p[i], 3.0f) / 3.0f;
    }
}

// One node: its record {kind + 4 links, row}, then its links {row, bits of the weight}. Returns the next.
template <int PIXELS>
__device__ __forceinline__ const int2 *value_of(const int2 *tape, Column<PIXELS> column, float (&p)[PIXELS]) {
    const int word = tape->x, links = word >> 2;
    ++tape;
#pragma unroll
    for (int i = 0; i < PIXELS; ++i) p[i] = 0.0f;
#pragma unroll 4
    for (int link = 0; link < links; ++link) {
        const int2 from = tape[link];
        const float weight = __int_as_float(from.y);
#pragma unroll
        for (int i = 0; i < PIXELS; ++i) p[i] = p[i] + weight * column.at(from.x, i);
    }
    activate<PIXELS>(word & 3, p);
    return tape + links;
}

__device__ __forceinline__ int rounded(int numerator, int denominator) {
    return (2 * numerator + denominator) / (2 * denominator);
}

__device__ __forceinline__ void place(int *rgb, int sector, int top, int low, int rising, int falling) {
    rgb[0] = sector == 0 || sector == 5 ? top : sector == 1 ? falling : sector == 4 ? rising : low;
    rgb[1] = sector == 1 || sector == 2 ? top : sector == 3 ? falling : sector == 0 ? rising : low;
    rgb[2] = sector == 3 || sector == 4 ? top : sector == 5 ? falling : sector == 2 ? rising : low;
}

__device__ __forceinline__ void hsv_to_rgb(int *levels) {
    const int hue = 6 * levels[0], saturation = levels[1], value = levels[2], part = hue % 255;
    place(levels, hue / 255 % 6, value, rounded(value * (255 - saturation), 255),
          rounded(value * (65025 - saturation * (255 - part)), 65025),
          rounded(value * (65025 - saturation * part), 65025));
}

__device__ __forceinline__ void hls_to_rgb(int *levels) {
    const int hue = 2 * levels[0] % 360, light = levels[1], saturation = levels[2], part = hue % 60;
    const int high =
        2 * light <= 255 ? light * (255 + saturation) : 255 * (light + saturation) - light * saturation;
    const int low = 510 * light - high;
    place(levels, hue / 60, rounded(high, 255), rounded(low, 255),
          rounded(60 * low + (high - low) * part, 15300),
          rounded(60 * low + (high - low) * (60 - part), 15300));
}

enum { gray, hsv, hls };

template <int PIXELS, int MEANING>
__device__ __forceinline__ void draw_tile(int4 head, const int2 *tape, const float *planes, int pixels,
                                          int first, Column<PIXELS> column, unsigned char *canvas) {
    const int CHANNELS = MEANING == gray ? 1 : 3;
#pragma unroll
    for (int i = 0; i < PIXELS; ++i) {
        const int at = first + i * column.step;
        for (int input = 0; input < 4; ++input)
            column.at(input, i) = at < pixels ? planes[(size_t)input * pixels + at] : 0.0f;
    }
    tape += head.x;
    float p[PIXELS];
    for (int node = 0; node < head.y; ++node) {
        const int row = tape->y;
        tape = value_of<PIXELS>(tape, column, p);
#pragma unroll
        for (int i = 0; i < PIXELS; ++i) column.at(row, i) = p[i];
    }
    int levels[PIXELS][CHANNELS];
#pragma unroll
    for (int channel = 0; channel < CHANNELS; ++channel) {
        tape = value_of<PIXELS>(tape, column, p);
#pragma unroll
        for (int i = 0; i < PIXELS; ++i) {
            const float size = fabsf(p[i]);
            levels[i][channel] = (int)((size > 1.0f ? 1.0f : size) * 255.0f);
        }
    }
#pragma unroll
    for (int i = 0; i < PIXELS; ++i) {
        const int at = first + i * column.step;
        if (MEANING == hsv) hsv_to_rgb(levels[i]);
        if (MEANING == hls) hls_to_rgb(levels[i]);
        if (at < pixels)
            for (int channel = 0; channel < CHANNELS; ++channel)
                canvas[(size_t)channel * pixels + at] = (unsigned char)levels[i][channel];
    }
}

extern __shared__ float shared_rows[];

// heads: for each genome {first record of its tape, hidden nodes, rows, 0}. Genomes of more than `room` rows
// use the block's part of `scratch`, `spare` floats long.
template <int PIXELS, int MEANING>
__device__ __forceinline__ void draw(const int4 *__restrict__ heads, const int2 *__restrict__ tape,
                                     const float *__restrict__ planes, int pixels, int genomes, int room,
                                     float *scratch, long long spare, unsigned char *canvases) {
    const int threads = blockDim.x, width = PIXELS * threads, tiles = (pixels + width - 1) / width;
    const size_t size = (size_t)(MEANING == gray ? 1 : 3) * pixels;
    for (long long job = blockIdx.x; job < (long long)genomes * tiles; job += gridDim.x) {
        const int genome = (int)(job / tiles), first = (int)(job % tiles) * width + threadIdx.x;
        const int4 head = heads[genome];
        unsigned char *canvas = canvases + genome * size;
        if (head.z <= room) {
            const Column<PIXELS> column = {shared_rows + threadIdx.x, threads};
            draw_tile<PIXELS, MEANING>(head, tape, planes, pixels, first, column, canvas);
        } else {
            const Column<PIXELS> column = {scratch + blockIdx.x * spare + threadIdx.x, threads};
            draw_tile<PIXELS, MEANING>(head, tape, planes, pixels, first, column, canvas);
        }
    }
}

extern "C" __global__ void render(const int4 *heads, const int2 *tape, const float *planes, int pixels,
                                  int genomes, int room, float *scratch, long long spare,
                                  unsigned char *canvases) {
    draw<TILE_PIXELS, COLORS>(heads, tape, planes, pixels, genomes, room, scratch, spare, canvases);
}
