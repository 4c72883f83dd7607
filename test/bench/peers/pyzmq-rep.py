# A REP server as a course writes it.
import zmq

socket = zmq.Context().socket(zmq.REP)
print("listening", socket.bind_to_random_port("tcp://127.0.0.1"), flush=True)
while True:
    socket.recv()
    socket.send(b"World")
