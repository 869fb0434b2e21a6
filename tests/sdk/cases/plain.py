"""Plain HTTP without any SDK, as a browser or curl uses a signed URL."""
import http.client
import re
import urllib.parse

from cases.model import Reading, Sdk


class HttpError(Exception):
    def __init__(self, status, text):
        super().__init__("HTTP %d %s" % (status, text[:300]))
        self.status, self.text = status, text


def send(method, url, headers=None, body=None):
    """Sends the URL as it stands; no header but `Host` and those given."""
    parts = urllib.parse.urlsplit(url)
    target = url[url.index(parts.netloc) + len(parts.netloc):] or "/"
    connection = http.client.HTTPConnection(parts.hostname, 80, timeout=10)
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in {"Host": parts.netloc, **(headers or {})}.items():
        connection.putheader(name, value)
    if body is not None and "content-length" not in {name.lower() for name in headers or {}}:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if not 200 <= answer.status < 300:
        raise HttpError(answer.status, text.decode(errors="replace"))
    return text


def read(error):
    """The code of an XML or a JSON error."""
    def field(*names):
        found = [re.search(r'<%s>([^<]*)<|"%s"\s*:\s*"([^"]*)"' % (name, name), error.text) for name in names]
        return next((match.group(1) or match.group(2) for match in found if match), "")
    return Reading(field("Code", "ErrorCode"), error.status, field("RequestId") or None, kind=type(error).__name__)


PLAIN = Sdk("plain HTTP", lambda: HttpError, read)
