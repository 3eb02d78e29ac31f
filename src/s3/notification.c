#include "base/rand.h"
#include "s3/config.h"
#include "s3/listing.h"
#include "s3/meta.h"
#include "s3/routes.h"

enum { ID_LENGTH = 48, VALUE_MAX = 1024, ALL_MAX = 100 };

static const struct destination {
	const char *list, *arn, *service;
} destinations[] = {
	{ "TopicConfigurations", "TopicArn", "sns" },
	{ "QueueConfigurations", "QueueArn", "sqs" },
	{ "LambdaFunctionConfigurations", "LambdaFunctionArn", "lambda" },
};
enum { DESTINATIONS = sizeof(destinations) / sizeof(*destinations) };

/* arn:partition:service:region:account:resource */
static bool arn_of(str arn, const char *service) {
	str part[5];
	for (size_t i = 0; i < 5; i++) {
		if (!str_cut(arn, ':', &part[i], &arn)) {
			return false;
		}
	}
	return str_is(part[0], "arn") && part[1].n && str_is(part[2], service) && part[3].n && part[4].n && arn.n;
}

static bool check_filter(struct call *c, const struct val *filter) {
	const struct val *rules = get(get(filter, "Key"), "FilterRules");
	int prefixes = 0, suffixes = 0;
	for (const struct val *r = rules ? rules->first : NULL; r; r = r->next) {
		str name = get_str(r, "Name"), value = get_str(r, "Value");
		prefixes += str_ieq(name, S("prefix"));
		suffixes += str_ieq(name, S("suffix"));
		if (!str_ieq(name, S("prefix")) && !str_ieq(name, S("suffix"))) {
			return fail_argument(c, "FilterRule.Name", name,
					     "filter rule name must be either prefix or suffix");
		}
		if (value.n > VALUE_MAX) {
			return fail_argument(c, "FilterRule.Value", value,
					     "Size of filter rule value cannot exceed 1024 "
					     "bytes in UTF-8 representation");
		}
	}
	return prefixes <= 1 && suffixes <= 1
		       ? true
		       : fail_argument(c, "FilterRule", (str){ 0 },
				       "Cannot specify more than one prefix or suffix rule in a filter.");
}

static bool event_known(const struct val *event) {
	for (const char *const *v = event->shape->values; *v; v++) {
		if (str_is(event->s, *v)) {
			return true;
		}
	}
	return false;
}

static bool check_events(struct call *c, const struct val *events) {
	if (!events || !events->first) {
		return malformed(c);
	}
	for (const struct val *e = events->first; e; e = e->next) {
		if (!event_known(e)) {
			return fail_argument(c, "Event", e->s, "The event is not supported for notifications");
		}
	}
	return true;
}

static bool check_one(struct call *c, struct val *one, const struct destination *d) {
	str arn = get_str(one, d->arn);
	if (!arn_of(arn, d->service)) {
		return fail_argument(c, d->arn, arn, "The ARN is not well formed");
	}
	if (!get(one, "Id")) {
		set_str(c->arena, one, "Id",
			rand_text(c->arena, S("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
				  ID_LENGTH));
	}
	return check_events(c, get(one, "Events")) && check_filter(c, get(one, "Filter"));
}

static bool ids_differ(struct call *c, const struct val *v, const struct val *one) {
	str id = get_str(one, "Id");
	int n = 0;
	for (size_t i = 0; i < DESTINATIONS; i++) {
		const struct val *list = get(v, destinations[i].list);
		for (const struct val *k = list ? list->first : NULL; k; k = k->next) {
			n += str_eq(get_str(k, "Id"), id);
		}
	}
	return n == 1 ? true
		      : fail_argument(c, "Id", id, "Same ID used for multiple configurations. IDs must be unique");
}

static bool few_enough(struct call *c, const struct val *v) {
	size_t n = 0;
	for (size_t i = 0; i < DESTINATIONS; i++) {
		n += val_count(get(v, destinations[i].list));
	}
	return n <= ALL_MAX ? true
			    : fail_argument(c, "NotificationConfiguration", (str){ 0 },
					    "A bucket can have up to 100 event notification configurations.");
}

static bool check_all(struct call *c, const struct val *v) {
	for (size_t i = 0; i < DESTINATIONS; i++) {
		const struct val *list = get(v, destinations[i].list);
		for (struct val *one = list ? list->first : NULL; one; one = one->next) {
			if (!check_one(c, one, &destinations[i]) || !ids_differ(c, v, one)) {
				return false;
			}
		}
	}
	return true;
}

/* Not config_body: the events and the names of filter rules have sentences of their own. */
static bool put_bucket_notification(struct call *c) {
	const struct val *v = get(c->in, "NotificationConfiguration");
	if (!v) {
		return malformed(c);
	}
	if (!few_enough(c, v) || !check_all(c, v)) {
		return false;
	}
	return v->first ? config_keep(c, "notification", v)
			: config_change(c, &(struct change){ .kind = "notification" });
}

static bool get_bucket_notification(struct call *c) {
	return config_show(c, "notification", NULL, NULL);
}

const struct route notification_routes[] = {
	{ "PutBucketNotificationConfiguration", put_bucket_notification, "s3:PutBucketNotification", on_bucket, TIER1 },
	{ "GetBucketNotificationConfiguration", get_bucket_notification, "s3:GetBucketNotification", on_bucket, TIER2 },
	{ 0 },
};
