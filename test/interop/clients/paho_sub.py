"""The course's subscriber: prints what it receives, and disconnects after so many messages."""
import sys
import threading

from paho_any import make_client, run

host, port, protocol, topic, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])
client = make_client(protocol)
client.done = threading.Event()
received = 0


def on_connect(client, userdata, flags, code, properties=None):
    if code != 0:
        sys.exit(f"refused: {code}")
    print(f"Berhasil terhubung ke broker MQTT {host}")
    client.subscribe(topic)
    print(f"Berlangganan topik: {topic}")


def on_message(client, userdata, message):
    global received
    received += 1
    if received <= count:
        print(f"Received message: {message.payload.decode()} (Topic: {message.topic})")
    if received == count:
        client.done.set()


client.on_connect = on_connect
client.on_message = on_message
print(f"Menghubungkan ke {host}...")
print("Menunggu pesan... (Tekan Ctrl+C untuk keluar)")
run(client, host, port)
print("\nSubscriber dihentikan.")
