/* What the files of this room share. */
#pragma once

#include "core/cloud.h"
#include "core/identity.h"
#include "sts/sts.h"

extern const struct route sts_role_routes[], sts_token_routes[], sts_key_routes[];

extern const struct fault sts_denied, sts_invalid, sts_invalid_parameter;

/* The parts of a session that the caller gives, checked and taken over into s: Policy and PolicyArns (well made, 2,048
 * characters in sum, PackedPolicyTooLarge), Tags (50; aws: is reserved; keys differ without case). *has_policy: any
 * session policy was given. */
bool grant_of_input(struct call *c, struct session *s, bool *has_policy); /* s->account is filled */
/* Policies and tags together may not take more room than AWS gives them. Fails with PackedPolicyTooLarge. */
bool session_packs(struct call *c, const struct session *s);
/* Credentials, and PackedPolicySize when there was something to pack. */
void show_credentials(struct call *c, struct session *s);
/* MFA codes cannot be right here: no account of this cloud has a device. */
bool no_mfa_given(struct call *c);

/* The role that AssumeRole is about; c->subject (a struct entity; NULL: nobody has this ARN). */
bool on_role_arn(struct call *c);
bool sts_key(struct call *c, const struct resource *r, str key, struct values *out);
