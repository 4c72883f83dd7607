import type { Excerpt } from "./excerpt.ts";
import { connectionLabel, gapLabel, messageLabel } from "./labels.ts";
import type { Peer } from "./lanes.ts";
import { chooseLanes, layOut, servicesOf } from "./layout.ts";
import type { EventRow, Row } from "./rows.ts";
import { threadOf } from "./thread-of.ts";
import { threadName, withoutThread } from "./threads.ts";

/**
 * Exports a Mermaid sequenceDiagram, which Markdown hosts and most editors render. Every peer is a participant of its
 * own, even where the page shares a lane.
 */
export function asMermaid(excerpt: Excerpt, order: readonly string[]): string {
  const { title, rows, lanes } = excerpt;
  const services = servicesOf(rows, order);
  const choice = chooseLanes(rows, services, Number.POSITIVE_INFINITY, new Set());
  const { columns } = layOut(services, lanes, { width: 0, left: 0, minStep: 1, maxStep: 1 }, choice);
  const names = new Map<Peer | string, string>();
  const participants: string[] = [];
  const declare = (who: Peer | string, letter: string, label: string) => {
    const name = `${letter}${names.size + 1}`;
    names.set(who, name);
    participants.push(`  participant ${name} as ${escaped(label)}`);
  };
  for (const { lane, service, thread } of columns) {
    if (lane === "service") declare(threadName(service, thread), "s", threadName(service, thread));
    else if (lane !== "others") for (const peer of lane.peers) declare(peer, "c", peer.label);
  }
  const lines = rows.flatMap((row) => [...lineOf(row, names, excerpt), ...noteLine(row, names, excerpt)]);
  return [
    "---",
    `title: ${JSON.stringify(title)}`,
    "---",
    "sequenceDiagram",
    ...participants,
    ...lines,
    "",
  ].join("\n");
}

type Names = ReadonlyMap<Peer | string, string>;

function lineOf(row: Row, names: Names, { timeOf }: Excerpt): string[] {
  if (row.is === "gap")
    return [`  Note over ${serviceName(names, row.service) ?? "s1"}: ${escaped(gapLabel(row))}`];
  const { event } = row;
  const [client, service] = namesOf(row, names);
  const hasThread = threadOf(event) !== undefined;
  const say = (words: string) =>
    `${timeOf(row)} ${escaped(hasThread ? withoutThread(words) : words)}`.trimEnd();
  if (event.kind === "open") return [`  ${client}-->>${service}: ${say(connectionLabel(event))}`];
  if (event.kind === "close") return [`  ${client}--x${service}: ${say(connectionLabel(event))}`];
  const [from, to] = event.direction === "out" ? [service, client] : [client, service];
  return [`  ${from}${event.kind === "segment" ? "-->>" : "->>"}${to}: ${say(messageLabel(event))}`];
}

function noteLine(row: Row, names: Names, { notes }: Excerpt): string[] {
  const text = notes.get(row.no)?.text ?? "";
  if (row.is === "gap" || text === "") return [];
  return [`  Note over ${namesOf(row, names).join()}: ${escaped(text)}`];
}

/** The client's, and the service's or its thread's. */
function namesOf(
  { event, peer }: EventRow,
  names: Names,
): [client: string | undefined, service: string | undefined] {
  const service = names.get(threadName(event.service, threadOf(event)));
  return [names.get(peer), service ?? serviceName(names, event.service)];
}

/** Of any of its threads, where nobody says which. */
function serviceName(names: Names, service: string): string | undefined {
  for (const [who, name] of names)
    if (typeof who === "string" && (who === service || who.startsWith(`${service} · `))) return name;
  return undefined;
}

/**
 * Escapes what Mermaid would parse: `;` ends a statement, `#` starts an entity, `%%` a comment, `<` HTML; `wrap:` in front
 * of a text is an instruction.
 */
function escaped(text: string): string {
  return text.replace(/[#;%<>{}\n\r]|(?<=^\s*:?(?:no)?wrap):/g, (char) => `#${char.codePointAt(0)};`);
}
