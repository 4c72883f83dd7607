import { describe, expect, test } from "bun:test";
import type { Figures, Row } from "./case.ts";
import { json, table } from "./report.ts";

const figures = (perSecond: number, lost = 0): Figures => ({ perSecond, p50: 10, p99: 20, cpu: 2.5, lost });

const ratio = (median: number, goal: number | undefined, lost = 0): Row => ({
  group: "echo",
  title: "64 B",
  kind: "ratio",
  work: "64 B",
  figure: "perSecond",
  unit: "round trips/s",
  better: "more",
  peer: "C, epoll",
  ours: figures(120_000, lost),
  theirs: figures(100_000),
  ratio: { median, min: median - 0.1, max: median + 0.1 },
  goal,
});

const skipped = (title: string): Row => ({
  group: "mqtt",
  title,
  kind: "skipped",
  peer: "mosquitto",
  reason: "mosquitto is not installed: apt-get install mosquitto",
});

describe("the table of the bench", () => {
  test("a row shows both figures, the ratio with its spread, the goal and whether it is met", () => {
    const [, line] = table([ratio(1.2, 1)]).split("\n");
    expect(line).toBe(
      "echo: 64 B  120,000 round trips/s  C, epoll 100,000  1.20 (1.10–1.30)  2.50 : 2.50     ≥ 1 ×  yes",
    );
  });

  test("a missed goal is marked NO, and a row without a goal is not marked", () => {
    expect(table([ratio(0.9, 1)])).toContain("≥ 1 ×  NO\n");
    expect(table([ratio(0.9, undefined)])).not.toMatch(/yes|NO/);
  });

  test("a limit is met by a figure below it only", () => {
    const row: Row = {
      group: "start",
      title: "the lab",
      kind: "limit",
      unit: "ms",
      ours: { median: 149.4, min: 140, max: 160 },
      below: 150,
    };
    expect(table([row])).toMatch(/149 ms \(140–160\) .* < 150 ms +yes/);
    expect(table([{ ...row, ours: { median: 150, min: 140, max: 160 } }])).toMatch(/NO\n/);
  });

  test("where less is better, the figure is marked and the goal is a maximum", () => {
    const stall = (median: number): Row & { kind: "ratio" } => ({
      ...(ratio(median, 1) as Row & { kind: "ratio" }),
      title: "p99",
      figure: "p99",
      unit: "µs",
      better: "less",
    });
    expect(table([stall(0.5)])).toMatch(/p99 +20 µs ↓ +C, epoll 20 +0.50 .* ≤ 1 × +yes\n↓ less is better/);
    expect(table([stall(1.1)])).toMatch(/≤ 1 × +NO/);
    expect(table([ratio(1.2, 1)])).not.toContain("↓");
  });

  test("messages that came out of order are reported", () => {
    const row = ratio(1.2, 1) as Row & { kind: "ratio" };
    const text = table([{ ...row, theirs: { ...row.theirs, disordered: 7 } }]);
    expect(text).toContain("echo: 64 B: C, epoll delivered out of order 7 messages");
  });

  test("a program missing on the machine is reported once, with what to install", () => {
    const text = table([skipped("QoS 0"), skipped("QoS 1")]);
    expect(text.split("apt-get install mosquitto")).toHaveLength(2);
    expect(text).toMatch(/mqtt: QoS 1 +skipped +mosquitto/);
  });

  test("messages dropped at QoS 0 are reported", () => {
    expect(table([ratio(1.2, 1, 1500)])).toContain("echo: 64 B: distsrv dropped at QoS 0 1,500 messages");
  });

  test("the JSON has the complete rows, and whether their goals are met", () => {
    const [row] = JSON.parse(json([ratio(1.2, 1)]));
    expect(row).toEqual({ ...ratio(1.2, 1), met: true });
  });
});
