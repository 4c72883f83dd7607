import { request, tokenWanted } from "./client.ts";
import { type SseEvent, SseParser } from "./sse.ts";
import type { LeftOut, TrafficEvent } from "./types.ts";

export interface TrafficQuery {
  readonly service?: string;
  readonly client?: string;
  readonly kind?: string;
  readonly topic?: string;
  /** Past events that come first. */
  readonly history?: number;
}

export interface TrafficListener {
  traffic(event: TrafficEvent): void;
  leftOut(what: LeftOut): void;
  /** Whether the stream stands. */
  live(isLive: boolean): void;
}

/** How long to wait before the next try, in milliseconds; the last one is repeated. */
const pauses = [250, 500, 1000];

/** Listens to `/api/events` and takes up where it was when the stream breaks. @returns how to stop */
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

  const again = async (): Promise<void> => {
    // However it ended, the stream is wanted until somebody stops it.
    await follow().catch(() => {});
    if (stop.signal.aborted) return;
    listener.live(false);
    await whenToTry(pauses[Math.min(failures++, pauses.length - 1)]);
    if (!stop.signal.aborted) await again();
  };
  void again();
  return () => stop.abort();
}

/** After the pause; while a token is wanted, once there is one. */
function whenToTry(pause: number | undefined): Promise<void> {
  if (!tokenWanted.get()) return new Promise((resolve) => setTimeout(resolve, pause));
  return new Promise((resolve) => {
    const stop = tokenWanted.listen(() => {
      stop();
      resolve();
    });
  });
}

function dispatch({ event, data }: SseEvent, listener: TrafficListener): void {
  if (event === "traffic") listener.traffic(JSON.parse(data) as TrafficEvent);
  else if (event === "left-out") listener.leftOut(JSON.parse(data) as LeftOut);
}

function search(query: TrafficQuery): string {
  const words = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  return new URLSearchParams(words.map(([name, value]) => [name, String(value)])).toString();
}
