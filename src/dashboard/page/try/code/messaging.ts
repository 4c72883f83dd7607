import type { TryAddress } from "../../api/types.ts";
import { hostPort } from "../http-request.ts";
import { shellCommand, stringLiteral } from "./quote.ts";

type Values = Readonly<Record<string, string>>;

/** A program that does what a form does. */
export interface Programs {
  readonly curl?: string;
  readonly python: string;
  readonly script: string;
}

/** Publishes and waits for the message: paho-mqtt, and the package mqtt of npm. */
export function mqttPrograms(values: Values, { host, port }: TryAddress): Programs {
  const { topic = "", message = "", qos = "0", retain = "no", user = "" } = values;
  const isRetained = retain === "yes";
  const auth = user === "" ? "" : `, auth={"username": ${stringLiteral(user)}, "password": "..."}`;
  const python = [
    "# pip install paho-mqtt",
    "import paho.mqtt.publish as publish",
    "",
    `publish.single(${stringLiteral(topic)}, ${stringLiteral(message)}, qos=${qos}, retain=${isRetained ? "True" : "False"},`,
    `               hostname=${stringLiteral(host)}, port=${port}${auth})`,
    "",
  ];
  const login = user === "" ? "" : `, { username: ${stringLiteral(user)}, password: "..." }`;
  const script = [
    "// npm install mqtt",
    'import mqtt from "mqtt";',
    "",
    `const client = await mqtt.connectAsync("mqtt://${hostPort(host, port)}"${login});`,
    `client.on("message", (topic, payload) => {`,
    "  console.log(topic, payload.toString());",
    "  client.end();",
    "});",
    `await client.subscribeAsync(${stringLiteral(topic)});`,
    `await client.publishAsync(${stringLiteral(topic)}, ${stringLiteral(message)}, { qos: ${qos}, retain: ${isRetained} });`,
    "",
  ];
  const programs = { python: python.join("\n"), script: script.join("\n") };
  // curl publishes at QoS 0, and never with RETAIN.
  if (qos !== "0" || isRetained || user !== "" || message === "") return programs;
  const path = topic.split("/").map(encodeURIComponent).join("/");
  return {
    ...programs,
    curl: shellCommand(["curl", ["-d", message], `mqtt://${hostPort(host, port)}/${path}`]),
  };
}

/** With pyzmq, and the package zeromq of npm. */
export function zmqPrograms(role: string, values: Values, { host, port }: TryAddress): Programs {
  const endpoint = stringLiteral(`tcp://${hostPort(host, port)}`);
  const { types, python, script } = zmqSteps(role, values);
  return {
    python: [
      "# pip install pyzmq",
      "import zmq",
      "",
      `socket = zmq.Context().socket(zmq.${types.python})`,
      `socket.connect(${endpoint})`,
      ...python,
      "print(socket.recv())",
      "",
    ].join("\n"),
    script: [
      "// npm install zeromq",
      'import zmq from "zeromq";',
      "",
      `const socket = new zmq.${types.script}();`,
      `socket.connect(${endpoint});`,
      ...script,
      "const [reply] = await socket.receive();",
      "console.log(reply.toString());",
      "socket.close();",
      "",
    ].join("\n"),
  };
}

interface ZmqSteps {
  readonly types: { readonly python: string; readonly script: string };
  /** What comes before the first message is received. */
  readonly python: readonly string[];
  readonly script: readonly string[];
}

function zmqSteps(role: string, { message = "", prefix = "" }: Values): ZmqSteps {
  if (role === "zmq-push") return { types: { python: "PULL", script: "Pull" }, python: [], script: [] };
  if (role === "zmq-pub")
    return {
      types: { python: "SUB", script: "Subscriber" },
      python: [`socket.subscribe(${stringLiteral(prefix)})`],
      script: [`socket.subscribe(${stringLiteral(prefix)});`],
    };
  return {
    types: { python: "REQ", script: "Request" },
    python: [`socket.send_string(${stringLiteral(message)})`],
    script: [`await socket.send(${stringLiteral(message)});`],
  };
}
