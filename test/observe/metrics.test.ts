import { describe, expect, onTestFinished, test } from "bun:test";
import parse from "parse-prometheus-text-format";
import { Registry } from "prom-client";
import type { Conversation } from "../../src/core/traffic.ts";
import { Metrics, type ServiceNumbers } from "../../src/observe/metrics.ts";
import { RequestLatency } from "../../src/observe/request-latency.ts";
import { TrafficHub } from "../../src/observe/traffic-hub.ts";
import { until } from "../support/until.ts";

const process = {
  version: "1.2.3",
  bun: "1.4.5",
  startedAt: 1_700_000_000_500,
  memory: { rss: 1000, heap: 500 },
  cpu: { user: 1.5, system: 0.5 },
  lostLogLines: { output: 12, file: 0 },
  capture: { received: 90, dropped: 4 },
  descriptors: { open: 20, limit: 64 },
  guards: {
    bans: { file: 2, operator: 1, guard: 0 },
    loginFailures: new Map([
      ["mqtt", 40],
      ["admin", 2],
    ]),
    loginsWaiting: 3,
  },
};

const service = (name: string, role: string, stats: Record<string, number>): ServiceNumbers => {
  return { name, role, isRunning: true, restarts: 2, problems: 1, stats };
};

function start(hub = new TrafficHub()) {
  const metrics = new Metrics(hub);
  onTestFinished(() => metrics.close());
  const read = async (services: readonly ServiceNumbers[]) => {
    const text = await metrics.text(services, process);
    const families = parse(text);
    return { text, families, of: (name: string) => families.find((family) => family.name === name) };
  };
  return { metrics, hub, read };
}

describe("/metrics", () => {
  test("counters are counters and gauges gauges, with the service and its role as labels", async () => {
    const { read } = start();
    const { of } = await read([
      service("mqtt", "mqtt", { connections: 3, connections_total: 7, bytes_received_total: 90 }),
      service("raw-echo", "echo", { connections: 1, bytes_received_total: 5, responses_2xx_total: 4 }),
    ]);
    expect(of("distsrv_connections")).toMatchObject({
      type: "GAUGE",
      metrics: [
        { value: "3", labels: { service: "mqtt", role: "mqtt" } },
        { value: "1", labels: { service: "raw-echo", role: "echo" } },
      ],
    });
    expect(of("distsrv_connections_total")).toMatchObject({ type: "COUNTER", metrics: [{ value: "7" }] });
    expect(of("distsrv_received_bytes_total")).toMatchObject({
      type: "COUNTER",
      help: "Bytes received.",
      metrics: [{ value: "90" }, { value: "5" }],
    });
    expect(of("distsrv_responses_total")?.metrics[0]?.labels).toMatchObject({ status: "2xx" });
    expect(of("distsrv_service_up")?.metrics).toHaveLength(2);
    expect(of("distsrv_service_restarts_total")?.metrics[0]?.value).toBe("2");
    expect(of("distsrv_build_info")?.metrics[0]).toMatchObject({ labels: { version: "1.2.3" }, value: "1" });
    expect(of("process_cpu_seconds_total")).toMatchObject({ type: "COUNTER", metrics: [{ value: "2" }] });
    expect(of("distsrv_log_lines_lost_total")?.metrics).toEqual([
      { value: "12", labels: { to: "output" } },
      { value: "0", labels: { to: "file" } },
    ]);
    expect(of("distsrv_capture_packets_total")?.metrics[0]?.value).toBe("90");
    expect(of("distsrv_capture_dropped_packets_total")?.metrics[0]?.value).toBe("4");
    expect(of("process_open_fds")?.metrics[0]?.value).toBe("20");
    expect(of("process_max_fds")?.metrics[0]?.value).toBe("64");
    expect(of("process_start_time_seconds")?.metrics[0]?.value).toBe("1700000000.5");
  });

  test("a second scrape reads the numbers anew instead of adding them up", async () => {
    const { read } = start();
    await read([service("echo", "echo", { messages_total: 5 })]);
    const { of } = await read([service("echo", "echo", { messages_total: 6 })]);
    expect(of("distsrv_messages_total")).toBeUndefined();
    expect(of("distsrv_messages_received_total")?.metrics).toEqual([
      { value: "6", labels: { service: "echo", role: "echo" } },
    ]);
  });

  test("names are as Prometheus wants them, each with a help, none twice", async () => {
    const { read } = start();
    const stats = { "odd.name": 1, camelCase: 2, bytes_sent_total: 3, broken: Number.NaN, fallen_total: -1 };
    const { families, of } = await read([service("x", "y", stats)]);
    for (const { name, help, type } of families) {
      expect(name).toMatch(/^(distsrv|process)_[a-z0-9_]+$/);
      expect(help).not.toBe("");
      expect(name.endsWith("_total")).toBe(type === "COUNTER");
    }
    expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
    expect(of("distsrv_y_odd_name")?.metrics[0]?.value).toBe("1");
    expect(of("distsrv_y_camel_case")?.metrics[0]?.value).toBe("2");
    expect(of("distsrv_y_broken")?.metrics ?? []).toEqual([]);
  });

  test("labels are escaped, whatever a service is called", async () => {
    const { read } = start();
    const { of } = await read([service('a"b\\c', "r", { x: 1 })]);
    expect(of("distsrv_r_x")?.metrics[0]?.value).toBe("1");
  });

  test("messages in and out have the same names for every service, dropped ones a label with the reason", async () => {
    const { read } = start();
    const { of } = await read([
      service("rest", "rest", {
        requests_total: 15,
        responses_2xx_total: 6,
        responses_3xx_total: 3,
        responses_4xx_total: 2,
        responses_5xx_total: 1,
      }),
      service("udp", "udp", { datagrams_received_total: 4, datagrams_sent_total: 3 }),
      service("time", "time", { requests_total: 5, replies_total: 4 }),
      service("mqtt", "mqtt", {
        messages_received_total: 8,
        messages_sent_total: 7,
        dropped_total: 5,
        dropped_slow_total: 3,
        dropped_expired_total: 2,
      }),
    ]);
    const values = (name: string) => of(name)?.metrics.map(({ value }) => value);
    expect(values("distsrv_messages_received_total")).toEqual(["15", "4", "5", "8"]);
    expect(values("distsrv_messages_sent_total")).toEqual(["12", "3", "4", "7"]);
    const dropped = of("distsrv_mqtt_dropped_messages_total");
    expect(dropped?.help).toContain("by the reason");
    expect(dropped?.metrics).toEqual([
      { value: "3", labels: { service: "mqtt", role: "mqtt", reason: "slow" } },
      { value: "2", labels: { service: "mqtt", role: "mqtt", reason: "expired" } },
    ]);
  });

  test("requests and the event loop are timed once somebody has scraped", async () => {
    const { read, hub } = start();
    expect(hub.service("rest").sample("message")).toBe(false);
    await read([]);
    const traffic = hub.service("rest");
    expect(traffic.sample("message")).toBe(true);
    const conversation = { id: "rest#1", service: "rest", transport: "http", local: "", remote: "" } as const;
    traffic.emit({ kind: "message", conversation, direction: "out", text: "", duration: 3 });
    await until(
      async () => Number((await read([])).of("distsrv_event_loop_lag_seconds")?.metrics[0]?.count) > 0,
    );
    const { of, text } = await read([]);
    expect(of("distsrv_request_duration_seconds")?.type).toBe("HISTOGRAM");
    // The parser leaves the labels, count and sum of histograms out.
    expect(text).toContain('\ndistsrv_request_duration_seconds_count{service="rest"} 1\n');
  });

  test("when it is closed, nothing is observed any more", async () => {
    const { metrics, read, hub } = start();
    await read([]);
    metrics.close();
    expect(hub.rates).toEqual({});
  });
});

