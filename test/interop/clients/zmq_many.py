"""Many REQ sockets in one process, all connected at once; then the process ends without closing them."""
import sys

import zmq

host, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
context = zmq.Context()
context.setsockopt(zmq.MAX_SOCKETS, count + 10)
sockets = [context.socket(zmq.REQ) for _ in range(count)]
for socket in sockets:
    socket.setsockopt(zmq.RCVTIMEO, 10_000)
    socket.setsockopt(zmq.LINGER, 0)
    socket.connect(f"tcp://{host}:{port}")
    socket.send(b"Hello")
print(sum(socket.recv() == b"World" for socket in sockets), "replies")
