/* Arenas: everything of one lifetime (a process, a connection, a call, a job) sits in one, and nothing in it is freed
 * alone. Out of memory ends the program, so no allocation is checked.
 * Disadvantages: a loop that allocates per item grows the arena until its end (use mark and reset), and a use after
 * reset reads stale bytes in silence; the sanitizer build therefore gives every piece a malloc of its own. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct block;
struct deferred;

struct arena {
	struct block *blocks;
	char *at, *end;
	struct deferred *deferred;
	struct block *spare; /* blocks of the usual size that a reset has set free, for the next use */
	size_t n_spare;
};

struct arena_mark {
	struct block *blocks;
	char *at, *end;
	struct deferred *deferred;
};

void *arena_alloc(struct arena *a, size_t size); /* zeroed, aligned to 16 */
void *arena_raw(struct arena *a, size_t size); /* the same, not zeroed: for what is filled at once */
size_t arena_size(const struct arena *a); /* bytes in use by it, whole blocks counted; takes time by their number */
void arena_free(struct arena *a); /* runs what was deferred, last first; the arena is usable again */

struct arena_mark arena_mark(const struct arena *a);
void arena_reset(struct arena *a, struct arena_mark m); /* back to the mark; runs what was deferred since */

/* fn(p) when the arena is freed or reset past this point. */
void arena_defer(struct arena *a, void (*fn)(void *p), void *p);

#define NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define NEWS(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))

/* The heap, for the few things that no arena can hold (shared between threads, grown in place). Never NULL. */
void *heap_alloc(size_t size); /* zeroed */
void *heap_grow(void *p, size_t size);
void heap_free(void *p);

#define AUTO_ARENA __attribute__((cleanup(arena_free))) struct arena
