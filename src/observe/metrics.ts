import { Counter, Gauge, Registry } from "prom-client";
import { EventLoopLag } from "./event-loop-lag.ts";
import { messageCounts } from "./message-counts.ts";
import { metricName } from "./metric-names.ts";
import { RequestLatency } from "./request-latency.ts";
import type { TrafficHub } from "./traffic-hub.ts";

/** A service at the time of a scrape. */
export interface ServiceNumbers {
  readonly name: string;
  readonly role: string;
  readonly isRunning: boolean;
  readonly restarts: number;
  readonly problems: number;
  readonly stats: Readonly<Record<string, number>>;
}

/** The process at the time of a scrape; in bytes and seconds. */
export interface ProcessNumbers {
  readonly version: string;
  readonly bun: string;
  readonly startedAt: number;
  readonly memory: { readonly rss: number; readonly heap: number };
  readonly cpu: { readonly user: number; readonly system: number };
  /** By where they should have gone: `output` or `file`. */
  readonly lostLogLines: Readonly<Record<string, number>>;
  /** Packets; undefined where none are captured. */
  readonly capture: { readonly received: number; readonly dropped: number } | undefined;
  readonly descriptors: { readonly open: number | undefined; readonly limit: number | undefined };
  readonly guards: {
    /** By who has banned. */
    readonly bans: Readonly<Record<string, number>>;
    /** By service. */
    readonly loginFailures: ReadonlyMap<string, number>;
    readonly loginsWaiting: number;
  };
}

/** Measuring stops this long after the last scrape. */
const idleTimeoutMs = 5 * 60_000;

/**
 * The text of /metrics. Every scrape pulls the counters that the services keep anyway. Only latencies have to be
 * measured between scrapes: from the first scrape on, until there has been none for five minutes.
 */
export class Metrics {
  readonly #measured = new Registry();
  readonly #latency: RequestLatency;
  readonly #lag: EventLoopLag;
  #timer: Timer | undefined;

  constructor(hub: TrafficHub) {
    this.#latency = new RequestLatency(hub, this.#measured);
    this.#lag = new EventLoopLag(this.#measured);
  }

  async text(services: readonly ServiceNumbers[], process: ProcessNumbers): Promise<string> {
    this.#keepMeasuring();
    const pulled = new Registry();
    addProcess(pulled, process);
    addServices(pulled, services);
    return `${await pulled.metrics()}\n${await this.#measured.metrics()}`;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#latency.stop();
    this.#lag.stop();
  }

  #keepMeasuring(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.close(), idleTimeoutMs);
    this.#timer.unref();
    this.#latency.start();
    this.#lag.start();
  }
}

function addServices(registry: Registry, services: readonly ServiceNumbers[]): void {
  const labelNames = ["service", "role"] as const;
  const registers = [registry];
  const up = new Gauge({
    name: "distsrv_service_up",
    help: "1 while the service runs.",
    labelNames,
    registers,
  });
  const restarts = new Counter({
    name: "distsrv_service_restarts_total",
    help: "How often the service was started again.",
    labelNames,
    registers,
  });
  const problems = new Gauge({
    name: "distsrv_service_problems",
    help: "What goes wrong in the service just now without being an error.",
    labelNames,
    registers,
  });
  const stats = new StatMetrics(registry);
  for (const service of services) {
    const labels = { service: service.name, role: service.role };
    up.set(labels, service.isRunning ? 1 : 0);
    restarts.inc(labels, service.restarts);
    problems.set(labels, service.problems);
    const all = { ...service.stats, ...messageCounts(service.stats) };
    for (const [stat, value] of Object.entries(all)) stats.add(stat, labels, value);
  }
}

