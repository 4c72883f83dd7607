# A PUSH server that sends pickled workloads, as in a course, without the pauses.
import pickle
import random

import zmq

socket = zmq.Context().socket(zmq.PUSH)
print("listening", socket.bind_to_random_port("tcp://127.0.0.1"), flush=True)
while True:
    socket.send(pickle.dumps(random.randint(1, 100)))
