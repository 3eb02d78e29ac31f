"""A server that answers as a test tells it to: broken, hostile, or another's with something changed between."""
import hashlib
import http.client
import http.server
import threading
from contextlib import contextmanager
from urllib.parse import parse_qs, quote, urlsplit
from xml.sax.saxutils import escape

NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


class Ask:
    """What was asked for. query has one value a name; key is the path's, as it stands there."""

    def __init__(self, handler):
        url = urlsplit(handler.path)
        self.method, self.target, self.headers = handler.command, handler.path, dict(handler.headers)
        self.query = {k: v[0] for k, v in parse_qs(url.query, keep_blank_values=True).items()}
        _, self.bucket, self.key = (url.path + "/").split("/", 2)
        self.key = self.key[:-1]
        self.body = None


@contextmanager
def fake(answer, first=lambda ask: None):
    """first(ask) is called when only the head has come; answer(ask) gives (status, headers, body). A Content-Length in
    headers may be a lie: then the connection ends where the body does. Yields the address and what was asked."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self):
            ask = Ask(self)
            asked.append(ask)
            first(ask)
            ask.body = self.rfile.read(int(ask.headers.get("Content-Length") or 0))
            status, headers, body = answer(ask)
            (self.send_response_only if "Date" in headers else self.send_response)(status)
            for name, value in {"Content-Length": len(body), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
                self.close_connection = int(headers.get("Content-Length", len(body))) != len(body)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *args: None  # clients that go in the middle are what this is for
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def forward(url, change=lambda ask, status, headers, body: (status, headers, body)):
    """As the server there answers, and then changed."""
    def answer(ask):
        with_server = http.client.HTTPConnection(urlsplit(url).netloc)
        with_server.request(ask.method, ask.target, ask.body, ask.headers)
        got = with_server.getresponse()
        headers = {k: v for k, v in got.getheaders() if k.lower() not in ("connection", "date", "server")}
        out = change(ask, got.status, headers, got.read())
        with_server.close()
        return out
    return answer


def listing(objects, token=None, truncated=None, encode=True):
    """A page of ListObjectsV2 with objects of (key, size)."""
    rows = "".join(f"<Contents><Key>{escape(quote(k)) if encode else escape(k)}</Key><Size>{n}</Size>"
                   "<LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>&quot;x&quot;</ETag></Contents>"
                   for k, n in objects)
    more = truncated if truncated is not None else token is not None
    return 200, {"Content-Type": "application/xml"}, (
        f"<ListBucketResult {NS}><IsTruncated>{str(more).lower()}</IsTruncated>{rows}"
        + (f"<NextContinuationToken>{token}</NextContinuationToken>" if token else "")
        + ("<EncodingType>url</EncodingType>" if encode else "") + "</ListBucketResult>").encode()


def fault(status, code, message="It is so."):
    return status, {"Content-Type": "application/xml"}, \
        f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()


def object_of(body, **headers):
    """A GetObject's answer with the ETag of its content."""
    return 200, {"ETag": f'"{hashlib.md5(body).hexdigest()}"', "Last-Modified": "Fri, 02 Jan 2026 03:04:05 GMT",
                 **{k.replace("_", "-"): v for k, v in headers.items()}}, body
