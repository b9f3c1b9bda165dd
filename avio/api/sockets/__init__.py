"""How web takes connections: a request gets a thread when it is whole. Run by web's workers alone.

A slow or silent client costs a socket and its buffer, never a thread.
"""

# A line imports only from the lines below it.
#
#   worker                     the gunicorn worker: accepts, waits, hands over, closes
#   waiting, connection        who waits for a request; one connection, and how a thread reads the rest of a body
#   incoming, refusals         one request while it arrives; problem documents without Flask
#   chunks                     where a chunked body ends
