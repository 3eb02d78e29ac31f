/* The form of a JSON file that people write: which members an object may have, and what they are. What the form does
 * not know is a slip of the pen, not something to pass over. */
#pragma once

#include "wire/tree.h"

enum form_kind {
	FORM_TEXT, /* a string */
	FORM_TEXTS, /* a list of strings */
	FORM_DOCUMENT, /* an object, or a string that holds one */
	FORM_DOCUMENTS, /* an object whose members are such */
	FORM_LIST, /* a list of objects of another form */
};

struct form {
	const char *name; /* of a member; NULL ends the form */
	enum form_kind kind;
	bool required;
	const struct form *of; /* FORM_LIST */
};

/* False: *why is a sentence without its full stop ("users[2] has 'secert', which is not known"). */
bool form_check(struct arena *a, const struct tree *t, const struct form *form, str *why);
/* The text of a document, as it was written. Absent for NULL. */
str form_document(const struct tree *t);
