import { describe, expect, test } from "bun:test";
import { encode } from "../../../src/protocol/mqtt/encode.ts";
import { analyse, odditiesOf, storyOf } from "../../support/analyse.ts";
import { connack, connect, packet, publish, subscribe } from "../../support/mqtt-packets.ts";
import { ethernet, ipv4, TcpTalk, udp } from "../../support/packets.ts";
import { greeting, message, readyCommand } from "../../support/zmtp.ts";

/** The messages of the first conversation, and what is odd. */
function said(talk: TcpTalk) {
  const report = analyse(talk.packets);
  const { conversation } = report.conversations[0]!;
  const story = storyOf(conversation).filter((line) => !/ (syn|syn-ack|established|fin)$/.test(line));
  return { story, odd: odditiesOf(report), conversation, report };
}

const mqtt = () => new TcpTalk().handshake().send("client", connect("ani")).send("server", connack);

describe("MQTT", () => {
  test("several packets in a segment, and one in several segments", () => {
    const message = publish("sister/temp", "Suhu 28");
    const { story, conversation } = said(
      mqtt()
        .send("client", Buffer.concat([subscribe("sister/#"), message.subarray(0, 5)]))
        .send("client", message.subarray(5, 9))
        .send("client", message.subarray(9)),
    );
    expect(story).toEqual([
      "client CONNECT ani MQTT 3.1.1, clean, keep alive 60 s",
      "server CONNACK accepted",
      "client SUBSCRIBE sister/# qos 0, id 1",
      'client PUBLISH sister/temp "Suhu 28"',
    ]);
    const { event, packet: last } = conversation.steps.first.at(-1)!;
    expect(event).toMatchObject({ kind: "message", firstPacket: 8, length: message.length });
    expect(last).toBe(12);
  });

  test("QoS 0 is acknowledged by TCP and by nobody else; QoS 1 without PUBACK is missing it", () => {
    const { odd, conversation } = said(
      mqtt()
        .send("client", publish("a", "x"))
        .send("client", packet(0x32, "a", [0, 7], Buffer.from("x"))),
    );
    expect(odd).toEqual(["missing-ack 10"]);
    const [, , , , , atMostOnce] = conversation.steps.first;
    expect(atMostOnce?.event).toMatchObject({ acknowledgedBy: 9, answerTime: undefined });
  });

  test("PUBACK answers its own PUBLISH, with the time since then", () => {
    const { odd, conversation } = said(
      mqtt()
        .sendOnly("client", packet(0x32, "a", [0, 7], Buffer.from("x")))
        .wait(5e6)
        .send("server", Buffer.from([0x40, 2, 0, 7])),
    );
    expect(odd).toEqual([]);
    expect(conversation.steps.first.at(-1)?.event).toMatchObject({ answerTo: 8, answerTime: 6e6 });
  });

  test("version 5 with properties, and the name behind a topic alias", () => {
    const connect5 = Buffer.from("101000044d5154540502003c000003616e69", "hex");
    connect5[1] = connect5.length - 2;
    const aliased = (topic: string) =>
      encode({
        type: "publish",
        version: 5,
        topic,
        qos: 0,
        retain: false,
        dup: false,
        packetId: 0,
        payload: Buffer.from("x"),
        properties: { topicAlias: 3, userProperties: [["a", "b"]] },
      });
    const { story } = said(
      new TcpTalk()
        .handshake()
        .send("client", connect5)
        .send("client", Buffer.from(aliased("sister/temp")))
        .send("client", Buffer.from(aliased(""))),
    );
    expect(story[0]).toContain("MQTT 5.0");
    expect(story[2]).toContain("PUBLISH sister/temp");
  });

  test("in the middle of a connection it is read from where packets are whole", () => {
    const { story, odd } = said(
      new TcpTalk().send("client", Buffer.from("rest of a payload")).send("client", publish("a", "x")),
    );
    expect(story).toEqual(['client PUBLISH a "x"']);
    expect(odd).toEqual(["begins-in-the-middle 1"]);
  });

  test("bytes that are no MQTT are said to be undecodable, and the packets before them stay", () => {
    const { story, odd } = said(mqtt().send("client", Buffer.from([0x00, 0x00, 0xff])));
    expect(story).toHaveLength(2);
    expect(odd).toEqual(["undecodable 8"]);
  });

  test("a silence is told up to where the broker closes, or says in MQTT 5 that it does; not after DISCONNECT", () => {
    const silent = (end: (talk: TcpTalk) => TcpTalk, seconds = 4) => {
      const talk = new TcpTalk().handshake().send("client", connect("ani", 2)).send("server", connack);
      return said(end(talk.wait(seconds * 1e9))).odd;
    };
    expect(silent((talk) => talk.close("server"))).toEqual(["keep-alive-silence 4"]);
    expect(silent((talk) => talk.close("server"), 2)).toEqual([]);
    // How long nobody has captured after it says nothing of the client.
    expect(silent((talk) => talk.close("server").wait(60e9).acknowledge("server"), 2)).toEqual([]);
    const version5 = new TcpTalk()
      .handshake()
      .send("client", packet(0x10, "MQTT", [5, 2, 0, 2, 0], "ani"))
      .send("server", Buffer.from([0x20, 3, 0, 0, 0]))
      .wait(4e9)
      .send("server", Buffer.from([0xe0, 2, 0x8d, 0]))
      .close("server");
    expect(said(version5).odd).toEqual(["keep-alive-silence 4"]);
    const left = (talk: TcpTalk) =>
      talk
        .send("client", Buffer.from([0xe0, 0]))
        .wait(9e9)
        .close("server");
    expect(silent(left, 1)).toEqual([]);
  });

  test("a client identifier in two places, a topic that nobody subscribed to, and a silence", () => {
    const first = mqtt().send("client", subscribe("sister/temp"));
    const second = new TcpTalk({ clientPort: 50_001 }, first.packets)
      .handshake()
      .send("client", connect("ani", 10))
      .send("server", connack)
      .send("client", publish("sister/tmep", "x"))
      .wait(16e9)
      .send("client", publish("sister/tmep", "x"));
    expect(said(second).odd).toEqual([
      "client-id-twice 13",
      "unanswered 8",
      "topic-mismatch 17",
      "silent-subscription 8",
      "keep-alive-silence 17",
    ]);
  });

  test("a refusal is named", () => {
    const { report } = said(
      new TcpTalk()
        .handshake()
        .send("client", connect("ani"))
        .send("server", Buffer.from([0x20, 2, 0, 5])),
    );
    expect(report.findings[0]).toMatchObject({ code: "mqtt-refused", values: { reason: "not authorized" } });
  });
});

