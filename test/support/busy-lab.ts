import { afterAll } from "bun:test";
import { connect, type Socket } from "node:net";
import mqtt from "mqtt";
import { type Lab, startLab } from "./lab.ts";
import { greeting, message, readyCommand } from "./zmtp.ts";

/** Ten services, and the traffic of forty clients. */
export async function startBusyLab(): Promise<Lab> {
  const stops: Stop[] = [];
  // Before the lab has registered that it is killed, because hooks run in that order: a client that is still connected
  // then may be reset, and MQTT.js throws an error that nobody listens for.
  afterAll(async () => {
    await Promise.all(stops.map((stop) => stop()));
  });
  const lab = await startLab(`
admin: { port: 0 }
log: { messages: 0 }
operations: { add: a + b, sub: a - b, mul: a * b }
services:
  mqtt: { port: 0 }
  echo: { port: 0, concurrency: iterative }
  time: { port: 0 }
  upcall: { port: 0 }
  oneway: { port: 0 }
  udp: { port: 0 }
  rest: { port: 0 }
  soap: { port: 0 }
  jsonrpc: { port: 0 }
  zmq-rep: { port: 0 }
`);
  await startFortyClients(lab, stops);
  return lab;
}

type Stop = () => void | Promise<void>;

/** @param stops gets how each of them is stopped */
async function startFortyClients(lab: Lab, stops: Stop[]): Promise<void> {
  const rooms = ["dapur", "kamar", "kelas-a", "kelas-b", "teras", "lab-1", "lab-2", "gudang"];
  const boards = ["papan-kelas", "papan-lab", "ponsel-ani", "ponsel-budi", "perekam", "alarm"];
  const texts = ["halo dunia", "apa kabar?", "selamat pagi", "terima kasih"];
  stops.push(...(await Promise.all(boards.map((name, index) => board(lab, name, index)))));
  stops.push(...(await Promise.all(rooms.map((room, index) => sensor(lab, room, index)))));
  for (let index = 0; index < 4; index++) {
    const say = () => texts[index % texts.length] ?? "halo";
    stops.push(
      repeat(1700 + index * 310, () => exchange(lab.port("echo"), say())),
      talk(lab.port("time"), 1500 + index * 270, () => "TIME\r\n"),
      talk(lab.port("upcall"), 2900 + index * 410, say),
      talk(lab.port("rest"), 2600 + index * 350, () => get(`/add?a=${index}&b=9`)),
      talk(lab.port("jsonrpc"), 3100 + index * 370, () => call(index)),
    );
  }
  stops.push(
    talk(lab.port("oneway"), 2300, () => "suhu 28"),
    talk(lab.port("oneway"), 3700, () => "suhu 31"),
  );
  stops.push(await datagrams(lab, 2100), await datagrams(lab, 3300));
  stops.push(
    talk(lab.port("soap"), 3900, () => get("/?wsdl")),
    talk(lab.port("zmq-rep"), 2700, () => message("", "Halo"), reqGreeting),
  );
}

function repeat(period: number, work: () => unknown): Stop {
  const timer = setInterval(async () => {
    // A service that stops, as a test may ask it to, ends what its clients do.
    await Promise.resolve(work()).catch(() => {});
  }, period);
  return () => clearInterval(timer);
}

const connectMqtt = (lab: Lab, clientId: string) =>
  mqtt.connectAsync(`mqtt://127.0.0.1:${lab.port("mqtt")}`, { clientId, protocolVersion: 5 });

async function sensor(lab: Lab, room: string, index: number): Promise<Stop> {
  const client = await connectMqtt(lab, `sensor-${room}`);
  let count = 0;
  const publish = () => {
    count++;
    const temperature = 27 + Math.sin((count + index) / 5) * 3;
    const reading = { suhu: Number(temperature.toFixed(1)), lembap: 60 + ((count * 7 + index) % 9) };
    client.publish(`rumah/${room}/iklim`, JSON.stringify(reading), {
      qos: index % 2 ? 1 : 0,
      retain: index < 4,
    });
    if (count % 3 === 0) client.publish(`rumah/${room}/daya`, String(40 + ((count * 13) % 50)));
  };
  publish();
  const stop = repeat(700 + index * 120, publish);
  return async () => {
    await stop();
    await client.endAsync(true);
  };
}

async function board(lab: Lab, name: string, index: number): Promise<Stop> {
  const client = await connectMqtt(lab, name);
  const filters = [
    "rumah/+/iklim",
    "rumah/#",
    "rumah/dapur/#",
    "rumah/kelas-a/iklim",
    "rumah/+/daya",
    "rumah/terass/#",
  ];
  await client.subscribeAsync(filters[index] ?? "rumah/#", { qos: index % 2 ? 1 : 0 });
  return () => client.endAsync(true);
}

/** Of a ZeroMQ socket that asks. */
const reqGreeting = Buffer.concat([greeting, readyCommand("REQ")]);

/** A client that stays connected and speaks now and then. */
function talk(port: number, period: number, say: () => string | Uint8Array, first?: Uint8Array): Stop {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => {}).resume();
  const speak = () => void (socket.writable && socket.write(say()));
  if (first === undefined) speak();
  else socket.write(first);
  const stop = repeat(period, speak);
  return async () => {
    await stop();
    socket.destroy();
  };
}

/** One who comes, says something, hears the answer and goes. */
function exchange(port: number, text: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket: Socket = connect({ port, host: "127.0.0.1" }, () => socket.write(text));
  socket.once("data", () => socket.end());
  socket.on("error", () => {});
  socket.once("close", () => resolve());
  return promise;
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: lab\r\n\r\n`;

function call(index: number): string {
  const body = JSON.stringify({ jsonrpc: "2.0", method: "mul", params: [index + 2, 21], id: index + 1 });
  const head = `POST / HTTP/1.1\r\nHost: lab\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  return `${head}\r\n\r\n${body}`;
}

async function datagrams(lab: Lab, period: number): Promise<Stop> {
  const socket = await Bun.udpSocket({ hostname: "127.0.0.1", socket: { data() {} } });
  const stop = repeat(period, () => socket.send("Apa kabar?", lab.port("udp"), "127.0.0.1"));
  return async () => {
    await stop();
    socket.close();
  };
}
