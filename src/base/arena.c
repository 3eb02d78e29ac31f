#include "base/arena.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { BLOCK_SIZE = 8 * 1024, ALIGN = 16, SPARE_MAX = 16 };

struct block {
	struct block *next;
	size_t size;
	_Alignas(ALIGN) char bytes[];
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *p);
	void *p;
};

void *heap_alloc(size_t size) {
	void *p = calloc(1, size ? size : 1);
	if (!p) {
		bug("out of memory for %zu bytes", size);
	}
	return p;
}

void *heap_grow(void *p, size_t size) {
	void *q = realloc(p, size ? size : 1);
	if (!q) {
		bug("out of memory for %zu bytes", size);
	}
	return q;
}

void heap_free(void *p) {
	free(p);
}

static struct block *block_new(struct arena *a, size_t size) {
	struct block *b = size == BLOCK_SIZE ? a->spare : NULL;
	if (b) {
		a->spare = b->next;
		a->n_spare--;
	} else {
		b = malloc(sizeof(*b) + size);
		if (!b) {
			bug("out of memory for %zu bytes", size);
		}
		b->size = size;
	}
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

static void block_free(struct arena *a, struct block *b) {
	if (b->size == BLOCK_SIZE && !SANITIZED && a->n_spare < SPARE_MAX) {
		b->next = a->spare;
		a->spare = b;
		a->n_spare++;
	} else {
		free(b);
	}
}

void *arena_raw(struct arena *a, size_t size) {
	if (size > SIZE_MAX / 2) {
		bug("an allocation of %zu bytes", size);
	}
	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (SANITIZED || size > BLOCK_SIZE / 4) {
		return block_new(a, size)->bytes;
	}
	if ((size_t)(a->end - a->at) < size) {
		a->at = block_new(a, BLOCK_SIZE)->bytes;
		a->end = a->at + BLOCK_SIZE;
	}
	void *p = a->at;
	a->at += size;
	return p;
}

void *arena_alloc(struct arena *a, size_t size) {
	void *p = arena_raw(a, size);
	memset(p, 0, size);
	return p;
}

size_t arena_size(const struct arena *a) {
	size_t n = 0;
	for (const struct block *b = a->blocks; b; b = b->next) {
		n += sizeof(*b) + b->size;
	}
	return n;
}

struct arena_mark arena_mark(const struct arena *a) {
	return (struct arena_mark){ a->blocks, a->at, a->end, a->deferred };
}

void arena_reset(struct arena *a, struct arena_mark m) {
	while (a->deferred != m.deferred) {
		struct deferred *d = a->deferred;
		a->deferred = d->next;
		d->fn(d->p);
	}
	while (a->blocks != m.blocks) {
		struct block *b = a->blocks;
		a->blocks = b->next;
		block_free(a, b);
	}
	a->at = m.at;
	a->end = m.end;
}

void arena_free(struct arena *a) {
	arena_reset(a, (struct arena_mark){ 0 });
	while (a->spare) {
		struct block *b = a->spare;
		a->spare = b->next;
		free(b);
	}
	a->n_spare = 0;
}

void arena_defer(struct arena *a, void (*fn)(void *p), void *p) {
	struct deferred *d = NEW(a, struct deferred);
	*d = (struct deferred){ a->deferred, fn, p };
	a->deferred = d;
}
