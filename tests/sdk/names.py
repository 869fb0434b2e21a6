"""Name lookup of this process: names of the cloud lead to one port of loopback, any other name fails.

The SDKs are configured with production host names, so that `Host` and everything derived from it look as in
production. Nothing here can reach another machine by name. `node/names.js` does the same for Node.
"""
import os
import socket

CLOUD = (".aliyuncs.com", ".fcapp.run")
METADATA = "100.100.100.200"            # where SDKs ask for the metadata of their machine


def lead_to(port, metadata=None):
    """Every name of the cloud becomes 127.0.0.1:`port`, and the address of the metadata 127.0.0.1:`metadata`, or stays itself for 80."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    original = socket.getaddrinfo

    def lookup(host, service, *args, **kwargs):
        name = host.decode() if isinstance(host, bytes) else host
        if name and name.endswith(CLOUD):
            return original("127.0.0.1", port, *args, **kwargs)
        if name == METADATA and metadata:
            return original(METADATA if metadata == 80 else "127.0.0.1", metadata, *args, **kwargs)
        if name in ("127.0.0.1", "localhost"):
            return original(name, service, *args, **kwargs)
        raise socket.gaierror(socket.EAI_NONAME, "this process knows no way to %r" % name)

    socket.getaddrinfo = lookup
