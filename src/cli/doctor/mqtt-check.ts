import { randomBytes } from "node:crypto";
import { acknowledged, connectMqtt, disconnectMqtt } from "../mqtt/client.ts";
import { type Check, timed } from "./check.ts";

/** Publishes a message to itself, on a random topic. */
export const checkMqtt: Check = async (context, peer, { username, password }) => {
  const protocol = peer.tls === undefined ? "mqtt" : "mqtts";
  const identity = { username, password, keepalive: 60, version: 4 } as const;
  const client = await connectMqtt(context, { ...peer, protocol }, identity);
  const topic = `distcli/doctor/${randomBytes(6).toString("hex")}`;
  try {
    const arrived = new Promise<void>((resolve) => client.on("message", () => resolve()));
    await acknowledged(context, client, peer, () => client.subscribeAsync(topic));
    const { ms } = await timed(() =>
      acknowledged(context, client, peer, async () => {
        await client.publishAsync(topic, "halo");
        await arrived;
      }),
    );
    return { ms, said: "PUBLISH halo → PUBLISH halo" };
  } finally {
    await disconnectMqtt(client);
  }
};
