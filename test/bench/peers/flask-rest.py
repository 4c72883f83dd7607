# The calculator on Flask and its own server, as a course writes it.
import logging

from flask import Flask, jsonify, request
from werkzeug.serving import make_server

app = Flask(__name__)
operations = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
}


@app.route("/<name>")
def calculate(name):
    a, b = request.args.get("a", type=int), request.args.get("b", type=int)
    if a is None or b is None:
        return jsonify({"error": "Invalid input"}), 400
    if name == "div" and b == 0:
        return jsonify({"error": "Division by zero"}), 400
    return jsonify({"result": operations[name](a, b)})


logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = make_server("127.0.0.1", 0, app, threaded=True)
print("listening", server.socket.getsockname()[1], flush=True)
server.serve_forever()
