"""Sends one message and shows that there is no answer by reading until the server closes."""
import socket
import sys

host, port, message = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with socket.create_connection((host, port), timeout=10) as connection:
    connection.sendall(message.encode())
    connection.shutdown(socket.SHUT_WR)
    print("Received:", connection.recv(1024))
