#include "rt.h"
#ifndef ROUNDS
#define ROUNDS 100000
#endif
// Indirect jumps and pointers: a stack machine whose program fills and searches a hash table of chained nodes.
enum { PUSH, GET, SET, ADD, XOR, SHL, SHR, AND, LESS, JUMP_IF, CALL, RETURN, COUNT, FIND, HALT };

typedef struct Node { struct Node *next; u32 key, count; } Node;
enum { BUCKETS = 4096, NODES = 32768 };
static Node *buckets[BUCKETS], nodes[NODES];
static u32 used;

static Node *find(u32 key) {
  for (Node *n = buckets[key % BUCKETS]; n; n = n->next) if (n->key == key) return n;
  return 0; }
static u32 count(u32 key) {
  Node *n = find(key);
  if (!n && used < NODES) {
    n = &nodes[used++]; n->key = key; n->next = buckets[key % BUCKETS]; buckets[key % BUCKETS] = n; }
  return n ? ++n->count : 0; }

static u32 run(const u32 *program, u32 *var) {
  u32 stack[64], *sp = stack; const u32 *pc = program, *calls[8], **rp = calls;
  for (;;) switch (*pc++) {
    case PUSH: *sp++ = *pc++; break;
    case GET: *sp++ = var[*pc++]; break;
    case SET: var[*pc++] = *--sp; break;
    case ADD: sp--; sp[-1] += *sp; break;
    case XOR: sp--; sp[-1] ^= *sp; break;
    case SHL: sp--; sp[-1] <<= *sp & 31; break;
    case SHR: sp--; sp[-1] >>= *sp & 31; break;
    case AND: sp--; sp[-1] &= *sp; break;
    case LESS: sp--; sp[-1] = sp[-1] < *sp; break;
    case JUMP_IF: if (*--sp) pc = program + *pc; else pc++; break;
    case CALL: *rp++ = pc + 1; pc = program + *pc; break;
    case RETURN: pc = *--rp; break;
    case COUNT: sp[-1] = count(sp[-1]); break;
    case FIND: { Node *n = find(sp[-1]); sp[-1] = n ? n->count : 7; break; }
    case HALT: return var[1];
  } }

// Variables 0: the random number, 1: the sum, 2: rounds done, 3: rounds to do.
static const u32 program[] = {
  /*  0 */ CALL, 42,
  /*  2 */ GET, 0, PUSH, 0x7fff, AND, COUNT, GET, 1, ADD, SET, 1,
  /* 13 */ GET, 0, PUSH, 9, SHR, PUSH, 0xffff, AND, FIND, GET, 1, XOR, SET, 1,
  /* 27 */ GET, 2, PUSH, 1, ADD, SET, 2,
  /* 34 */ GET, 2, GET, 3, LESS, JUMP_IF, 0, HALT,
  /* 42 */ GET, 0, GET, 0, PUSH, 13, SHL, XOR, SET, 0,
  /* 52 */ GET, 0, GET, 0, PUSH, 17, SHR, XOR, SET, 0,
  /* 62 */ GET, 0, GET, 0, PUSH, 5, SHL, XOR, SET, 0,
  /* 72 */ RETURN,
};
int main(void) { u32 var[4] = {0, 0, 0, ROUNDS}; var[0] = 2463534242u; put_hex(run(program, var)); return 0; }
