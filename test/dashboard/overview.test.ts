import { afterEach, describe, expect, test } from "bun:test";
import type { Reloaded, ReloadOutcome, Service } from "../../src/dashboard/page/api/types.ts";
import { foldIdle } from "../../src/dashboard/page/overview/idle.ts";
import {
  messagesWithin,
  noRates,
  type RecordedRates,
  withNewer,
} from "../../src/dashboard/page/overview/recorded-rates.ts";
import { changesOf } from "../../src/dashboard/page/overview/reload-changes.ts";
import { language } from "../../src/dashboard/page/text/language.ts";

const minute = 60_000;

/** Points a minute apart, with the same values both ways. */
function recorded(first: number, services: Record<string, (number | null)[]>): RecordedRates {
  const [values = []] = Object.values(services);
  const series = Object.entries(services).map(([name, rates]) => [
    name,
    { messagesIn: rates, messagesOut: rates, bytesIn: rates, bytesOut: rates },
  ]);
  return { times: values.map((_, index) => (first + index) * minute), services: Object.fromEntries(series) };
}

describe("the recorded rates", () => {
  test("are joined with those that have come since", () => {
    const joined = withNewer(recorded(1, { echo: [1, 2] }), recorded(3, { echo: [3] }));
    expect(joined.times).toEqual([1, 2, 3].map((at) => at * minute));
    expect(joined.services.echo?.messagesIn).toEqual([1, 2, 3]);
    expect(withNewer(joined, noRates)).toBe(joined);
    expect(withNewer(noRates, joined)).toEqual(joined);
  });

  test("have gaps before a service that came later, and forget one that is gone", () => {
    const joined = withNewer(recorded(1, { gone: [1, 2] }), recorded(3, { late: [3] }));
    expect(joined.services).toEqual({
      late: expect.objectContaining({ messagesIn: [null, null, 3] }),
    });
  });

  test("go back an hour", () => {
    const known = recorded(0, { echo: Array.from({ length: 60 }, (_, index) => index) });
    const joined = withNewer(known, recorded(60, { echo: [60, 61] }));
    expect(joined.times[0]).toBe(2 * minute);
    expect(joined.services.echo?.messagesIn).toHaveLength(60);
    expect(joined.services.echo?.messagesIn.at(-1)).toBe(61);
  });

  test("begin again when the server's clock was set back", () => {
    const newer = recorded(5, { echo: [7] });
    expect(withNewer(recorded(100, { echo: [1, 2] }), newer)).toEqual(newer);
  });

  test("are added up over a time", () => {
    const rates = recorded(0, { echo: [5, 1, null, 2] });
    expect(messagesWithin(rates, "echo", minute)).toBe(240);
    expect(messagesWithin(rates, "echo", 3 * minute)).toBe(360);
    expect(messagesWithin(rates, "nobody", minute)).toBe(0);
    expect(messagesWithin(noRates, "echo", minute)).toBe(0);
  });
});

describe("idle services", () => {
  const service = (name: string, more: Partial<Service> = {}): Service => ({
    ...{ name, role: name, summary: "", state: "running", transport: "tcp", addresses: [], uptime: 1 },
    ...{ restarts: 0, error: null, clients: 0, stats: {}, example: null, problems: [] },
    ...more,
  });
  const names = (services: readonly Service[]) => services.map(({ name }) => name);
  const rates = recorded(0, { busy: [0, 3], a: [0, 0], b: [0, 0], c: [0, 0] });
  const quiet = () => true;

  test("are folded when there are at least three, and others that are not", () => {
    const { shown, idle } = foldIdle(
      ["a", "busy", "b", "c"].map((name) => service(name)),
      rates,
      quiet,
    );
    expect([names(shown), names(idle)]).toEqual([["busy"], ["a", "b", "c"]]);
    expect(foldIdle([service("a"), service("b"), service("busy")], rates, quiet).idle).toEqual([]);
    expect(foldIdle([service("a"), service("b"), service("c")], rates, quiet).idle).toEqual([]);
  });

  test("have no clients and no problems, and they run", () => {
    const services = [
      ...["a", "b", "c", "busy"].map((name) => service(name)),
      service("with-client", { clients: 1 }),
      service("stopped", { state: "stopped" }),
      service("with-problem", { problems: ["x"] }),
      service("talking-now"),
    ];
    const { idle } = foldIdle(services, rates, (name) => name !== "talking-now");
    expect(names(idle)).toEqual(["a", "b", "c"]);
  });
});

describe("what a reload has changed", () => {
  const service = (
    name: string,
    outcome: ReloadOutcome,
    rest: Partial<Reloaded["services"][number]> = {},
  ) => ({
    ...{ name, outcome, keys: [] },
    ...rest,
  });

  afterEach(() => language.set("en"));

  const result: Reloaded = {
    services: [
      service("mqtt", "changed", { keys: ["users", "access"] }),
      service("echo", "failed", { reason: "port 2222 is in use" }),
      service("time", "unchanged"),
    ],
    changed: ["log.level"],
    notApplied: ["admin.port"],
    failed: [{ name: "capture", reason: "Cannot write the capture" }],
  };

  test("is told of each service but those that are as they were", () => {
    expect(changesOf(result)).toEqual([
      { text: "mqtt: changed live (users, access)", isBad: false },
      { text: "echo: failed: port 2222 is in use", isBad: true },
      { text: "Settings changed: log.level", isBad: false },
      { text: "capture: Cannot write the capture", isBad: true },
      { text: "Not changed before distsrv is started anew: admin.port", isBad: true },
      { text: "One service is unchanged", isBad: false },
    ]);
    language.set("id");
    expect(changesOf(result).map(({ text }) => text)).toEqual([
      "mqtt: berubah tanpa berhenti (users, access)",
      "echo: gagal: port 2222 is in use",
      "Pengaturan yang berubah: log.level",
      "capture: Cannot write the capture",
      "Baru berubah setelah distsrv dimulai lagi: admin.port",
      "1 layanan tidak berubah",
    ]);
  });

  test("is nothing where all services are as they were", () => {
    expect(
      changesOf({ services: [service("time", "unchanged")], changed: [], notApplied: [], failed: [] }),
    ).toEqual([]);
  });
});
