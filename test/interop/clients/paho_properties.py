"""MQTT 5: the subscriber gets the properties that the publisher sets on a message."""
import json
import queue
import sys

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho_any import make_client

host, port = sys.argv[1], int(sys.argv[2])
arrived, ready = queue.Queue(), queue.Queue()
client = make_client("5")
client.on_connect = lambda c, *rest: c.subscribe("labelled", 1)
client.on_subscribe = lambda *rest: ready.put(True)
client.on_message = lambda c, u, message: arrived.put(message)
client.connect(host, port)
client.loop_start()
ready.get(timeout=10)

label = Properties(PacketTypes.PUBLISH)
label.PayloadFormatIndicator = 1
label.MessageExpiryInterval = 600
label.ContentType = "text/plain"
label.ResponseTopic = "answers/here"
label.CorrelationData = b"\x00\x01\xff"
label.UserProperty = [("unit", "°C"), ("unit", "again"), ("room", "7")]
client.publish("labelled", "28", 1, properties=label)
message = arrived.get(timeout=10)
read = message.properties
print(
    json.dumps(
        {
            "payload": message.payload.decode(),
            "format": read.PayloadFormatIndicator,
            "expiry": read.MessageExpiryInterval,
            "type": read.ContentType,
            "answer to": read.ResponseTopic,
            "correlation": read.CorrelationData.hex(),
            "user": read.UserProperty,
        }
    )
)
client.disconnect()
client.loop_stop()
