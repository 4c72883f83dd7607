"""The course's publisher: publishes one message so many times."""
import sys

from paho_any import make_client

host, port, protocol, topic, text, count, qos = (*sys.argv[1:6], int(sys.argv[6]), int(sys.argv[7]))
client = make_client(protocol)
print(f"Menghubungkan ke {host}...")
client.connect(host, int(port), 60)
client.loop_start()
for _ in range(count):
    client.publish(topic, text, qos).wait_for_publish(10)
    print(f"Published: {text}")
client.disconnect()
client.loop_stop()
print("Publisher dihentikan.")
