#include "transfer/task.h"

/* Sources: IANA's registry of media types; the AWS CLI goes by the machine's own tables, which are of these. */
static const struct {
	const char *suffix, *type;
} types[] = {
	{ ".avi", "video/x-msvideo" },
	{ ".bmp", "image/bmp" },
	{ ".bz2", "application/x-bzip2" },
	{ ".css", "text/css" },
	{ ".csv", "text/csv" },
	{ ".gif", "image/gif" },
	{ ".gz", "application/gzip" },
	{ ".htm", "text/html" },
	{ ".html", "text/html" },
	{ ".ipynb", "application/x-ipynb+json" },
	{ ".jpeg", "image/jpeg" },
	{ ".jpg", "image/jpeg" },
	{ ".js", "text/javascript" },
	{ ".json", "application/json" },
	{ ".md", "text/markdown" },
	{ ".mov", "video/quicktime" },
	{ ".mp3", "audio/mpeg" },
	{ ".mp4", "video/mp4" },
	{ ".parquet", "application/vnd.apache.parquet" },
	{ ".pdf", "application/pdf" },
	{ ".png", "image/png" },
	{ ".py", "text/x-python" },
	{ ".sh", "application/x-sh" },
	{ ".svg", "image/svg+xml" },
	{ ".tar", "application/x-tar" },
	{ ".tgz", "application/gzip" },
	{ ".tif", "image/tiff" },
	{ ".tiff", "image/tiff" },
	{ ".tsv", "text/tab-separated-values" },
	{ ".txt", "text/plain" },
	{ ".wav", "audio/x-wav" },
	{ ".webp", "image/webp" },
	{ ".xml", "application/xml" },
	{ ".yaml", "application/yaml" },
	{ ".yml", "application/yaml" },
	{ ".zip", "application/zip" },
};

str type_of_name(str name) {
	str last = name_last(name);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		str suffix = str_from(types[i].suffix);
		if (last.n > suffix.n && str_ieq(str_skip(last, last.n - suffix.n), suffix)) {
			return str_from(types[i].type);
		}
	}
	return (str){ 0 };
}
