/** What an ICMP or ICMPv6 packet says, in the words of its specification. */
export interface Icmp {
  readonly text: string;
  readonly kind: "echo-request" | "echo-reply" | "unreachable" | "time-exceeded" | "other";
  /** Of an echo: identifier and sequence number. */
  readonly identifier?: number;
  readonly sequence?: number;
  /** Where the packet begins that it is about; only in a report of an error. */
  readonly originalAt?: number;
}

const unreachable4: Readonly<Record<number, string>> = {
  0: "network unreachable",
  1: "host unreachable",
  2: "protocol unreachable",
  3: "port unreachable",
  4: "fragmentation needed",
  9: "network prohibited",
  10: "host prohibited",
  13: "communication prohibited",
};

const unreachable6: Readonly<Record<number, string>> = {
  0: "no route",
  1: "communication prohibited",
  2: "beyond the scope of the source address",
  3: "address unreachable",
  4: "port unreachable",
};

const others4: Readonly<Record<number, string>> = {
  4: "source quench",
  5: "redirect",
  9: "router advertisement",
  10: "router solicitation",
  12: "parameter problem",
};

const others6: Readonly<Record<number, string>> = {
  2: "packet too big",
  4: "parameter problem",
  130: "multicast listener query",
  131: "multicast listener report",
  132: "multicast listener done",
  133: "router solicitation",
  134: "router advertisement",
  135: "neighbor solicitation",
  136: "neighbor advertisement",
  143: "multicast listener report v2",
};

export function readIcmp(bytes: Uint8Array, at: number, end: number, version: 4 | 6): Icmp | undefined {
  if (end - at < 4) return undefined;
  const type = bytes[at]!;
  const code = bytes[at + 1]!;
  const [request, reply] = version === 4 ? [8, 0] : [128, 129];
  if (type === request || type === reply) return echo(bytes, at, end, type === request);
  const original = end - at > 8 ? { originalAt: at + 8 } : {};
  if (type === (version === 4 ? 3 : 1)) {
    const reason = (version === 4 ? unreachable4 : unreachable6)[code] ?? `code ${code}`;
    return { kind: "unreachable", text: `destination unreachable: ${reason}`, ...original };
  }
  if (type === (version === 4 ? 11 : 3)) {
    const reason = code === 0 ? "hop limit reached" : "fragments missing";
    return { kind: "time-exceeded", text: `time exceeded: ${reason}`, ...original };
  }
  const name = (version === 4 ? others4 : others6)[type] ?? `type ${type}, code ${code}`;
  return { kind: "other", text: name };
}

function echo(bytes: Uint8Array, at: number, end: number, isRequest: boolean): Icmp {
  const kind = isRequest ? "echo-request" : "echo-reply";
  const text = isRequest ? "echo request" : "echo reply";
  if (end - at < 8) return { kind, text };
  const identifier = (bytes[at + 4]! << 8) | bytes[at + 5]!;
  const sequence = (bytes[at + 6]! << 8) | bytes[at + 7]!;
  return { kind, text: `${text} ${sequence}`, identifier, sequence };
}
