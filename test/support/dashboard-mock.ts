import { type DashboardAssets, dashboardAssets, dashboardPolicy } from "../../src/dashboard/assets.ts";
import { LabScript } from "./dashboard-script.ts";

export interface MockOptions {
  /** Events per second of the scripted lab; 0: only those of `send`. */
  readonly rate?: number;
  readonly token?: string;
  readonly port?: number;
  /** How many past events there are for new clients. */
  readonly history?: number;
}

/** A fake admin API, so that the page can be tested with any events at any speed. */
export interface DashboardMock {
  readonly url: string;
  /** The requests, e.g. `POST /api/services/echo/stop`. */
  readonly calls: readonly string[];
  readonly script: LabScript;
  /** Sends an event to every page whose filter it passes. */
  send(event: Record<string, unknown>): void;
  lost(service: string, kind: string, count: number): void;
  stop(): Promise<void>;
}

type Send = (event: string, data: Record<string, unknown>) => void;

interface Listener {
  readonly send: Send;
  readonly query: URLSearchParams;
}

export async function startDashboardMock(options: MockOptions = {}): Promise<DashboardMock> {
  const { rate = 0, token, port = 0, history = 0 } = options;
  const assets = await dashboardAssets();
  const script = new LabScript();
  const listeners = new Set<Listener>();
  const calls: string[] = [];
  const send = (event: Record<string, unknown>) => {
    for (const listener of listeners) {
      if (isWanted(listener.query, event)) listener.send("traffic", event);
    }
  };
  const past = Array.from({ length: history }, () => script.next());
  const pump = rate > 0 ? startPump(rate, () => send(script.next())) : undefined;

  const server = Bun.serve({
    port,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      const { pathname: path, searchParams: query } = new URL(request.url);
      const asset = assetAt(assets, path);
      if (asset !== undefined) return asset;
      if (request.method === "POST") calls.push(`POST ${path}`);
      if (token !== undefined && request.headers.get("authorization") !== `Bearer ${token}`)
        return Response.json({ error: "this API needs its token" }, { status: 401 });
      if (path === "/api/events") {
        calls.push(`GET ${path}?${query}`);
        return eventStream(query, listeners, past, request.signal);
      }
      const answer = script.answer(request.method, path, await request.text());
      return answer === undefined
        ? Response.json({ error: `there is nothing at ${path}` }, { status: 404 })
        : Response.json(answer);
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    calls,
    script,
    send,
    lost: (service, kind, count) => {
      for (const listener of listeners) listener.send("left-out", { service, kind, count });
    },
    async stop() {
      clearInterval(pump);
      await server.stop(true);
    },
  };
}

/** Calls at this rate per second, in batches every 20 ms. */
function startPump(rate: number, call: () => void): Timer {
  const begin = performance.now();
  let done = 0;
  return setInterval(() => {
    const due = ((performance.now() - begin) / 1000) * rate;
    for (; done < due; done++) call();
  }, 20);
}

function assetAt(assets: DashboardAssets, path: string): Response | undefined {
  const asset = assets.get(path);
  if (asset === undefined) return undefined;
  const headers = { "content-type": asset.type, "content-security-policy": dashboardPolicy };
  return new Response(asset.body, { headers });
}

function eventStream(
  query: URLSearchParams,
  listeners: Set<Listener>,
  past: readonly Record<string, unknown>[],
  signal: AbortSignal,
): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const send: Send = (event, data) =>
        controller.enqueue(
          encoder.encode(`event: ${event}\nid: ${data.seq ?? ""}\ndata: ${JSON.stringify(data)}\n\n`),
        );
      const limit = Number(query.get("history") ?? 200);
      for (const event of limit > 0 ? past.slice(-limit) : [])
        if (isWanted(query, event)) send("traffic", event);
      send("ready", {});
      const listener = { send, query };
      listeners.add(listener);
      signal.addEventListener("abort", () => listeners.delete(listener));
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

function isWanted(query: URLSearchParams, event: Record<string, unknown>): boolean {
  const among = (name: string, value: unknown) => {
    const list = query.get(name);
    return list === null || list.split(",").includes(String(value));
  };
  return among("service", event.service) && among("kind", event.kind);
}

if (import.meta.main) {
  const mock = await startDashboardMock({ rate: Number(process.argv[2] ?? 5), port: 8099, history: 200 });
  console.log(mock.url);
}
