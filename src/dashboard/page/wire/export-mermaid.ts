import type { Excerpt } from "./excerpt.ts";
import { connectionLabel, messageLabel } from "./labels.ts";
import type { Peer } from "./lanes.ts";
import { layOut, servicesOf } from "./layout.ts";
import type { Row } from "./rows.ts";

/**
 * Exports a Mermaid sequenceDiagram, which Markdown hosts and most editors render. Every peer is a participant of its
 * own, even where the page shares a lane.
 */
export function asMermaid({ title, list }: Excerpt, order: readonly string[]): string {
  const services = servicesOf(list.rows, order);
  const { columns } = layOut(services, list.lanes, { width: 0, left: 0, minStep: 1, maxStep: 1 });
  const names = new Map<Peer | string, string>();
  const participants: string[] = [];
  const declare = (who: Peer | string, letter: string, label: string) => {
    const name = `${letter}${names.size + 1}`;
    names.set(who, name);
    participants.push(`  participant ${name} as ${escaped(label)}`);
  };
  for (const { lane, service } of columns) {
    if (lane === "service") declare(service, "s", service);
    else if (lane !== "others") for (const peer of lane.peers) declare(peer, "c", peer.label);
  }
  const lines = list.rows.flatMap((row) => lineOf(row, names));
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

function lineOf(row: Row, names: ReadonlyMap<Peer | string, string>): string[] {
  if (row.is === "gap")
    return [
      `  Note over ${names.get(row.service) ?? "s1"}: ${row.count} of ${escaped(row.service)} left out`,
    ];
  const { event } = row;
  const [client, service] = [names.get(row.peer), names.get(event.service)];
  if (event.kind === "open") return [`  ${client}-->>${service}: ${escaped(connectionLabel(event))}`];
  if (event.kind === "close") return [`  ${client}--x${service}: ${escaped(connectionLabel(event))}`];
  const [from, to] = event.direction === "out" ? [service, client] : [client, service];
  return [`  ${from}->>${to}: ${escaped(messageLabel(event)) || " "}`];
}

/** Escapes what Mermaid would parse: `;` ends a statement, `#` starts an entity, `%%` a comment, `<` HTML. */
function escaped(text: string): string {
  return text.replace(/[#;%<>{}\n\r]/g, (char) => `#${char.codePointAt(0)};`);
}
