/** The services of the scripted lab: name, role, port, summary. */
const roster = [
  ["mqtt", "mqtt", 1883, "MQTT broker: levels 3.1, 3.1.1 and 5.0"],
  ["echo", "echo", 2222, "TCP: sends each chunk back, with a prefix or untouched"],
  ["raw-echo", "echo", 10000, "TCP: sends each chunk back, with a prefix or untouched"],
  ["file-echo", "echo", 32444, "TCP: sends each chunk back, with a prefix or untouched"],
  ["rest", "rest", 5151, "Arithmetic over REST"],
  ["soap", "soap", 8000, "Arithmetic over SOAP 1.1 and 1.2"],
  ["jsonrpc", "jsonrpc", 4000, "Arithmetic over JSON-RPC 2.0"],
  ["zmq-rep", "zmq-rep", 5555, "ZeroMQ REP: answers every request"],
  ["zmq-push", "zmq-push", 9999, "ZeroMQ PUSH: workloads for PULL workers"],
  ["zmq-pub", "zmq-pub", 12345, "ZeroMQ PUB: the time, once a second"],
  ["upcall", "upcall", 4141, "TCP: answers each chunk with an upcall, and can call its clients unasked"],
  ["time", "time", 45000, "TCP: answers TIME with the time of day, from real threads on one port"],
  ["udp", "udp", 12345, "UDP: answers each datagram with a greeting to its sender"],
  ["oneway", "oneway", 3131, "TCP, one way: logs what it receives and never answers"],
] as const;

type Event = Record<string, unknown>;

interface Peer {
  readonly service: string;
  readonly transport: string;
  readonly id: number;
  readonly port: number;
  readonly client?: string;
}

/** Simulates a lab with a broker, three MQTT clients and some short conversations, always in the same order. */
export class LabScript {
  problems: { service: string; text: string }[] = [];
  states: Record<string, string> = {};
  published: unknown[] = [];
  me: { name: string; role: string; by: string } = { name: "ani", role: "admin", by: "machine" };
  #seq = 0;
  #conversations = 0;
  #queue: Event[] = [];
  #scene = 0;
  readonly #begin = Date.now();
  #mqtt: readonly Peer[] | undefined;

