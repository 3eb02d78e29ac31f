/* The files that the AWS CLI and the SDKs share, as text: sections, settings, comments (AWS SDKs and Tools Reference
 * Guide, "Format of the config and credentials files"). Reading takes slices of the text; changing keeps every byte
 * that does not belong to what is changed. */
#pragma once

#include "base/buf.h"

/* A profile's section: [NAME] in a credentials file; [profile NAME], or [default], in a config file. */
struct ini_section {
	str profile;
	bool config;
	const char *kind; /* of a config file's other sections ("services"); NULL: a profile */
};

bool ini_has(str text, struct ini_section s);
/* Absent: no such section, or no such setting in it. Of several the last. */
str ini_get(str text, struct ini_section s, const char *key);
/* Of the indented settings below the setting `above`, as in a services section. */
str ini_get_below(str text, struct ini_section s, const char *above, const char *key);
/* The note of ini_change that the section carries; absent if it has none. */
str ini_note(str text, struct ini_section s);

struct ini_setting {
	const char *key;
	str value; /* absent: the setting goes away */
};

struct ini_change {
	struct ini_section section; /* made at the end if it is not there */
	const struct ini_setting *settings;
	size_t n;
	str note; /* a comment right under the section's head, in place of an earlier note */
	bool only; /* the section's other settings go away; its comments stay */
};

#define INI_NOTE "# made by aerostat: "

/* The whole changed text. Names and values must be single lines. */
str ini_set(struct arena *a, str text, const struct ini_change *c);
