import { useMemo, useState } from "preact/hooks";
import { HexView } from "../components/hex-view.tsx";
import { JsonView } from "../components/json-view.tsx";
import { integer } from "../text/format.ts";
import { texts } from "../text/language.ts";
import type { Payload } from "./broker-api.ts";
import { decodePayload } from "./payload.ts";

const words = texts({
  en: {
    formats: (label: string) => `Show ${label} as`,
    text: "Text",
    empty: "An empty message.",
    cut: (shown: string, all: string) => `The first ${shown} of ${all} bytes.`,
  },
  id: {
    formats: (label) => `Tampilkan ${label} sebagai`,
    text: "Teks",
    empty: "Pesan kosong.",
    cut: (shown, all) => `${shown} byte pertama dari ${all}.`,
  },
});

type Format = "json" | "text" | "hex";

const titleOf = (format: Format): string => ({ json: "JSON", text: words.text, hex: "Hex" })[format];

/** A payload as folded JSON, text or bytes: the first of these that it can be, until another one is chosen. */
export function PayloadView({ value: { payload, size }, label }: { value: Payload; label: string }) {
  const decoded = useMemo(() => decodePayload(payload, size), [payload, size]);
  const [chosen, setChosen] = useState<Format>();
  const possible: Format[] = [
    ...(decoded.json === undefined ? [] : (["json"] as const)),
    ...(decoded.text === undefined ? [] : (["text"] as const)),
    "hex",
  ];
  const format = chosen !== undefined && possible.includes(chosen) ? chosen : (possible[0] ?? "hex");
  if (size === 0) return <p class="soft small">{words.empty}</p>;
  return (
    <div class="payload-view">
      {possible.length > 1 && (
        <fieldset class="segments" aria-label={words.formats(label)}>
          {possible.map((each) => (
            <button key={each} type="button" aria-pressed={each === format} onClick={() => setChosen(each)}>
              {titleOf(each)}
            </button>
          ))}
        </fieldset>
      )}
      {format === "json" && <JsonView value={decoded.json} />}
      {format === "text" && <pre>{decoded.text}</pre>}
      {format === "hex" && <HexView base64={payload} size={size} />}
      {format !== "hex" && decoded.bytes.length < size && (
        <p class="soft small">{words.cut(integer(decoded.bytes.length), integer(size))}</p>
      )}
    </div>
  );
}
