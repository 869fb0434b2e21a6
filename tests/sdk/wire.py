"""Between the SDKs and the network of this process: names lead to the gate, and one call can be spoilt on its way.

The SDKs are configured with production host names, so that `Host` and everything derived from it look as in
production; only the address lookup is replaced. Any other name fails: nothing here can reach another machine by name.
"""
import contextlib
import os
import socket

CLOUD = ".aliyuncs.com"
sent = 0                   # how many requests the SDKs have put on the wire


def lead_names_to(port):
    """Every name of the cloud becomes 127.0.0.1:`port`."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    original = socket.getaddrinfo

    def lookup(host, service, *args, **kwargs):
        name = host.decode() if isinstance(host, bytes) else host
        if name and name.endswith(CLOUD):
            return original("127.0.0.1", port, *args, **kwargs)
        if name in ("127.0.0.1", "localhost"):
            return original(name, service, *args, **kwargs)
        raise socket.gaierror(socket.EAI_NONAME, "this process knows no way to %r" % name)

    socket.getaddrinfo = lookup


def session_classes():
    """The two SDK families bring their own copy of the same HTTP library."""
    import requests
    from aliyunsdkcore.vendored import requests as vendored
    return requests.Session, vendored.Session


@contextlib.contextmanager
def sending(spoil=None):
    """Counts what is sent. `spoil(send, request)` gets each signed request and decides what really goes out."""
    originals = [(kind, kind.send) for kind in session_classes()]

    def patched(original):
        def send(session, request, **options):
            def once(what):
                global sent
                sent += 1
                return original(session, what, **options)
            return spoil(once, request) if spoil else once(request)
        return send

    try:
        for kind, original in originals:
            kind.send = patched(original)
        yield
    finally:
        for kind, original in originals:
            kind.send = original


# ------------------------------------------------------------------ ways to spoil a signed request
def replayed(send, request):
    first = send(request.copy())
    assert first.status_code == 200, "the first of the two was refused: %s" % first.text
    return send(request)


def with_query(text):
    def spoil(send, request):
        request.url += ("&" if "?" in request.url else "?") + text
        return send(request)
    return spoil


def with_body(text):
    def spoil(send, request):
        body = request.body.read() if hasattr(request.body, "read") else request.body or b""
        request.body = (body.encode() if isinstance(body, str) else body) + text
        request.headers["Content-Length"] = str(len(request.body))
        return send(request)
    return spoil


def with_header(name, value):
    def spoil(send, request):
        request.headers[name] = value
        return send(request)
    return spoil