const http = (port = 5151) => new TcpTalk({ serverPort: port }).handshake();

describe("HTTP", () => {
  test("requests that share a connection each find their answer, also a body in chunks", () => {
    const { story, conversation } = said(
      http()
        .send("client", "GET /add?a=1&b=2 HTTP/1.1\r\nHost: x\r\n\r\nGET /two HTTP/1.1\r\nHost: x\r\n\r\n")
        .send("server", 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"result":3}HTTP/1.1 200 OK\r\n')
        .send("server", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalo\r\n")
        .send("server", "0\r\n\r\n"),
    );
    expect(story).toEqual([
      "client GET /add?a=1&b=2",
      "client GET /two",
      'server 200 OK  {"result":3}',
      "server 200 OK  halo",
    ]);
    expect(conversation.exchanges.times.count).toBe(2);
  });

  test("a body that ends with the connection", () => {
    const { story } = said(
      http()
        .send("client", "GET / HTTP/1.0\r\n\r\n")
        .send("server", "HTTP/1.0 200 OK\r\n\r\nhalo ")
        .send("server", "dunia")
        .close("server"),
    );
    expect(story).toEqual(["client GET /", "server 200 OK  halo dunia"]);
  });

  test("secrets of a target are not told", () => {
    const { story } = said(http().send("client", "GET /x?token=geheim HTTP/1.1\r\nHost: x\r\n\r\n"));
    expect(story.join()).not.toContain("geheim");
  });

  test("a request without a reply, and one with an error", () => {
    const { odd } = said(
      http()
        .send("client", "GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        .send("server", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        .send("client", "GET /b HTTP/1.1\r\nHost: x\r\n\r\n"),
    );
    expect(odd).toEqual(["unanswered 8", "error-answer 6"]);
  });

  test("WebSocket after an upgrade, and MQTT in it", () => {
    const masked = (payload: Buffer) =>
      Buffer.concat([Buffer.from([0x82, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
    const { story } = said(
      http(8083)
        .send("client", "GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n")
        .send(
          "server",
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n",
        )
        .send("client", masked(connect("ani")))
        .send("server", Buffer.concat([Buffer.from([0x82, connack.length]), connack]))
        .send("server", Buffer.from([0x88, 2, 3, 0xe8])),
    );
    expect(story.slice(2)).toEqual([
      "client CONNECT ani MQTT 3.1.1, clean, keep alive 60 s",
      "server CONNACK accepted",
      "server close, 2 B  1000",
    ]);
  });

  test("the fields of what is in a body stand beside HTTP's own", () => {
    const body = '{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}';
    const { conversation } = said(
      http(4000).send("client", `POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    );
    expect(conversation.steps.first.at(-1)?.event).toMatchObject({
      message: { fields: { method: "POST", target: "/", "rpc.method": "add", "rpc.params": "[1,2]" } },
    });
  });

  test("JSON-RPC with an error", () => {
    const body = '{"jsonrpc":"2.0","error":{"code":-32601,"message":"no"},"id":1}';
    const { story, odd } = said(
      http(4000)
        .send("client", "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        .send("server", `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    );
    expect(story[1]).toBe('server 200 OK  JSON-RPC error {"code":-32601,"message":"no"}, id 1');
    expect(odd).toEqual(["error-answer 6"]);
  });
});

test("a ZMTP message begins in its own packet: not in that of the greeting, nor in that of the message before", () => {
  const [long, short] = [message("x".repeat(20)), message("y")];
  const { conversation } = said(
    new TcpTalk({ serverPort: 12_345 })
      .handshake()
      .sendOnly("client", greeting.subarray(0, 10)) // 4
      .sendOnly("client", greeting.subarray(10)) // 5
      .sendOnly("client", readyCommand("SUB")) // 6
      .sendOnly("client", long.subarray(0, 9)) // 7
      .sendOnly("client", Buffer.concat([long.subarray(9), short])), // 8
  );
  const places = conversation.steps.first.flatMap(({ packet, event }) =>
    event.kind === "message" ? [[event.firstPacket, packet]] : [],
  );
  expect(places).toEqual([
    [4, 5],
    [6, 6],
    [7, 8],
    [8, 8],
  ]);
});

test("ZMTP's greeting, subscription and a message of several parts", () => {
  const greeting = Buffer.alloc(64);
  Buffer.from("ff00000000000000017f0300", "hex").copy(greeting);
  greeting.write("NULL", 12);
  const ready = (type: string) => {
    const body = Buffer.concat([
      Buffer.from("\x05READY\x0bSocket-Type", "latin1"),
      Buffer.from([0, 0, 0, type.length]),
      Buffer.from(type),
    ]);
    return Buffer.concat([Buffer.from([4, body.length]), body]);
  };
  const { story, odd } = said(
    new TcpTalk({ serverPort: 7777 })
      .handshake()
      .send("client", greeting.subarray(0, 11))
      .send("server", greeting)
      .send("client", greeting.subarray(11))
      .send("client", Buffer.concat([ready("SUB"), Buffer.from("\0\x05\x01suhu", "latin1")]))
      .send("server", Buffer.concat([ready("PUB"), Buffer.from("\x01\x04suhu\0\x0228", "latin1")])),
  );
  expect(odd).toEqual([]);
  expect(story).toEqual([
    "server greeting, ZMTP 3.0, NULL",
    "client greeting, ZMTP 3.0, NULL",
    "client READY, socket type SUB",
    'client SUBSCRIBE "suhu"',
    "server READY, socket type PUB",
    "server message  suhu | 28",
  ]);
});

test("a ClientHello says the name and the versions that it offers", async () => {
  // The hello of a real client, which gets no answer.
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data: (socket, data) => {
        resolve(Buffer.from(data));
        socket.end();
      },
    },
  });
  void Bun.connect({
    hostname: "127.0.0.1",
    port: server.port,
    tls: { serverName: "lab.example", rejectUnauthorized: false },
    socket: { data: () => {}, error: () => {}, connectError: () => {} },
  }).catch(() => {});
  const hello = await promise;
  server.stop(true);
  const { story } = said(new TcpTalk({ serverPort: 8883 }).handshake().send("client", hello));
  expect(story).toHaveLength(1);
  expect(story[0]).toContain("ClientHello, offers TLS 1.3, TLS 1.2");
  expect(story[0]).toContain("server name lab.example");
});

describe("UDP", () => {
  const datagram = (payload: Buffer | string, from: number, to: number) => ({
    bytes: ethernet(ipv4(udp(Buffer.from(payload), from, to), { protocol: 17 })),
  });

  test("a datagram and its answer", () => {
    const back = {
      time: 3e6,
      bytes: ethernet(
        ipv4(udp(Buffer.from("Hello"), 12_345, 50_000), {
          protocol: 17,
          source: "10.0.0.2",
          target: "10.0.0.1",
        }),
      ),
    };
    const report = analyse([datagram("halo", 50_000, 12_345), back]);
    expect(storyOf(report.conversations[0]!.conversation)).toEqual(['client "halo"', 'server "Hello"']);
    expect(report.conversations[0]!.conversation.exchanges.times.sum).toBe(3e6);
    expect(odditiesOf(report)).toEqual([]);
  });

  test("a question to a name server", () => {
    const question = Buffer.from("abcd01000001000000000000036c6162076578616d706c650000010001", "hex");
    const { conversations } = analyse([datagram(question, 40_000, 53)]);
    expect(storyOf(conversations[0]!.conversation)).toEqual(["client question lab.example A"]);
  });
});