  next(): Event {
    while (this.#queue.length === 0) this.#play();
    const event = this.#queue.shift();
    return { ...event, seq: ++this.#seq, time: Date.now() };
  }

  /** The next sequence number, for an event that a test makes itself. */
  seq(): number {
    return ++this.#seq;
  }

  answer(method: string, path: string, body: string): unknown {
    const [, , kind, name = "", what, view] = path.split("/");
    if (path === "/api/services") return roster.map(([service]) => this.#service(service));
    if (path === "/api/problems") return this.problems;
    if (path === "/api/about") return this.#about();
    if (path === "/api/me") return this.me;
    if (path.startsWith("/api/rates")) return { every: 10, times: [], services: {} };
    if (path === "/api/try") return tryForms;
    if (kind === "try" && method === "POST") return attempt(name, JSON.parse(body));
    if (kind !== "services") return undefined;
    if (what === "actions") {
      this.published.push(JSON.parse(body));
      return { result: { subscribers: 2 } };
    }
    if (what === "views") return views[view ?? ""]?.();
    if (method === "POST" && what !== undefined) this.states[name] = what === "stop" ? "stopped" : "running";
    return this.#service(name);
  }

  #about(): unknown {
    const memory = { rss: 84_000_000, heap: 20_000_000 };
    const uptime = (Date.now() - this.#begin) / 1000 + 4000;
    return {
      name: "distsrv",
      version: "0.1.0",
      bun: "1.4.5",
      platform: "linux-x64",
      pid: 1,
      startedAt: this.#begin,
      uptime,
      config: "lab.yaml",
      memory,
      eventLoopLag: 0.4,
    };
  }

  #service(name: string): unknown {
    const index = roster.findIndex(([service]) => service === name);
    const [service, role, port, summary] = roster[index] ?? roster[0];
    const state = this.states[service] ?? "running";
    const seconds = (Date.now() - this.#begin) / 1000;
    // Waves of different length, so that charts differ.
    const count = (speed: number) =>
      Math.round(1000 + speed * (seconds + 4 * Math.sin(seconds / (2 + index))));
    const stats = {
      connections_total: 12,
      ...(role === "mqtt" ? { messages_received_total: count(120), messages_sent_total: count(360) } : {}),
      ...(role === "echo" || role === "oneway" ? { messages_total: count(6 + index) } : {}),
      ...(role === "rest" ? { requests_total: count(40), responses_2xx_total: count(38) } : {}),
      ...(role === "time" ? { requests_total: count(900) } : {}),
      ...(role.startsWith("zmq") ? { messages_received_total: 0, messages_sent_total: count(1) } : {}),
      ...(role === "mqtt" || role === "rest"
        ? {}
        : { bytes_received_total: count(500), bytes_sent_total: count(700) }),
    };
    const isDown = state !== "running";
    return {
      name: service,
      role,
      summary,
      state,
      transport: role === "udp" ? "udp" : "tcp",
      addresses: isDown ? [] : [`127.0.0.1:${port}`],
      uptime: isDown ? null : seconds + 4000,
      restarts: service === "soap" ? 2 : 0,
      error: null,
      clients: role === "udp" ? null : index % 4,
      stats,
      example: null,
      problems: [],
    };
  }

  #play(): void {
    this.#mqtt ??= [
      this.#openMqtt("sensor-kelas"),
      this.#openMqtt("dashboard-lab"),
      this.#openMqtt("hp-andi"),
    ];
    const [sensor, board, phone] = this.#mqtt;
    this.#scene++;
    const degrees = 20 + (this.#scene % 16);
    this.#say(sensor, "in", `PUBLISH sister/temp qos 1 "Suhu: ${degrees}°C"`, {
      packet: "PUBLISH",
      topic: "sister/temp",
      qos: 1,
      payload: `Suhu: ${degrees}°C`,
    });
    this.#say(board, "out", `PUBLISH sister/temp qos 1 "Suhu: ${degrees}°C"`, {
      packet: "PUBLISH",
      topic: "sister/temp",
      qos: 1,
      payload: `Suhu: ${degrees}°C`,
    });
    this.#say(sensor, "out", "PUBACK 7", { packet: "PUBACK", id: 7 });
    if (this.#scene % 3 === 0)
      this.#say(phone, "out", 'PUBLISH sister/humidity "Kelembapan: 41%"', {
        packet: "PUBLISH",
        topic: "sister/humidity",
        qos: 0,
        payload: "Kelembapan: 41%",
      });
    if (this.#scene % 2 === 0) this.#exchange("echo", "halo", "Echo: halo");
    if (this.#scene % 4 === 1) this.#exchange("time", "TIME", "JAM 23:49:36");
    if (this.#scene % 5 === 2) this.#exchange("rest", "GET /add?a=5&b=9", '200 {"result":14}', "http");
    if (this.#scene % 6 === 3)
      this.#exchange("udp", "halo", "Hello, ('127.0.0.1', 40000). You said: halo", "udp");
  }

  #openMqtt(client: string): Peer {
    const peer = this.#peer("mqtt", "tcp", client);
    this.#event(peer, { kind: "open" });
    this.#say(peer, "in", `CONNECT ${client} MQTT 5.0, keep alive 60 s`, { packet: "CONNECT" });
    this.#say(peer, "out", "CONNACK Success", { packet: "CONNACK" });
    return peer;
  }

  #exchange(service: string, request: string, reply: string, transport = "tcp"): void {
    const peer = this.#peer(service, transport);
    this.#event(peer, { kind: "open" });
    this.#say(peer, "in", transport === "http" ? request : `Received from client: ${request}`);
    this.#say(peer, "out", transport === "http" ? reply : `Sent to client: ${reply}`);
    this.#event(peer, { kind: "close", reason: "the client has ended" });
  }

  #peer(service: string, transport: string, client?: string): Peer {
    const id = ++this.#conversations;
    const peer = { service, transport, id, port: 40_000 + (id % 20_000) };
    return client === undefined ? peer : { ...peer, client };
  }

  #say(peer: Peer | undefined, direction: string, text: string, fields: Event = {}): void {
    if (peer === undefined) return;
    const bytes = Buffer.from(`${text}\r\n\x00\xff`);
    const more = peer.client === undefined ? fields : { client: peer.client, ...fields };
    this.#event(peer, {
      kind: "message",
      direction,
      text,
      fields: more,
      bytes: bytes.toString("base64"),
      size: bytes.length,
    });
  }

  #event({ service, transport, id, port }: Peer, rest: Event): void {
    this.#queue.push({
      service,
      transport,
      conversation: `${service}#${id}`,
      local: "127.0.0.1:1",
      remote: `127.0.0.1:${port}`,
      ...rest,
    });
  }
}

