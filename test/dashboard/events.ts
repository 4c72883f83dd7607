import type { TrafficEvent } from "../../src/dashboard/page/api/types.ts";
import { WireFeed } from "../../src/dashboard/page/wire/feed.ts";
import { allTraffic, type WireFilter } from "../../src/dashboard/page/wire/filter.ts";

let seq = 0;

/** An event of a conversation such as `echo#1` or `time/2#1`, some milliseconds after noon. */
export function event(conversation: string, rest: Partial<TrafficEvent> = {}): TrafficEvent {
  const [part = "", number = "0"] = conversation.split("#");
  const [service = ""] = part.split("/");
  return {
    seq: ++seq,
    time: new Date(2026, 10, 20, 12, 0, 0).getTime() + seq,
    kind: "message",
    service,
    conversation,
    transport: "tcp",
    local: "127.0.0.1:2222",
    remote: `127.0.0.1:${40_000 + Number(number)}`,
    direction: "in",
    text: "halo",
    ...rest,
  };
}

/** A feed that has received these events. */
export function feedOf(events: readonly TrafficEvent[], filter: Partial<WireFilter> = {}): WireFeed {
  const feed = new WireFeed({ ...allTraffic, ...filter });
  for (const each of events) feed.add(each);
  return feed;
}

/** The events of a whole conversation with echo. */
export function echoConversation(number: number): TrafficEvent[] {
  const id = `echo#${number}`;
  return [
    event(id, { kind: "open" }),
    event(id, { text: "Received from client: halo" }),
    event(id, { direction: "out", text: "Sent to client: Echo: halo" }),
    event(id, { kind: "close", reason: "the client has ended" }),
  ];
}
