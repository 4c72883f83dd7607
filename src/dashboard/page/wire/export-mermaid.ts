import type { Excerpt } from "./excerpt.ts";
import { softWordsOf, wordsOf } from "./labels.ts";
import type { Occupant } from "./lanes.ts";
import { layOut, servicesOf } from "./layout.ts";
import type { Row } from "./rows.ts";

/**
 * As a Mermaid sequenceDiagram, which Markdown hosts and most editors draw. Every peer is a participant of its own,
 * however the page shares its lanes.
 */
export function asMermaid({ title, list }: Excerpt, order: readonly string[]): string {
  const services = servicesOf(list.rows, order);
  const { columns } = layOut(services, list.lanes, { width: 0, left: 0, minStep: 1, maxStep: 1 });
  const names = new Map<Occupant | string, string>();
  const participants: string[] = [];
  const declare = (who: Occupant | string, letter: string, label: string) => {
    const name = `${letter}${names.size + 1}`;
    names.set(who, name);
    participants.push(`  participant ${name} as ${escaped(label)}`);
  };
  for (const { lane, service } of columns) {
    if (lane === undefined) declare(service, "s", service);
    else for (const occupant of lane.occupants) declare(occupant, "c", occupant.label);
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

function lineOf(row: Row, names: ReadonlyMap<Occupant | string, string>): string[] {
  if (row.is === "join") return [];
  if (row.is === "gap")
    return [
      `  Note over ${names.get(row.service) ?? "s1"}: ${row.count} of ${escaped(row.service)} left out`,
    ];
  const { event } = row;
  const [client, service] = [names.get(row.occupant), names.get(event.service)];
  if (event.kind === "open") return [`  ${client}-->>${service}: ${escaped(softWordsOf(event))}`];
  if (event.kind === "close") return [`  ${client}--x${service}: ${escaped(softWordsOf(event))}`];
  const [from, to] = event.direction === "out" ? [service, client] : [client, service];
  return [`  ${from}->>${to}: ${escaped(wordsOf(event)) || " "}`];
}

/** Mermaid ends a statement at ; and reads # as the start of an entity, %% as a comment and < as HTML. */
function escaped(text: string): string {
  return text.replace(/[#;%<>{}\n\r]/g, (char) => `#${char.codePointAt(0)};`);
}