/** The services' stats. A metric is created for the first service that has it. */
class StatMetrics {
  readonly #registry: Registry;
  readonly #byName = new Map<string, Counter | Gauge>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  add(stat: string, labels: { readonly service: string; readonly role: string }, value: number): void {
    const metricInfo = metricName(stat, labels.role);
    if (metricInfo === undefined) return;
    const { name, help, kind, labels: own } = metricInfo;
    const metric = this.#byName.get(name) ?? this.#make(kind, name, help, Object.keys({ ...labels, ...own }));
    // A counter takes neither a negative value nor NaN.
    if (Number.isFinite(value) && (kind === "gauge" || value >= 0)) metric.inc({ ...labels, ...own }, value);
  }

  #make(kind: "counter" | "gauge", name: string, help: string, labelNames: string[]): Counter | Gauge {
    const options = { name, help, labelNames, registers: [this.#registry] };
    const metric = kind === "counter" ? new Counter(options) : new Gauge(options);
    this.#byName.set(name, metric);
    return metric;
  }
}

function addProcess(registry: Registry, numbers: ProcessNumbers): void {
  const { version, bun, startedAt, memory, cpu, lostLogLines, descriptors } = numbers;
  const gauge = (name: string, help: string, value: number) =>
    new Gauge({ name, help, registers: [registry] }).set(value);
  new Gauge({
    name: "distsrv_build_info",
    help: "Which distsrv runs, and on which Bun; always 1.",
    labelNames: ["version", "bun"],
    registers: [registry],
  }).set({ version, bun }, 1);
  gauge("process_start_time_seconds", "When the process started, in seconds since 1970.", startedAt / 1000);
  gauge("process_resident_memory_bytes", "Memory that the process really holds.", memory.rss);
  gauge("distsrv_heap_bytes", "Memory that JavaScript values take.", memory.heap);
  if (descriptors.open !== undefined)
    gauge("process_open_fds", "File descriptors that are open.", descriptors.open);
  if (descriptors.limit !== undefined)
    gauge("process_max_fds", "File descriptors that may be open.", descriptors.limit);
  const cpuSeconds = new Counter({
    name: "process_cpu_seconds_total",
    help: "Processor time of the process, user and system.",
    registers: [registry],
  });
  cpuSeconds.inc(cpu.user + cpu.system);
  const lost = new Counter({
    name: "distsrv_log_lines_lost_total",
    help: "Lines of the log that could not be written and did not fit into the memory kept for them.",
    labelNames: ["to"],
    registers: [registry],
  });
  for (const [to, lines] of Object.entries(lostLogLines)) lost.inc({ to }, lines);
  if (numbers.capture !== undefined) addCapture(registry, numbers.capture);
  addGuards(registry, numbers.guards);
}

function addCapture(registry: Registry, { received, dropped }: NonNullable<ProcessNumbers["capture"]>): void {
  const counter = (name: string, help: string, value: number) =>
    new Counter({ name, help, registers: [registry] }).inc(value);
  counter(
    "distsrv_capture_packets_total",
    "Packets for the capture, including those that were left out.",
    received,
  );
  counter(
    "distsrv_capture_dropped_packets_total",
    "Packets that are not in the capture, because the disk was too slow or full, or nobody could tell their addresses.",
    dropped,
  );
}

function addGuards(
  registry: Registry,
  { bans, loginFailures, loginsWaiting }: ProcessNumbers["guards"],
): void {
  const registers = [registry];
  const banned = new Gauge({
    name: "distsrv_bans",
    help: "Addresses and networks that no service lets in, by who has banned them.",
    labelNames: ["by"],
    registers,
  });
  for (const [by, count] of Object.entries(bans)) banned.set({ by }, count);
  const failures = new Counter({
    name: "distsrv_login_failures_total",
    help: "Logins with a wrong name, password or token.",
    labelNames: ["service"],
    registers,
  });
  for (const [service, count] of loginFailures) failures.inc({ service }, count);
  new Gauge({
    name: "distsrv_logins_waiting",
    help: "Logins that wait now because their address has failed before.",
    registers,
  }).set(loginsWaiting);
}