const tryForms = roster.map(([service, role, port]) => ({
  address: { transport: "tcp", host: "127.0.0.1", port },
  service,
  role,
  title: role === "rest" ? "Ask for a calculation" : "Send a message",
  fields:
    role === "rest"
      ? [
          { name: "operation", label: "Operation", type: "select", default: "add", options: ["add", "sub"] },
          { name: "a", label: "a", type: "number", default: 5, required: true },
          { name: "b", label: "b", type: "number", default: 9, required: true },
        ]
      : [{ name: "message", label: "Message", type: "text", default: "halo", required: true }],
}));

function attempt(service: string, fields: Record<string, unknown>): unknown {
  const text = String(fields.message ?? JSON.stringify(fields));
  const shown = (words: string) => ({ text: words, bytes: Buffer.from(words).toString("base64") });
  if (service === "oneway") return { ok: true, ms: 0.8, request: shown(text), reply: null };
  if (service === "soap")
    return { ok: false, ms: 2000, request: shown(text), reply: null, error: "no answer within 2 s" };
  return { ok: true, ms: 1.43, request: shown(text), reply: shown(`Echo: ${text}`) };
}

const topic = (name: string, last: string, rate: number, retained = false) => ({
  topic: name,
  last,
  size: last.length,
  qos: 0,
  retained,
  retainedValue: retained ? last : null,
  isLastRetained: retained,
  count: 1234,
  bytes: 1234 * last.length,
  rate,
  byteRate: Math.round(rate * last.length),
  time: Date.now(),
});

const session = (clientId: string, connected: boolean, queued: number) => ({
  clientId,
  connected,
  remote: connected ? "127.0.0.1:40001" : null,
  version: "5.0",
  username: null,
  subscriptions: 2,
  queued,
  queuedBytes: queued * 20,
  inflight: queued > 0 ? 3 : 0,
  inflightIncoming: 0,
  dropped: 0,
  messagesIn: 120,
  messagesOut: 340,
  rateIn: connected ? 1.2 : 0,
  byteRateIn: connected ? 14 : 0,
  rateOut: connected ? 3.4 : 0,
  byteRateOut: connected ? 40 : 0,
  expiry: 3600,
  connectedAt: Date.now() - 60_000,
});

const views: Record<string, () => unknown> = {
  topics: () => ({
    topics: [
      topic("sister/temp", "Suhu: 28°C", 1),
      topic("sister/humidity", "Kelembapan: 41%", 1),
      topic("sister/channel/gaming", "Pesan gaming ke-17", 0.2),
      topic("sister/door", "open", 0, true),
      topic("gedung/lantai-2/ruang-201/suhu", '{"value":26.4,"unit":"C","battery":0.93}', 12.5),
    ],
    total: 5,
    truncated: false,
  }),
  topic: () => ({
    ...{ topic: "sister/temp", last: null, retained: null, count: 0, bytes: 0, rate: 0, byteRate: 0 },
    ...{ values: [], publishers: [], subscribers: [], subscriberCount: 0 },
  }),
  top: () => ({ topics: [], publishers: [] }),
  sessions: () => [
    session("sensor-kelas", true, 0),
    session("dashboard-lab", true, 0),
    session("hp-andi", false, 12),
  ],
  subscriptions: () => [
    { clientId: "dashboard-lab", filter: "sister/#", qos: 1 },
    { clientId: "hp-andi", filter: "sister/+", qos: 2 },
  ],
};
