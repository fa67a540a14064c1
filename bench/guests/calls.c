#include "rt.h"
#ifndef REP
#define REP 1
#endif
// Calls above all: recursion, structs by value, and functions too small to be worth calling.
#define CALLED __attribute__((noinline, noclone, optimize("no-optimize-sibling-calls", "no-ipa-cp")))
typedef struct { s32 n, d; } Frac;
typedef struct { Frac x, y; } Point;

CALLED static u32 fib(u32 n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

CALLED static s32 tak(s32 x, s32 y, s32 z) {
  return y >= x ? z : tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y)); }

CALLED static u32 ackermann(u32 m, u32 n) {
  return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1)); }

CALLED static s32 half(s32 a) { return a >> 1; }
CALLED static s32 mix(s32 a, s32 b) { return (s32)((u32)a * 31 + (u32)half(b)); }
CALLED static Frac add(Frac a, Frac b) { Frac r = {mix(a.n, b.d), mix(b.n, a.d)}; return r; }
CALLED static Point turn(Point p) { Point r = {add(p.x, p.y), add(p.y, p.x)}; return r; }
CALLED static Point walk(Point p, u32 steps) { return steps ? walk(turn(p), steps - 1) : p; }

int main(void) {
  u32 h = 0; Point p = {{1, 2}, {3, 4}};
  for (int r = 0; r < REP; r++) {
    p = walk(p, 200); h = h * 31 + fib(16) + (u32)tak(8, 5, 2) + ackermann(2, 9) + (u32)p.x.n + (u32)p.y.d; }
  put_hex(h); return 0; }
