"""An upcall client: a thread receives the server's upcalls, the main thread sends what is typed."""
import queue
import socket
import sys
import threading

host, port = sys.argv[1], int(sys.argv[2])
connection = socket.create_connection((host, port), timeout=10)
upcalls = queue.Queue()


def listen():
    while data := connection.recv(1024):
        upcalls.put(data.decode())


threading.Thread(target=listen, daemon=True).start()
message = input("Enter message: ")
while message.lower() != "bye":
    connection.sendall(message.encode())
    print("Received upcall from server:", upcalls.get(timeout=10))
    message = input("Enter another message: ")
connection.shutdown(socket.SHUT_RDWR)
