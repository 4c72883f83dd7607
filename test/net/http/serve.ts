import { onTestFinished } from "bun:test";
import type { DescriptorBudget } from "../../../src/core/descriptors.ts";
import type { TrafficEvent } from "../../../src/core/traffic.ts";
import { type HttpHandler, type HttpOptions, serveHttp } from "../../../src/net/http/server.ts";
import { seenTraffic } from "../../support/seen-traffic.ts";

interface Surroundings {
  readonly thread?: number;
  readonly joins?: boolean;
  readonly descriptors?: DescriptorBudget;
}

/** Answers with what it was asked. */
export const echo: HttpHandler = {
  answer: ({ method, target, body }) => ({
    status: 200,
    headers: { "Content-Type": "text/plain" },
    body: `${method} ${target} ${Buffer.from(body)}`,
  }),
  refuse: ({ status, message }) => ({ status, headers: { "Content-Type": "text/plain" }, body: message }),
};

export const answering = (answer: HttpHandler["answer"]): HttpHandler => ({ ...echo, answer });
export const text = (body: string) => ({ status: 200, headers: {}, body });

export async function serve(
  handler = echo,
  options: Partial<HttpOptions> = {},
  surroundings: Surroundings = {},
) {
  const log: string[] = [];
  const events: TrafficEvent[] = [];
  const line = (message: string) => void log.push(message);
  const server = await serveHttp(
    {
      service: "web",
      log: { debug: line, info: line, warning: line, error: line },
      traffic: seenTraffic((event) =>
        events.push("bytes" in event ? { ...event, bytes: event.bytes!.slice() } : event),
      ),
      thread: 0,
      joins: false,
      ...surroundings,
    },
    {
      host: "127.0.0.1",
      port: 0,
      maxConnections: 100,
      maxBody: 1000,
      maxBuffered: 10_000_000,
      requestTimeout: 10_000,
      idleTimeout: 10_000,
      ...options,
    },
    handler,
  );
  onTestFinished(() => server.stop(AbortSignal.abort()));
  const { port } = server.address;
  return { server, log, events, port, url: `http://127.0.0.1:${port}/` };
}

export const get = (target: string, ...fields: readonly string[]): string =>
  `GET ${target} HTTP/1.1\r\nHost: x\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;
export const post = (length: number, body: string): string =>
  `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${body}`;

/** The bodies of replies that follow each other. */
export const bodiesOf = (replies: string): string[] =>
  [...replies.matchAll(/\r\n\r\n(.*?)(?=HTTP\/1\.1|$)/gs)].map(([, body]) => body!);
