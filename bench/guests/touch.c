#include "rt.h"
#ifndef MB
#define MB 256
#endif
// Makes every leaf of the memory tree (32 bytes) of MB MiB nonzero, each page unlike the others.
int main(void) {
  u32 *p = sys_mmap((long)MB << 20), x = 1;
  for (u32 i = 0; i < (u32)MB << 18; i += 8) { x = x * 1664525 + 1013904223; p[i] = x | 1; }
  put_hex(x); return 0; }
