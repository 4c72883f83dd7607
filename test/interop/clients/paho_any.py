"""Creates a client with the installed paho-mqtt, 1.x or 2.x; 2.x needs an argument for callbacks written for 1.x."""
import sys

import paho.mqtt.client as mqtt

PROTOCOLS = {"3.1": mqtt.MQTTv31, "3.1.1": mqtt.MQTTv311, "5": mqtt.MQTTv5}


def make_client(protocol, client_id="", **options):
    first = [mqtt.CallbackAPIVersion.VERSION1] if hasattr(mqtt, "CallbackAPIVersion") else []
    return mqtt.Client(*first, client_id=client_id, protocol=PROTOCOLS[protocol], **options)


def run(client, host, port):
    """Connects and serves callbacks until the client disconnects, at most 15 s."""
    client.connect(host, port, 60)
    client.loop_start()
    if not client.done.wait(15):
        sys.exit("paho waited 15 s in vain")
    client.disconnect()
    client.loop_stop()
