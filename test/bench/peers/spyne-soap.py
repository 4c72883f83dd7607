# The calculator on spyne and the standard library's WSGI server, as a course writes it.
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from spyne import Application, Integer, ServiceBase, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication


class CalculatorService(ServiceBase):
    @rpc(Integer, Integer, _returns=Integer)
    def add(ctx, a, b):
        return a + b

    @rpc(Integer, Integer, _returns=Integer)
    def subtract(ctx, a, b):
        return a - b


class Patient(WSGIServer):
    # Its listen backlog of five is too small for the clients of a benchmark.
    request_queue_size = 128


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


application = Application(
    [CalculatorService],
    tns="spyne.examples.calculator",
    in_protocol=Soap11(validator="lxml"),
    out_protocol=Soap11(),
)
server = make_server("127.0.0.1", 0, WsgiApplication(application), Patient, Quiet)
print("listening", server.server_port, flush=True)
server.serve_forever()
