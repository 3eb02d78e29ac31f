/* The options that say what new objects are to have, by the AWS CLI's names. */
#pragma once

#include "cli/options.h"
#include "transfer/transfer.h"

struct s3_properties {
	str content_type, content_encoding, content_disposition, content_language, cache_control;
	str storage_class, acl, sse, kms_key;
	struct option_values metadata; /* NAME=VALUE[,NAME=VALUE...], or JSON */
};

#define PROPERTY_OPTIONS(p)                                                                                            \
	{ .name = "--content-type", .value = &(p)->content_type },                                                     \
		{ .name = "--content-encoding", .value = &(p)->content_encoding },                                     \
		{ .name = "--content-disposition", .value = &(p)->content_disposition },                               \
		{ .name = "--content-language", .value = &(p)->content_language },                                     \
		{ .name = "--cache-control", .value = &(p)->cache_control },                                           \
		{ .name = "--storage-class", .value = &(p)->storage_class }, { .name = "--acl", .value = &(p)->acl },  \
		{ .name = "--sse", .value = &(p)->sse }, { .name = "--sse-kms-key-id", .value = &(p)->kms_key }, {     \
		.name = "--metadata", .values = &(p)->metadata                                                         \
	}

/* Before the options are taken: --sse without its value is --sse AES256. */
void s3_complete_sse(struct cli *cli);
/* Into the setup, in the cli's arena. False: metadata that is none; said on stderr. */
bool s3_read_properties(struct cli *cli, const struct s3_properties *p, struct transfer_setup *setup);
