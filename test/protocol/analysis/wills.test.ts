import { describe, expect, test } from "bun:test";
import { TcpFlag } from "../../../src/protocol/packet/tcp-header.ts";
import { analyse } from "../../support/analyse.ts";
import { connack, connect, packet, publish, subscribe } from "../../support/mqtt-packets.ts";
import { type Packet, TcpTalk } from "../../support/packets.ts";

const topic = "status/ani";
const payload = "gone";
const withWill = (client: string) => packet(0x10, "MQTT", [4, 6, 0, 60], client, topic, payload);
const suback = Buffer.from([0x90, 3, 0, 1, 0]);
const disconnect = Buffer.from([0xe0, 0]);
/** Of MQTT 5. */
const withWill5 = packet(0x10, "MQTT", [5, 6, 0, 60, 0], "ani", [0], topic, payload);
const connack5 = Buffer.from([0x20, 3, 0, 0, 0]);
const disconnectWithWill = Buffer.from([0xe0, 2, 4, 0]);

/** A broker with a subscriber, and clients that have left a will with it. */
class Lab {
  readonly packets: Packet[] = [];
  readonly subscriber = this.#talk(50_000)
    .send("client", connect("budi"))
    .send("server", connack)
    .send("client", subscribe("status/#"))
    .send("server", suback);
  #clients = 0;

  client(bytes = withWill("ani"), answer = connack): TcpTalk {
    this.#clients++;
    return this.#talk(50_000 + this.#clients)
      .send("client", bytes)
      .send("server", answer);
  }

  /** The broker brings it to the subscriber. @returns the number of the packet */
  deliver(message = publish(topic, payload)): number {
    this.subscriber.sendOnly("server", message);
    return this.packets.length;
  }

  #talk(clientPort: number): TcpTalk {
    return new TcpTalk({ clientPort }, this.packets).handshake();
  }

  /** What the capture says of wills: of each conversation, and as what is odd. */
  get told() {
    const { conversations, findings } = analyse(this.packets);
    const wills = conversations.flatMap(({ conversation }) => conversation.publishedWill ?? []);
    const odd = findings.filter(({ code }) => code === "will-published");
    expect(odd.map(({ packets }) => packets)).toEqual(wills.map((will) => [will.publish]));
    return wills;
  }
}

describe("a will is told that a subscriber gets after the end of its client's connection", () => {
  test.each([
    ["the client resets it", (talk: TcpTalk) => talk.reset("client")],
    ["the client closes it", (talk: TcpTalk) => talk.close("client")],
    [
      "the broker closes it, after a silence or for a second client of the name",
      (talk: TcpTalk) => talk.close("server"),
    ],
    ["the broker resets it", (talk: TcpTalk) => talk.reset("server")],
  ])("%s", (_, end) => {
    const lab = new Lab();
    const talk = lab.client();
    const connected = lab.packets.length - 3;
    const open = lab.packets.length;
    end(talk);
    const published = lab.deliver();
    expect(lab.told).toEqual([
      { topic, connect: connected, end: open + 1, publish: published, subscriber: 1 },
    ]);
  });

  test("the broker says why in MQTT 5, and closes", () => {
    const lab = new Lab();
    const talk = lab.client(withWill5, connack5);
    talk.send("server", Buffer.from([0xe0, 2, 0x8d, 0])).close("server");
    lab.deliver();
    expect(lab.told).toMatchObject([{ topic }]);
  });

  test("the client asks for it by the reason of its DISCONNECT, also before its connection is closed", () => {
    for (const isClosed of [true, false]) {
      const lab = new Lab();
      const talk = lab.client(withWill5, connack5).send("client", disconnectWithWill);
      // What carries the DISCONNECT has an acknowledgement behind it.
      const left = lab.packets.length - 1;
      if (isClosed) talk.close("client");
      lab.deliver();
      expect(lab.told).toMatchObject([{ topic, end: left, reason: "disconnect with will" }]);
    }
  });

  test("its first PUBLISH is named; what comes after the next death may be another copy of it", () => {
    const lab = new Lab();
    lab.client().reset("client");
    const first = lab.deliver();
    lab.deliver();
    lab.client().reset("client");
    lab.deliver();
    expect(lab.told.map(({ publish }) => publish)).toEqual([first]);
  });

  test("however many clients with the same will have left with DISCONNECT before", () => {
    const lab = new Lab();
    for (let index = 0; index < 100; index++) lab.client().send("client", disconnect).close("client");
    lab.client().reset("client");
    lab.deliver();
    expect(lab.told).toMatchObject([{ topic }]);
  });

  test("the client is named where it has a name", () => {
    const lab = new Lab();
    lab.client().reset("client");
    lab.deliver();
    const [finding] = analyse(lab.packets).findings.filter(({ code }) => code === "will-published");
    expect(finding).toMatchObject({ conversation: 2, values: { client: "ani", topic } });
  });
});

