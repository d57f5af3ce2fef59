#include "supervise/sha1.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t
rotate(uint32_t x, int n)
{
    return x << n | x >> (32 - n);
}

static void
mix(uint32_t state[5], const uint8_t block[64])
{
    uint32_t w[80];
    uint32_t v[5];

    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[i * 4] << 24 | (uint32_t)block[i * 4 + 1] << 16 |
               (uint32_t)block[i * 4 + 2] << 8 | block[i * 4 + 3];
    for (int i = 16; i < 80; i++)
        w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    memcpy(v, state, sizeof v);
    for (int i = 0; i < 80; i++) {
        uint32_t f = i < 20   ? (v[1] & v[2]) | (~v[1] & v[3])
                     : i < 40 ? v[1] ^ v[2] ^ v[3]
                     : i < 60 ? (v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3])
                              : v[1] ^ v[2] ^ v[3];
        uint32_t k = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
        uint32_t t = rotate(v[0], 5) + f + v[4] + k + w[i];
        v[4] = v[3];
        v[3] = v[2];
        v[2] = rotate(v[1], 30);
        v[1] = v[0];
        v[0] = t;
    }
    for (int i = 0; i < 5; i++)
        state[i] += v[i];
}

void
sv_sha1_hex(const void *data, size_t length, char hex[41])
{
    uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    const uint8_t *p = data;
    size_t left = length;
    uint8_t block[128] = {0};

    for (; left >= 64; p += 64, left -= 64)
        mix(state, p);
    memcpy(block, p, left);
    block[left] = 0x80;
    size_t end = left < 56 ? 64 : 128;
    for (int i = 0; i < 8; i++)
        block[end - 1 - (size_t)i] = (uint8_t)((uint64_t)length * 8 >> (8 * i));
    mix(state, block);
    if (end == 128)
        mix(state, block + 64);
    for (int i = 0; i < 5; i++)
        snprintf(hex + i * 8, 9, "%08x", state[i]);
}
