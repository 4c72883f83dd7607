# TIME as a course teaches it: a thread per client, blocking sockets.
import socket
import threading
import time


def serve(client):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with client:
        while True:
            request = client.recv(32)
            if not request or request == b"QUIT\r\n":
                return
            if request == b"TIME\r\n":
                reply = time.strftime("JAM %H:%M:%S\r\n")
            else:
                reply = "Invalid request\r\n"
            client.sendall(reply.encode("utf-8"))


listener = socket.create_server(("127.0.0.1", 0), backlog=128)
print("listening", listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
