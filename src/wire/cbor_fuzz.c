#include "wire/wire_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct arena a = { 0 };
	struct pick p;
	if (pick_shape(data, size, P_CBOR | P_JSON | P_QUERY, &p)) {
		struct val *v = val_new(&a, p.shape);
		if (cbor_read(&a, v, p.rest)) {
			use_value(&a, v, &p.wire);
		}
	}
	arena_free(&a);
	return 0;
}
