import { parseArgs } from "node:util";

export interface Options {
  /** Rows to measure, by group or by name; empty: all. */
  readonly names: readonly string[];
  /** Also the rows that take minutes. */
  readonly full: boolean;
  /** Only list the names. */
  readonly list: boolean;
  readonly rounds: number;
  readonly seconds: number;
  readonly json: boolean;
  readonly binary: string | undefined;
  readonly peers: readonly { readonly name: string; readonly port: number }[];
}

export const usage = (groups: readonly string[]) => `bun run bench [name ...] [options]

Measures distsrv side by side with its peers, in turn, and prints the ratios.

names              ${groups.join(" ")}; none: all.
                   A part of a group by the words its name begins with: mqtt/latency, mqtt/qos-0-1-10
--list             list the names, and measure nothing
--full             also the rows that take minutes, such as a million subscriptions
--rounds N         measurements of each contender (5)
--seconds S        length of a measurement (2)
--peer NAME=PORT   another MQTT broker, already running on 127.0.0.1 (may be repeated)
--binary FILE      measure this executable instead of the source
--json             one object a row, with latencies, processor time and losses
--help
`;

/** @throws {Error} that says which argument is wrong; undefined: help is wanted */
export function readOptions(argv: readonly string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "2" },
      peer: { type: "string", multiple: true, default: [] },
      binary: { type: "string" },
      full: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    names: positionals,
    full: values.full,
    list: values.list,
    rounds: wholeAbove0("--rounds", values.rounds),
    seconds: above0("--seconds", values.seconds),
    json: values.json,
    binary: values.binary,
    peers: values.peer.map(readPeer),
  };
}

function above0(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) {
    throw new Error(`${name} must be a number above 0, and is "${text}"`);
  }
  return value;
}

function wholeAbove0(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value <= 0) {
    throw new Error(`${name} must be a whole number above 0, and is "${text}"`);
  }
  return value;
}

function readPeer(text: string): { name: string; port: number } {
  const [, name, port] = /^(.+)=(\d+)$/.exec(text) ?? [];
  if (name === undefined || Number(port) < 1 || Number(port) > 65535)
    throw new Error(`--peer must be NAME=PORT, such as flashmq=1884, and is "${text}"`);
  return { name, port: Number(port) };
}
