/* How explanations are written: JSON members, and the sentences that people read. */
#pragma once

#include "core/control.h"
#include "iam/near.h"

/* "name":"value", with a comma before it unless it is the first; an absent value writes nothing. */
void put_field(struct buf *b, const char *name, str value);
void put_flag(struct buf *b, const char *name, bool yes);
void put_raw(struct buf *b, const char *name, str json); /* a value that is JSON already */
void put_comma(struct buf *b); /* unless it is the first in its object or list */
void put_open(struct buf *b, const char *name, char bracket); /* "name":[ */
void put_list(struct buf *b, const char *name, const str *v, size_t n);

/* "policy", "attachedTo", "statement" (the statement itself) and its "sid"; b NULL writes nothing. */
void put_source(struct buf *b, const struct bound *by, int statement);
/* [{"operator":..,"key":..,"wanted":[..],"had":[..]},...] */
void put_unmet(struct buf *b, const char *name, const struct unmet *u, size_t n, bool with_had);

/* "aws:SourceIp (IpAddress) is 10.0.0.0/8 or ::1": what is wanted. */
void say_wanted(struct buf *b, const struct unmet *u);
void say_values(struct buf *b, const str *v, size_t n, const char *joint); /* "a, b or c" */
/* A statement on one line, indented: blanks outside its strings are made one space. */
void say_statement(struct buf *b, str statement);

/* JSON without blanks, on lines, indented by four; and a line end. */
void put_pretty(struct buf *b, str json);

/* The value of a parameter of the query, '+' being a space no more than elsewhere; refuses with 400 if it is absent. */
bool must_have(struct control *c, const char *name, const char *sentence, str *out);

/* The commands of this room, each in a file of its own. */
void control_explain(struct control *c), control_who_can(struct control *c), control_suggest(struct control *c);
