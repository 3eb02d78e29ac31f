/* --allow-host of run and shell: hosts that a program reaches itself, past the local cloud. */
#pragma once

#include "cli/cli.h"

/* The leading words --allow-host=HOST[,HOST...], put together with commas; *argv goes on behind them. False: one of
 * them names no host; said on stderr. */
bool allow_take(struct cli *cli, char ***argv, str *hosts);

/* A file of certificates for programs that reach such hosts: the local authority's (the file own) and those that the
 * machine, or the user's own setting, trusts. False: there are none of those, or it cannot be written; said on
 * stderr. */
bool allow_trust(struct cli *cli, const char *own, const char **path);
