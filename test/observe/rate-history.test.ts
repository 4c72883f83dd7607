import { expect, test } from "bun:test";
import { RateHistory } from "../../src/observe/rate-history.ts";

type Stats = Readonly<Record<string, number>>;

const received = (count: number) => ({ messages_received_total: count });
const point = (history: RateHistory, second: number, stats: Record<string, Stats>) =>
  history.add(second * 1000, new Map(Object.entries(stats)));

test("rates are differences of counters over the time between two points", () => {
  const history = new RateHistory();
  point(history, 0, { echo: { ...received(100), bytes_sent_total: 0 } });
  point(history, 10, { echo: { ...received(150), bytes_sent_total: 2000 } });
  point(history, 30, { echo: { ...received(150), bytes_sent_total: 2001 } });
  expect(history.after(0)).toEqual({
    times: [10_000, 30_000],
    services: {
      echo: { messagesIn: [5, 0], messagesOut: [null, null], bytesIn: [null, null], bytesOut: [200, 0.05] },
    },
  });
  expect(history.after(10_000)).toMatchObject({ times: [30_000], services: { echo: { messagesIn: [0] } } });
});

test("a message is whatever a service counts", () => {
  const history = new RateHistory();
  point(history, 0, {});
  point(history, 10, { udp: { datagrams_received_total: 20 }, rest: { requests_total: 40 } });
  expect(history.after(0).services).toMatchObject({ udp: { messagesIn: [2] }, rest: { messagesIn: [4] } });
});

test("a service that was restarted begins again at zero, and one that does not run has a gap", () => {
  const history = new RateHistory();
  for (const [second, stats] of [
    [0, received(1000)],
    [10, received(20)],
    [20, {}],
    [30, received(10)],
  ] as const)
    point(history, second, { echo: stats });
  expect(history.after(0).services.echo?.messagesIn).toEqual([2, null, 1]);
});

test("only so many points are kept, and a service that comes later has gaps before", () => {
  const history = new RateHistory({ length: 3 });
  for (let second = 0; second <= 50; second += 10) {
    const echo = received(second * second);
    point(history, second, second < 40 ? { echo } : { echo, late: received(second) });
  }
  expect(history.after(0)).toMatchObject({
    times: [30_000, 40_000, 50_000],
    services: { echo: { messagesIn: [50, 70, 90] }, late: { messagesIn: [null, 4, 1] } },
  });
});

test("a clock that is set back begins a new history", () => {
  const history = new RateHistory();
  for (const second of [100, 110, 50, 60]) point(history, second, { echo: received(second) });
  expect(history.after(0)).toMatchObject({ times: [60_000], services: { echo: { messagesIn: [1] } } });
});

test("a service that the lab has no more is forgotten", () => {
  const history = new RateHistory();
  point(history, 0, { echo: received(0), gone: received(0) });
  point(history, 10, { echo: received(0) });
  expect(Object.keys(history.after(0).services)).toEqual(["echo"]);
});
