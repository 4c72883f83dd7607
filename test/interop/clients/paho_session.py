"""A session outlives its connection: messages published at QoS 1 meanwhile are delivered later, in order."""
import json
import queue
import sys

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho_any import make_client

host, port, protocol = sys.argv[1], int(sys.argv[2]), sys.argv[3]
arrived, connected, granted = queue.Queue(), queue.Queue(), queue.Queue()


def connect():
    options = {} if protocol == "5" else {"clean_session": False}
    client = make_client(protocol, f"persistent-{protocol}", **options)
    client.on_connect = lambda c, u, flags, code, *rest: connected.put(bool(flags["session present"]))
    client.on_subscribe = lambda *rest: granted.put(True)
    client.on_message = lambda c, u, message: arrived.put(message.payload.decode())
    options = {}
    if protocol == "5":
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 60
        options = {"clean_start": False, "properties": properties}
    client.connect(host, port, 60, **options)
    client.loop_start()
    return client, connected.get(timeout=10)


first, was_present = connect()
first.subscribe("session/#", 1)
granted.get(timeout=10)
first.disconnect()
first.loop_stop()

publisher = make_client(protocol)
publisher.connect(host, port)
publisher.loop_start()
for number in range(5):
    publisher.publish("session/number", str(number), 1).wait_for_publish(10)

second, is_present = connect()
received = [arrived.get(timeout=10) for _ in range(5)]
print(json.dumps({"present before": was_present, "present after": is_present, "received": received}))
for client in (second, publisher):
    client.disconnect()
    client.loop_stop()
