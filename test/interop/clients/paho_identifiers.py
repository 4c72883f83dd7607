"""MQTT 5: subscription identifiers, subscription options, reason codes, and an identifier from the server."""
import json
import queue
import sys

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions
from paho_any import make_client

host, port = sys.argv[1], int(sys.argv[2])
arrived, ready, connected, gone = queue.Queue(), queue.Queue(), queue.Queue(), queue.Queue()
client = make_client("5", "")
client.on_connect = lambda c, u, flags, code, properties: connected.put(properties)
client.on_subscribe = lambda c, u, mid, codes, properties: ready.put([code.value for code in codes])
client.on_unsubscribe = lambda c, u, mid, properties, codes: gone.put(
    [code.value for code in (codes if isinstance(codes, list) else [codes])]
)
client.on_message = lambda c, u, message: arrived.put(message)
client.connect(host, port)
client.loop_start()
connack = connected.get(timeout=10)


def subscribe(filter, identifier, **options):
    properties = Properties(PacketTypes.SUBSCRIBE)
    properties.SubscriptionIdentifier = identifier
    client.subscribe(filter, options=SubscribeOptions(**options), properties=properties)
    return ready.get(timeout=10)


def summary(message):
    return [message.topic, sorted(message.properties.SubscriptionIdentifier), message.qos, bool(message.retain)]


client.publish("ids/kept", "old", 1, retain=True).wait_for_publish(10)
codes = [
    subscribe("ids/#", 1, qos=1, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND),
    subscribe("ids/+", 268435455, qos=2, retainAsPublished=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND),
    subscribe("ids/own", 7, qos=2, noLocal=True),
]
client.publish("ids/one", "x", 2)
both = summary(arrived.get(timeout=10))
client.publish("ids/deep/er", "x", 2)
first = summary(arrived.get(timeout=10))
client.publish("ids/kept", "new", 1, retain=True)
kept = summary(arrived.get(timeout=10))
subscribe("ids/kept", 9, qos=0)
replayed = summary(arrived.get(timeout=10))
client.unsubscribe(["ids/+", "ids/never"])
print(
    json.dumps(
        {
            "assigned": len(connack.AssignedClientIdentifier) > 0,
            "granted": codes,
            "both": both,
            "first": first,
            "kept": kept,
            "replayed": replayed,
            "unsubscribed": gone.get(timeout=10),
        }
    )
)
client.publish("ids/kept", "", 1, retain=True).wait_for_publish(10)
client.disconnect()
client.loop_stop()
