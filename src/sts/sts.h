/* STS: who am I. */
#pragma once

#include "core/call.h"

extern const struct face sts_face;
