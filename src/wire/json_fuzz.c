#include "wire/wire_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct arena a = { 0 };
	struct pick p;
	if (pick_shape(data, size, P_JSON | P_RESTJSON, &p)) {
		struct val *v = val_new(&a, p.shape);
		if (json_read(&a, v, p.rest)) {
			use_value(&a, v, &p.wire);
		}
	}
	arena_free(&a);
	return 0;
}
