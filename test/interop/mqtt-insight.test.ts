import { expect, onTestFinished } from "bun:test";
import { mqtt } from "../../src/roles/mqtt/index.ts";
import { needs, testWith } from "../support/needs.ts";
import { output, Program } from "../support/program.ts";
import { startRole } from "../support/start-role.ts";
import { until } from "../support/until.ts";

const testMosquitto = testWith(needs.mosquitto);

testMosquitto("the broker shows what mosquitto's clients do, and never their password", async () => {
  const { service, port, events } = await startRole(mqtt, {}, { observe: true });
  const at = (name: string, ...rest: string[]) => [
    name,
    "-h",
    "127.0.0.1",
    "-p",
    String(port),
    "-V",
    "5",
    ...rest,
  ];
  const show = (name: string, query = {}) => service.views?.[name]?.(query);
  const login = ["-u", "ani", "-P", "opensesame"];
  const subscriber = new Program(
    at("mosquitto_sub", "-i", "dashboard", "-t", "sister/#", "-q", "1", "-v", ...login),
  );
  onTestFinished(() => subscriber.kill());
  await until(() => (show("subscriptions") as unknown[]).length === 1);
  expect(show("sessions")).toMatchObject([
    { clientId: "dashboard", version: "5.0", username: "ani", subscriptions: 1 },
  ]);
  expect(show("subscriptions")).toMatchObject([{ clientId: "dashboard", filter: "sister/#", qos: 1 }]);

  expect(show("topics")).toEqual({ topics: [], total: 0, truncated: false });
  await output(
    at("mosquitto_pub", "-i", "sensor", "-t", "sister/temp", "-m", "Suhu: 28°C", "-q", "1", "-r", ...login),
  );
  expect(show("topics")).toMatchObject({
    topics: [{ topic: "sister/temp", last: "Suhu: 28°C", qos: 1, retained: true, count: 1 }],
  });
  expect(service.actions?.publish?.({ topic: "sister/page", payload: "hello" })).toMatchObject({
    subscribers: 1,
  });
  await until(() => subscriber.stdout.includes("sister/page hello"));
  await output(at("mosquitto_pub", "-i", "sensor", "-t", "sitser/temp", "-m", "lost"));
  // At QoS 0 mosquitto_pub ends before the broker has read it.
  await until(() => service.problems?.().length !== 0);
  expect(service.problems?.().map(({ text }) => text)).toEqual([
    "1 message to sitser/temp found no subscriber",
  ]);

  const messages = events.flatMap((event) => (event.kind === "message" ? [event.fields] : []));
  expect(messages).toContainEqual(
    expect.objectContaining({
      packet: "PUBLISH",
      client: "sensor",
      topic: "sister/temp",
      payload: "Suhu: 28°C",
    }),
  );
  for (const event of events) {
    const bytes = Buffer.from(("bytes" in event && event.bytes) || []);
    expect(JSON.stringify(event) + bytes.toString("latin1")).not.toContain("sesame");
  }
});
