import { request, tokenRequired } from "./client.ts";
import { type SseEvent, SseParser } from "./sse.ts";
import type { LostEvents, TrafficEvent } from "./types.ts";

export interface TrafficQuery {
  readonly service?: string;
  readonly client?: string;
  readonly kind?: string;
  readonly topic?: string;
  /** How many past events come first. */
  readonly history?: number;
}

export interface TrafficListener {
  traffic(event: TrafficEvent): void;
  lost(what: LostEvents): void;
  /** Called when the stream is connected or has broken. */
  live(isLive: boolean): void;
}

/** Pauses before reconnecting, in milliseconds; the last one is repeated. */
const pauses = [250, 500, 1000];

/** Listens to `/api/events`; reconnects where a stream has broken off. @returns how to stop */
export function listenToTraffic(query: TrafficQuery, listener: TrafficListener): () => void {
  const stop = new AbortController();
  const path = `/api/events?${search(query)}`;
  let last: string | undefined;
  let failures = 0;

  const follow = async (): Promise<void> => {
    const headers: Record<string, string> = last === undefined ? {} : { "last-event-id": last };
    const response = await request(path, { headers, signal: stop.signal });
    if (response.body === null) return;
    failures = 0;
    listener.live(true);
    const parser = new SseParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let turn = await reader.read(); !turn.done; turn = await reader.read()) {
      for (const event of parser.push(turn.value)) {
        last = event.id ?? last;
        dispatch(event, listener);
      }
    }
  };

  const reconnect = async (): Promise<void> => {
    // Errors are ignored, because the stream is reconnected until it is stopped.
    await follow().catch(() => {});
    if (stop.signal.aborted) return;
    listener.live(false);
    await waitToReconnect(pauses[Math.min(failures++, pauses.length - 1)]);
    if (!stop.signal.aborted) await reconnect();
  };
  void reconnect();
  return () => stop.abort();
}

/** Waits for the pause; while a token is required, for the token. */
function waitToReconnect(pause: number | undefined): Promise<void> {
  if (!tokenRequired.get()) return new Promise((resolve) => setTimeout(resolve, pause));
  return new Promise((resolve) => {
    const stop = tokenRequired.subscribe(() => {
      stop();
      resolve();
    });
  });
}

function dispatch({ event, data }: SseEvent, listener: TrafficListener): void {
  if (event === "traffic") listener.traffic(JSON.parse(data) as TrafficEvent);
  else if (event === "left-out") listener.lost(JSON.parse(data) as LostEvents);
}

function search(query: TrafficQuery): string {
  const words = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  return new URLSearchParams(words.map(([name, value]) => [name, String(value)])).toString();
}