describe("the latency of requests", () => {
  test("is what the answers say of HTTP alone", async () => {
    const registry = new Registry();
    const hub = new TrafficHub();
    const latency = new RequestLatency(hub, registry);
    latency.start();
    onTestFinished(() => latency.stop());
    const answer = (transport: Conversation["transport"], duration?: number) => {
      const conversation = { id: "a", service: "s", transport, local: "", remote: "" };
      const timed = duration === undefined ? {} : { duration };
      hub.service("s").emit({ kind: "message", conversation, direction: "out", text: "", ...timed });
    };
    answer("http", 20);
    answer("http", 3);
    answer("http");
    answer("tcp", 9000);
    const text = await registry.metrics();
    expect(text).toContain('distsrv_request_duration_seconds_count{service="s"} 2');
    expect(text).toContain('distsrv_request_duration_seconds_sum{service="s"} 0.023');
    const [family] = parse(text);
    expect(family?.metrics[0]?.buckets).toMatchObject({ "0.0025": "0", "0.005": "1", "0.025": "2" });
  });
});

test("/metrics has the bans by who has made them, and wrong logins by service", async () => {
  const { read } = start();
  const { of } = await read([]);
  expect(of("distsrv_bans")?.metrics).toEqual([
    { value: "2", labels: { by: "file" } },
    { value: "1", labels: { by: "operator" } },
    { value: "0", labels: { by: "guard" } },
  ]);
  expect(of("distsrv_login_failures_total")).toMatchObject({
    type: "COUNTER",
    metrics: [
      { value: "40", labels: { service: "mqtt" } },
      { value: "2", labels: { service: "admin" } },
    ],
  });
  expect(of("distsrv_logins_waiting")?.metrics).toMatchObject([{ value: "3" }]);
});
