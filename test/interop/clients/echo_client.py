"""A request/response client as in the course: prompts for messages, prints each reply, ends at bye."""
import socket
import sys

host, port = sys.argv[1], int(sys.argv[2])
with socket.create_connection((host, port), timeout=10) as connection:
    message = input("Enter message: ")
    while message.lower() != "bye":
        connection.sendall(message.encode())
        reply = connection.recv(1024)
        print(type(reply))
        print("Received from server:", reply.decode())
        message = input("Enter another message: ")
