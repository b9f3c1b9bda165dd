"""How web takes connections: a request gets a thread when it is whole. Run by web's workers alone.

A client that sends slowly, or reads slowly, costs a socket and its buffer, never a thread.
"""

# A line imports only from the lines below it.
#
#   worker                     the gunicorn worker: accepts, waits, hands over, sends the rest of replies, closes
#   waiting, connection        who waits for a client; one connection, and how a thread reads the rest of a body
#   incoming, refusals         one request while it arrives; problem documents without Flask
#   chunks, client_socket      where a chunked body ends; writes that wait for nobody
