import { expect, onTestFinished } from "bun:test";
import mqtt from "mqtt";
import { testDashboard, wireRow } from "../support/dashboard-browser.ts";
import { startLab } from "../support/lab.ts";
import { RawClient } from "../support/raw-client.ts";

/*
 * The README's picture is one moment of a real lab:
 *   DISTSRV_PICTURE=docs/dashboard.png bun test test/interop/dashboard-picture.test.ts
 */

const lab = await startLab(`
admin: { port: 0 }
operations: { add: a + b }
services:
  mqtt: { port: 0 }
  time: { port: 0 }
  rest: { port: 0 }
  echo: { port: 0 }
  udp: { port: 0 }
`);
const testPage = testDashboard(() => lab);
const picture = { at: "#/wire", viewport: { width: 1440, height: 900 }, colorScheme: "light" } as const;

testPage("the traffic of five services fits into one diagram", picture, async (page) => {
  await page.getByText("live", { exact: true }).waitFor();
  const board = await client("papan-kelas");
  const arrived = new Promise<void>((resolve) => board.once("message", () => resolve()));
  await board.subscribeAsync("sister/#");
  const sensor = await client("sensor-suhu");
  await sensor.publishAsync("sister/temp", "Suhu: 28°C", { qos: 1 });
  await arrived;
  await wireRow(page, /^mqtt to sensor-suhu: PUBACK/).waitFor();
  await converse("time", "TIME\r\n", "JAM 00:00:00\r\n".length);
  await converse("rest", "GET /add?a=5&b=9 HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n");
  await converse("echo", "halo dunia", "Echo: halo dunia".length);
  await wireRow(page, /and echo: closes/).waitFor();
  await sendDatagram("Apa kabar?");
  for (const row of [
    'sensor-suhu to mqtt: PUBLISH sister/temp qos 1 "Suhu: 28°C"',
    'mqtt to papan-kelas: PUBLISH sister/temp "Suhu: 28°C"',
    /^time to .*: JAM \d\d:\d\d:\d\d/,
    /^rest to .*: 200 \{"result":14\}$/,
    /^echo to .*: Echo: halo dunia$/,
    /^udp to .*Apa kabar\?$/,
  ]) {
    await wireRow(page, row).waitFor();
  }
  const wide = await page
    .locator(".wire-scroll")
    .evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth]);
  expect(wide[0]).toBe(wide[1]);
  const { DISTSRV_PICTURE: path } = process.env;
  if (path !== undefined) await page.screenshot({ path });
});

async function client(clientId: string) {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${lab.port("mqtt")}`, { clientId });
  onTestFinished(() => client.endAsync(true));
  return client;
}

/** Sends one text, receives so many bytes or all there are, and disconnects. */
async function converse(service: string, words: string, answer?: number): Promise<void> {
  const peer = await RawClient.connect(lab.port(service));
  peer.write(words);
  if (answer === undefined) await peer.all();
  else await peer.bytes(answer);
  peer.end();
  await peer.closed;
}

async function sendDatagram(words: string): Promise<void> {
  const answered = Promise.withResolvers<void>();
  const socket = await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: { data: () => answered.resolve() },
  });
  onTestFinished(() => socket.close());
  socket.send(words, lab.port("udp"), "127.0.0.1");
  await answered.promise;
}
