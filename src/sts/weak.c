/* Until core has them. */
#include "sts/room.h"

__attribute__((weak)) str session_create(struct cloud *cloud, struct arena *a, struct session *s) {
	(void)cloud;
	(void)a;
	(void)s;
	return S("none");
}

__attribute__((weak)) str denial_decode(struct cloud *cloud, struct arena *a, str encoded) {
	(void)cloud;
	(void)a;
	(void)encoded;
	return (str){ 0 };
}
