import { readFileSync } from "node:fs";
import { z } from "zod";
import { type FakeServer, fakeServer } from "./fake-server.ts";

const scene = z.object({
  clients: z.array(z.object({ stdin: z.array(z.string()).nullish(), stdout: z.string() })),
  connections: z.array(
    z.object({ events: z.array(z.tuple([z.enum(["c2s", "s2c"]), z.string()])), c2s_text: z.string() }),
  ),
});

/** A recorded scene of the original demos, and a server that plays the original's part in it. */
export interface GoldenScene {
  /** What a person typed into the original client. */
  readonly typed: readonly string[];
  /** What the original client printed. */
  readonly printed: string;
  /** The bytes that the original client sent, as Latin-1. */
  readonly sent: string;
  /** What our client has sent by now. */
  received(): string;
  readonly server: FakeServer;
}

/** Answers request by request what the original server answered, and closes where it closed. */
export function goldenScene(name: string): GoldenScene {
  const file = new URL(`../../golden/${name}.json`, import.meta.url);
  const { clients, connections } = scene.parse(JSON.parse(readFileSync(file, "utf8")));
  const [client] = clients;
  const [connection] = connections;
  if (client === undefined || connection === undefined) throw new Error(`${name} holds no exchange`);
  const requests = connection.events.filter(([from, hex]) => from === "c2s" && hex !== "FIN");
  const replies = connection.events.filter(([from]) => from === "s2c").map(([, hex]) => hex);
  let received = "";
  let turn = 0;
  const server = fakeServer({
    data(peer, chunk) {
      received += Buffer.from(chunk).toString("latin1");
      const due = requests.slice(0, turn + 1).map(([, hex]) => Buffer.from(hex, "hex").toString("latin1"));
      if (!received.startsWith(due.join(""))) return; // not what the original asked: the test will see it
      const reply = replies[turn++];
      if (reply === undefined || reply === "FIN") peer.end();
      else peer.write(Buffer.from(reply, "hex"));
    },
  });
  return {
    typed: client.stdin ?? [],
    printed: client.stdout,
    sent: requests.map(([, hex]) => Buffer.from(hex, "hex").toString("latin1")).join(""),
    received: () => received,
    server,
  };
}
