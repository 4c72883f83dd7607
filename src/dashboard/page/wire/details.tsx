import { HexView } from "../components/hex-view.tsx";
import { Icon } from "../components/icons.tsx";
import { useTone } from "../state/lab.ts";
import { bytes, clock } from "../text/format.ts";
import { describeEvent } from "./labels.ts";
import type { Row } from "./rows.ts";

/** All data of one message. */
export function Details({ row, onClose }: { row: Extract<Row, { is: "event" }>; onClose: () => void }) {
  const { event, peer } = row;
  const tone = useTone();
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["time", clock(event.time)],
    ["kind", event.kind],
    ["direction", direction(event.direction)],
    ["client", peer.label === event.remote ? undefined : peer.label],
    ["remote", event.remote || undefined],
    ["local", event.local],
    ["transport", event.transport],
    ["conversation", event.conversation],
    ["size", event.size === undefined ? undefined : bytes(event.size)],
    ["reason", event.reason],
  ];
  const fields = Object.entries(event.fields ?? {});
  return (
    <aside class={`details ${tone(event.service)}`} aria-label="The chosen message">
      <header>
        <span class={`chip ${tone(event.service)}`}>{event.service}</span>
        <button type="button" class="icon" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <p class="quote">{event.text ?? describeEvent(event, peer.label)}</p>
      {fields.length > 0 && (
        <>
          <h3>Fields</h3>
          <dl class="facts">
            {fields.map(([name, value]) => (
              <Fact key={name} name={name} value={String(value)} />
            ))}
          </dl>
        </>
      )}
      {event.bytes !== undefined && (
        <>
          <h3>Bytes</h3>
          <HexView base64={event.bytes} size={event.size} />
        </>
      )}
      <h3>Conversation</h3>
      <dl class="facts">
        {facts.map(([name, value]) => value !== undefined && <Fact key={name} name={name} value={value} />)}
      </dl>
    </aside>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function direction(word: "in" | "out" | undefined): string | undefined {
  return word && { in: "to the service", out: "from the service" }[word];
}
