import { useMemo, useState } from "preact/hooks";
import type { TrafficEvent } from "../api/types.ts";
import { HexView } from "../components/hex-view.tsx";
import { integer } from "../text/format.ts";
import { bytesOfBase64 } from "../text/hex.ts";
import { texts } from "../text/language.ts";
import type { ByteField } from "./bytes/byte-field.ts";
import { fieldAt, type MessageContext, messageFields } from "./bytes/message-fields.ts";
import { CopyBytes } from "./copy-bytes.tsx";
import { Facts, Layer } from "./layer.tsx";

const words = texts({
  en: {
    read: "As the server reads it",
    captured: "As the capture shows it",
    bytes: "Bytes",
    place: (first: number, last: number) => (first === last ? `Byte ${first}` : `Bytes ${first} to ${last}`),
    field: (first: number, last: number, name: string) =>
      first === last ? `byte ${first}: ${name}` : `bytes ${first} to ${last}: ${name}`,
    size: (count: string) => `${count} bytes`,
  },
  id: {
    read: "Menurut server",
    captured: "Menurut tangkapan",
    bytes: "Byte",
    place: (first, last) => (first === last ? `Byte ${first}` : `Byte ${first} hingga ${last}`),
    field: (first, last, name) =>
      first === last ? `byte ${first}: ${name}` : `byte ${first} hingga ${last}: ${name}`,
    size: (count) => `${count} byte`,
  },
});

interface MessageBytesProps {
  readonly event: TrafficEvent;
  readonly context: MessageContext;
}

/** The fields of a message by their protocol, and its bytes; what is pointed at in one is marked in the other. */
export function MessageBytes({ event, context }: MessageBytesProps) {
  const { role, version } = context;
  const bytes = useMemo(() => bytesOfBase64(event.bytes ?? ""), [event]);
  const fields = useMemo(() => messageFields(event, bytes, { role, version }), [event, role, version]);
  const [pointed, setPointed] = useState<ByteField>();
  const [kept, setKept] = useState<ByteField>();
  const marked = pointed ?? kept;
  const layers = [...new Set(fields.map(({ layer }) => layer))];
  const others = otherFields(event, fields);
  return (
    <>
      {layers.map((layer) => (
        <Layer key={layer} title={layer} summary={layer === "MQTT" ? versionWords(version) : undefined}>
          <FieldList
            fields={fields.filter((field) => field.layer === layer)}
            marked={marked}
            kept={kept}
            onPoint={setPointed}
            onKeep={(field) => setKept(field === kept ? undefined : field)}
          />
        </Layer>
      ))}
      {others.length > 0 && (
        <Layer title={event.captured === undefined ? words.read : words.captured}>
          <Facts facts={others} />
        </Layer>
      )}
      {bytes.length > 0 && (
        <Layer title={words.bytes} summary={whereWords(marked, event.size ?? bytes.length)}>
          <HexView
            base64={event.bytes ?? ""}
            size={event.size}
            marked={marked}
            onPoint={(at) => setPointed(at === undefined ? undefined : fieldAt(fields, at))}
            wide={440}
          />
          <CopyBytes
            bytes={kept === undefined ? bytes : bytes.subarray(kept.from, kept.to)}
            of={kept?.name}
          />
        </Layer>
      )}
    </>
  );
}

interface FieldListProps {
  readonly fields: readonly ByteField[];
  readonly marked: ByteField | undefined;
  /** Stays marked until it is chosen again. */
  readonly kept: ByteField | undefined;
  readonly onPoint: (field: ByteField | undefined) => void;
  readonly onKeep: (field: ByteField) => void;
}

function FieldList({ fields, marked, kept, onPoint, onKeep }: FieldListProps) {
  return (
    <ul class="byte-fields" onPointerLeave={() => onPoint(undefined)}>
      {fields.map((field) => (
        <li key={`${field.from} ${field.name}`}>
          <button
            type="button"
            class={field === marked ? "byte-field marked" : "byte-field"}
            aria-pressed={field === kept}
            title={words.place(field.from, field.to - 1)}
            onPointerEnter={() => onPoint(field)}
            onFocus={() => onPoint(field)}
            onBlur={() => onPoint(undefined)}
            onClick={() => onKeep(field)}
          >
            <span class="byte-field-name">{field.name}</span>
            <span class="byte-field-value">{field.value}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** What the server says and the bytes do not, such as how many subscribers a PUBLISH has. */
function otherFields(event: TrafficEvent, fields: readonly ByteField[]): (readonly [string, string])[] {
  const known = new Set(fields.map(({ name }) => plain(name)));
  return Object.entries(event.fields ?? {}).flatMap(([name, value]) =>
    known.has(plain(name)) ? [] : [[name, String(value)] as const],
  );
}

const plain = (name: string): string => name.replaceAll(" ", "").toLowerCase();

const versionWords = (version: MessageContext["version"]): string | undefined =>
  version && { 3: "3.1", 4: "3.1.1", 5: "5.0" }[version];

function whereWords(marked: ByteField | undefined, size: number): string {
  if (marked === undefined) return words.size(integer(size));
  return words.field(marked.from, marked.to - 1, marked.name);
}
