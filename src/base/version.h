/* The version of Aerostat, and of its data folders. */
#pragma once

#define AEROSTAT_VERSION "0.1.0"