describe("a will is not told", () => {
  const cases: readonly [string, (lab: Lab) => void][] = [
    [
      "of a client that has sent DISCONNECT",
      (lab) => {
        lab.client().send("client", disconnect).close("client");
        lab.deliver();
      },
    ],
    [
      "of a client whose connection is open",
      (lab) => {
        lab.client();
        lab.deliver();
      },
    ],
    [
      "of a PUBLISH before the end",
      (lab) => {
        const talk = lab.client();
        lab.deliver();
        talk.reset("client");
      },
    ],
    [
      "where nobody gets it",
      (lab) => {
        lab.client().reset("client");
      },
    ],
    [
      "of another payload",
      (lab) => {
        lab.client().reset("client");
        lab.deliver(publish(topic, "gone?"));
      },
    ],
    [
      "of another topic",
      (lab) => {
        lab.client().reset("client");
        lab.deliver(publish("status/budi", payload));
      },
    ],
    [
      "of a retained message, which may be older",
      (lab) => {
        lab.client().reset("client");
        lab.deliver(publish(topic, payload, 0x31));
      },
    ],
    [
      "where another client has published the same",
      (lab) => {
        lab.client().reset("client");
        lab.client(connect("citra")).send("client", publish(topic, payload));
        lab.deliver();
      },
    ],
    [
      "where the client itself has published the same",
      (lab) => {
        lab.client().send("client", publish(topic, payload)).reset("client");
        lab.deliver();
      },
    ],
    [
      "where another client with the same will is gone, too",
      (lab) => {
        lab.client(withWill("ani")).reset("client");
        lab.client(withWill("citra")).reset("client");
        lab.deliver();
        lab.deliver();
      },
    ],
    [
      "where another one with the same will may be gone, of more than are followed",
      (lab) => {
        const ani = lab.client();
        for (let index = 0; index < 99; index++) lab.client(withWill(`murid-${index}`));
        lab.client(withWill("citra")).reset("client");
        ani.reset("client");
        lab.deliver();
      },
    ],
    [
      "of a client that was refused",
      (lab) => {
        lab.client(withWill("ani"), Buffer.from([0x20, 2, 0, 5])).close("server");
        lab.deliver();
      },
    ],
    [
      "where bytes are not in the capture, which may be DISCONNECT",
      (lab) => {
        const talk = lab.client().sendOnly("client", disconnect);
        lab.packets.pop();
        talk.close("client");
        lab.deliver();
      },
    ],
    [
      "where DISCONNECT was captured after the FIN",
      (lab) => {
        const talk = lab.client().sendOnly("client", disconnect);
        const overtaken = lab.packets.pop()!;
        talk.close("client");
        lab.deliver();
        lab.packets.push(overtaken);
      },
    ],
    [
      "where the client's DISCONNECT has crossed the broker's end of the connection",
      (lab) => {
        const talk = lab.client(withWill5, connack5);
        talk.segment("server", { flags: TcpFlag.Fin | TcpFlag.Ack });
        lab.deliver();
        talk.sendOnly("client", disconnectWithWill);
      },
    ],
    [
      "where the broker has said before that it ends the connection",
      (lab) => {
        const talk = lab.client(withWill5, connack5);
        talk
          .send("server", Buffer.from([0xe0, 2, 0x8e, 0]))
          .send("client", disconnectWithWill)
          .close("client");
        lab.deliver();
      },
    ],
    [
      "where the broker's DISCONNECT has crossed the client's",
      (lab) => {
        const talk = lab.client(withWill5, connack5);
        talk
          .send("client", disconnectWithWill)
          .send("server", Buffer.from([0xe0, 2, 0x8d, 0]))
          .close("client");
        lab.deliver();
      },
    ],
    [
      "of a client that has left it, and was refused",
      (lab) => {
        const talk = lab.client(withWill5, Buffer.from([0x20, 3, 0, 0x87, 0]));
        talk.send("client", disconnectWithWill).close("client");
        lab.deliver();
      },
    ],
    [
      "that is longer than what is kept of one",
      (lab) => {
        const long = "x".repeat(5000);
        lab.client(packet(0x10, "MQTT", [4, 6, 0, 60], "ani", topic, long)).reset("client");
        lab.deliver(publish(topic, long));
      },
    ],
  ];

  test.each(cases)("%s", (_, happen) => {
    const lab = new Lab();
    happen(lab);
    expect(lab.told).toEqual([]);
  });
});
