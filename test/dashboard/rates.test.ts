import { describe, expect, test } from "bun:test";
import { countersOf, RateHistory } from "../../src/dashboard/page/state/rates.ts";

describe("rates", () => {
  test("are differences of counters over the time between two readings", () => {
    const history = new RateHistory();
    history.add(1000, { messages_received_total: 10, bytes_sent_total: 0 });
    history.add(3000, { messages_received_total: 30, bytes_sent_total: 500 });
    expect(history.now).toEqual({
      time: 3,
      messagesIn: 10,
      messagesOut: undefined,
      bytesIn: undefined,
      bytesOut: 250,
    });
  });

  test("a service started again begins at zero, not below", () => {
    const history = new RateHistory();
    history.add(1000, { requests_total: 100 });
    history.add(2000, { requests_total: 3 });
    expect(history.now?.messagesIn).toBe(0);
  });

  test("only so many are kept", () => {
    const history = new RateHistory(3);
    for (let time = 1; time < 10; time++) history.add(time * 1000, {});
    expect(history.samples.map(({ time }) => time)).toEqual([7, 8, 9]);
  });

  test("are read from whatever a role counts", () => {
    expect(countersOf({ datagrams_received_total: 4, datagrams_sent_total: 3 })).toMatchObject({
      messagesIn: 4,
      messagesOut: 3,
    });
    expect(countersOf({ requests_total: 9, responses_2xx_total: 5, responses_4xx_total: 2 })).toMatchObject({
      messagesIn: 9,
      messagesOut: 7,
    });
  });
});
