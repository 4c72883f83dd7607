import { readFileSync } from "node:fs";
import net from "node:net";
import mqtt from "mqtt";
import { freePort } from "../support/free-port.ts";
import { launchDistsrv } from "./distsrv.ts";
import type { Footprint } from "./footprint.ts";
import { spread } from "./statistics.ts";

/** As many as the admin service lets in. */
const maxWatchers = 32;

const [rate, seconds] = [2000, 3];

/** What those cost who look: the processor time of the server with all of them, as a multiple of that with one. */
export const watcherFootprints: readonly Footprint[] = [
  {
    group: "watchers",
    title: `${maxWatchers} beside ${rate.toLocaleString("en")} messages a second, as many times the processor time of one`,
    unit: "×",
    below: 2,
    measure: ({ rounds }) => measure(Math.max(rounds, 3)),
  },
];

async function measure(rounds: number) {
  const port = freePort();
  const lab = await launchDistsrv([
    ...["--set", `admin.port=${port}`, "--set", "log.messages=0", "--set", "services.mqtt.port=0"],
  ]);
  try {
    const publisher = await mqtt.connectAsync(`mqtt://127.0.0.1:${lab.value.get("mqtt")}`);
    const ratios: number[] = [];
    // The first one warms up. Each is a pair, because the machine's load moves.
    for (let round = 0; round <= rounds; round++) {
      const one = await processorTime(lab.pid, port, 1, publisher);
      const all = await processorTime(lab.pid, port, maxWatchers, publisher);
      if (round > 0) ratios.push(all / one);
    }
    await publisher.endAsync();
    return spread(ratios);
  } finally {
    await lab.stop();
  }
}

/** Of the server, in ticks of the clock, while so many watch. */
async function processorTime(
  pid: number,
  port: number,
  count: number,
  publisher: mqtt.MqttClient,
): Promise<number> {
  const watchers = await Promise.all(Array.from({ length: count }, () => watch(port)));
  const before = ticks(pid);
  await publish(publisher);
  const used = ticks(pid) - before;
  for (const watcher of watchers) watcher.destroy();
  return used;
}

/** A reader that is never slow: it looks at nothing. Those that have left are noticed when something is sent to them. */
async function watch(port: number): Promise<net.Socket> {
  for (;;) {
    const socket = await tryWatch(port);
    if (socket !== undefined) return socket;
    await Bun.sleep(100);
  }
}

/** Ready once the past events have come. Undefined: as many as the server lets in watch already. */
async function tryWatch(port: number): Promise<net.Socket | undefined> {
  const socket = net.connect({ port, host: "127.0.0.1" });
  socket.write(`GET /api/events?history=0 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  socket.once("error", reject);
  let text = "";
  socket.on("data", function wait(chunk: Buffer) {
    text += chunk.toString("latin1");
    const isRefused = text.startsWith("HTTP/1.1 503 ");
    if (!isRefused && !text.includes("event: ready")) return;
    socket.off("data", wait).resume();
    resolve(!isRefused);
  });
  if (await promise) return socket;
  socket.destroy();
  return undefined;
}

function publish(publisher: mqtt.MqttClient): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const start = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.min(rate * seconds, ((performance.now() - start) / 1000) * rate);
    for (; sent < due; sent++) publisher.publish("flood", `number ${sent}`);
    if (sent < rate * seconds) return;
    clearInterval(timer);
    resolve();
  }, 10);
  return promise;
}

/** User and system time, fields 14 and 15 of /proc/PID/stat; the name before them may hold spaces. */
function ticks(pid: number): number {
  const [, rest = ""] = /\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
  const fields = rest.split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
