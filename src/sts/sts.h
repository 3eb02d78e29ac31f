/* STS: who am I, and temporary credentials. Nothing is stored: a session is its token (core/identity.h). */
#pragma once

#include "core/call.h"

extern const struct face sts_face;
