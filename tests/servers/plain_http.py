"""For requests over plain HTTP: httpx2 needs 20 ms to load the certificates that they do without."""

import ssl

NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
