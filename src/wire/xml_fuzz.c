#include "wire/wire_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct arena a = { 0 };
	struct pick p;
	if (pick_shape(data, size, P_EC2 | P_QUERY | P_RESTXML, &p)) {
		struct val *v = val_new(&a, p.shape);
		if (xml_read(&a, v, p.rest)) {
			use_value(&a, v, &p.wire);
		}
	}
	arena_free(&a);
	return 0;
}
