#include "base/tap.h"
#include "wire/fault.h"
#include "wire/rest.h"

static struct arena a;
static const struct fault no_such_key = { "NoSuchKey", 404 }, missing = { "ResourceNotFoundException", 404 },
			  broken = { "InternalFailure", 500 };

static str write(const struct fault *f, const char *service, enum proto proto, str *headers) {
	struct buf h = { .arena = &a }, b = { .arena = &a };
	struct refusal r = { .fault = f, .message = S("It's <no>\x01\xff") };
	struct envelope e = {
		.proto = proto, .service = service_find(service), .request_id = S("R"), .host_id = S("H")
	};
	refusal_detail(&a, &r, "BucketName", (str){ 0 });
	refusal_detail(&a, &r, "Key", S("a&b"));
	fault_write(&h, &b, &r, &e);
	*headers = buf_str(&h);
	return buf_str(&b);
}

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define SAID "It's &lt;no&gt;\xef\xbf\xbd\xef\xbf\xbd"

static void check_envelopes(void) {
	str h;
	CHECK_STR(write(&no_such_key, "s3", P_RESTXML, &h), S(XML "<Error><Code>NoSuchKey</Code><Message>" SAID
								  "</Message><Key>a&amp;b</Key><RequestId>R</RequestId>"
								  "<HostId>H</HostId></Error>"));
	CHECK_STR(h, S("Content-Type: application/xml\r\n"));
	CHECK_STR(write(&broken, "iam", P_QUERY, &h),
		  S(XML "<ErrorResponse "
			"xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Receiver</Type><Code>"
			"InternalFailure</Code><Message>" SAID
			"</Message></Error><RequestId>R</RequestId></ErrorResponse>"));
	CHECK_STR(write(&missing, "ec2", P_EC2, &h),
		  S(XML "<Response><Errors><Error><Code>ResourceNotFoundException</Code><Message>" SAID
			"</Message></Error></Errors><RequestID>R</RequestID></Response>"));
	CHECK_STR(write(&missing, "sagemaker-runtime", P_RESTJSON, &h),
		  S("{\"message\":\"It's <no>\xef\xbf\xbd\xef\xbf\xbd\"}"));
	CHECK_STR(h, S("Content-Type: application/json\r\nx-amzn-ErrorType: ResourceNotFoundException\r\n"));
}

/* CloudWatch's errors had other names in its query days. */
static void check_query_compatible(void) {
	static const struct fault old = { "ResourceNotFound", 404 };
	str h;
	CHECK(str_starts(write(&old, "cloudwatch", P_JSON, &h), S("{\"__type\":\"ResourceNotFound\",")));
	CHECK_STR(h, S("Content-Type: application/x-amz-json-1.0\r\nx-amzn-query-error: ResourceNotFound;Sender\r\n"));
	static const struct fault invalid = { "InvalidParameterValueException", 400 };
	CHECK(str_starts(write(&invalid, "cloudwatch", P_JSON, &h),
			 S("{\"__type\":\"InvalidParameterValueException\",")));
	CHECK(str_ends(h, S("x-amzn-query-error: InvalidParameterValue;Sender\r\n")));
	size_t at;
	CHECK(str_find(write(&invalid, "cloudwatch", P_QUERY, &h), S("<Code>InvalidParameterValue</Code>"), &at));
	CHECK(str_starts(write(&missing, "logs", P_JSON, &h), S("{\"__type\":\"ResourceNotFoundException\",")));
	CHECK_STR(h, S("Content-Type: application/x-amz-json-1.1\r\n"));
}

static bool read(enum proto proto, str body, str *code, str *message) {
	struct head h = { 0 };
	return fault_read(&a, proto, &(struct message){ &h, { 0 }, body }, code, message);
}

static void check_read(void) {
	str code, message;
	CHECK(read(P_JSON, S("{\"__type\":\"com.amazonaws.x#Oops:http://y\",\"Message\":\"m\"}"), &code, &message));
	CHECK_STR(code, S("Oops"));
	CHECK_STR(message, S("m"));
	CHECK(read(P_RESTXML, S("<Error><Code>C</Code></Error>"), &code, &message) && !message.p);
	CHECK(!read(P_RESTXML, S(""), &code, &message) && !read(P_QUERY, S("<html>"), &code, &message));
	CHECK(!read(P_JSON, S("<html></html>"), &code, &message) && !read(P_CBOR, S("\xff"), &code, &message));
}

int main(void) {
	check_envelopes();
	check_query_compatible();
	check_read();
	arena_free(&a);
	return tap_done();
}
