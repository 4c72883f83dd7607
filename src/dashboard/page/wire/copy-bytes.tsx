import { useState } from "preact/hooks";
import { useAction } from "../state/requests.ts";
import { asC, asHexText, asJavaScript, asPython } from "../text/byte-code.ts";
import { hexDump } from "../text/hex.ts";
import { texts } from "../text/language.ts";
import { copy } from "./save.ts";

const decoder = new TextDecoder();

const words = texts({
  en: {
    label: "Copy the bytes",
    all: "Copy all as",
    part: (field: string) => `Copy “${field}” as`,
    copied: (form: string) => `Copied: ${form}`,
    text: "Text",
    asHex: "Copy as hex",
    asDump: "Copy as a hex dump",
    asText: "Copy as text",
    asPython: "Copy as a Python bytes literal",
    asJavaScript: "Copy as a JavaScript Uint8Array",
    asC: "Copy as a C array",
  },
  id: {
    label: "Salin byte",
    all: "Salin semua sebagai",
    part: (field) => `Salin “${field}” sebagai`,
    copied: (form) => `Tersalin: ${form}`,
    text: "Teks",
    asHex: "Salin sebagai Hex",
    asDump: "Salin sebagai Dump heksadesimal",
    asText: "Salin sebagai Teks",
    asPython: "Salin sebagai literal bytes Python",
    asJavaScript: "Salin sebagai Uint8Array JavaScript",
    asC: "Salin sebagai array C",
  },
});

type Form = readonly [word: string, name: string, make: (bytes: Uint8Array) => string];

const forms = (): readonly Form[] => [
  ["Hex", words.asHex, asHexText],
  ["Dump", words.asDump, hexDump],
  [words.text, words.asText, (bytes) => decoder.decode(bytes)],
  ["Python", words.asPython, asPython],
  ["JavaScript", words.asJavaScript, asJavaScript],
  ["C", words.asC, asC],
];

/** Buttons that copy bytes in one form or another. @param of the field that they are, if not all of the message */
export function CopyBytes({ bytes, of }: { bytes: Uint8Array; of: string | undefined }) {
  const action = useAction();
  const [done, setDone] = useState("");
  const take = (word: string, text: string) =>
    action.start(async () => {
      setDone("");
      await copy(text);
      setDone(word);
    });
  return (
    <>
      <fieldset class="copy-bytes" aria-label={words.label}>
        <span class="soft small">{of === undefined ? words.all : words.part(of)}</span>
        {forms().map(([word, name, make]) => (
          <button
            key={word}
            type="button"
            aria-label={name}
            title={name}
            onClick={() => take(word, make(bytes))}
          >
            {word}
          </button>
        ))}
      </fieldset>
      <p role="status" class={action.error === undefined ? "soft small" : "error small"}>
        {action.error ?? (done === "" ? "" : words.copied(done))}
      </p>
    </>
  );
}
