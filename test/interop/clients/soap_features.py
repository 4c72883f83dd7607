"""What zeep gets from the service, as JSON lines: its operations, numbers of every kind, faults."""
import decimal
import json
import sys

import requests
from zeep import Client
from zeep.exceptions import Fault

url = f"http://{sys.argv[1]}:{sys.argv[2]}"
client = Client(f"{url}/?wsdl")
service = client.service


def report(name, value):
    print(json.dumps({name: value}, default=str))


def fault(call):
    try:
        return f"no fault, but {call()}"
    except Fault as error:
        return [error.code.split(":")[-1], error.message]


(name, described), = client.wsdl.services.items()
(port, bound), = described.ports.items()
report("service", [name, port, sorted(bound.binding._operations)])
report("namespace", client.get_element("{spyne.examples.calculator}add").qname.namespace)
report("add", service.add(10, 5))
report("subtract", service.subtract(10, 5))
report("by name", service.add(b=2, a=40))
report("big", service.add(99999999999999999999999999, 1))
report("negative", service.subtract(-3, 4))
quotient = service.div(decimal.Decimal("7"), decimal.Decimal("2"))
report("div", [type(quotient).__name__, str(quotient)])
report("div by zero", fault(lambda: service.div(1, 0))[0])


def post(body, action="add"):
    envelope = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="spyne.examples.calculator">'
        f"<e:Body>{body}</e:Body></e:Envelope>"
    )
    reply = requests.post(url, envelope, headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": action}, timeout=10)
    code = reply.text.split("<faultcode>")[-1].split("</faultcode>")[0].split(":")[-1]
    text = reply.text.split("<faultstring>")[-1].split("</faultstring>")[0]
    return [reply.status_code, code, text]


report("unreadable", post("<c:add><c:a>abc</c:a><c:b>1</c:b></c:add>"))
report("unknown", post("<c:nope><c:a>1</c:a><c:b>1</c:b></c:nope>")[:2])
report("missing", post("<c:add><c:a>1</c:a></c:add>")[:2])
