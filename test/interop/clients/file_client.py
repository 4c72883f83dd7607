"""Sends a file, shuts down its sending side, and stores what is returned until the server closes."""
import socket
import sys
import threading

host, port, source, target = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
connection = socket.create_connection((host, port), timeout=30)


def send():
    with open(source, "rb") as file:
        connection.sendfile(file)
    connection.shutdown(socket.SHUT_WR)


sender = threading.Thread(target=send)
sender.start()
received = 0
with open(target, "wb") as file:
    while block := connection.recv(65536):
        file.write(block)
        received += len(block)
sender.join()
connection.close()
print(f"{received} bytes came back")
