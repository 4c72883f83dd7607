import { texts } from "../text/language.ts";
import type { HttpRequest } from "./http-request.ts";
import type { RawRequest } from "./request.ts";

const words = texts({
  en: {
    method: "Method",
    path: "Path",
    headers: "Headers, one a line",
    body: "Body",
    implied: "Host, Content-Length and Connection: close are added where they are not written.",
    format: "Bytes as",
    text: "Text",
    hex: "Hex",
    bytes: "Bytes",
    textHelp: "\\r \\n \\t \\0 \\x1b and \\\\ stand for what one cannot type.",
    hexHelp: "Pairs of digits, with anything between them: 48 61 6c 6f",
    finish: "Close the sending side afterwards",
  },
  id: {
    method: "Metode",
    path: "Path",
    headers: "Header, satu per baris",
    body: "Body",
    implied: "Host, Content-Length, dan Connection: close ditambahkan bila tidak ditulis.",
    format: "Byte sebagai",
    text: "Teks",
    hex: "Hex",
    bytes: "Byte",
    textHelp: "\\r \\n \\t \\0 \\x1b dan \\\\ mewakili yang tidak dapat diketik.",
    hexHelp: "Pasangan digit, dengan apa pun di antaranya: 48 61 6c 6f",
    finish: "Tutup sisi kirim sesudahnya",
  },
});

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

interface HttpFieldsProps {
  readonly http: HttpRequest;
  readonly onChange: (http: HttpRequest) => void;
}

/** A request of any method, path, headers and body. */
export function HttpFields({ http, onChange }: HttpFieldsProps) {
  const change = (part: Partial<HttpRequest>) => onChange({ ...http, ...part });
  return (
    <>
      <div class="row-fields">
        <label class="method">
          {words.method}
          <input
            required
            list="try-methods"
            class="mono"
            value={http.method}
            onInput={(event) => change({ method: event.currentTarget.value })}
          />
        </label>
        <datalist id="try-methods">
          {methods.map((method) => (
            <option key={method} value={method} />
          ))}
        </datalist>
        <label class="grow">
          {words.path}
          <input
            required
            class="mono"
            value={http.path}
            onInput={(event) => change({ path: event.currentTarget.value })}
          />
        </label>
      </div>
      <div class="row-fields bodies">
        <label class="grow">
          {words.headers}
          <textarea
            class="mono"
            rows={4}
            spellcheck={false}
            value={http.headers}
            onInput={(event) => change({ headers: event.currentTarget.value })}
          />
        </label>
        <label class="grow">
          {words.body}
          <textarea
            class="mono"
            rows={4}
            spellcheck={false}
            value={http.body}
            onInput={(event) => change({ body: event.currentTarget.value })}
          />
        </label>
      </div>
      <p class="soft small">{words.implied}</p>
    </>
  );
}

interface RawFieldsProps {
  readonly raw: RawRequest;
  readonly onChange: (raw: RawRequest) => void;
}

/** Bytes as they go over the wire, typed as text or in hexadecimal. */
export function RawFields({ raw, onChange }: RawFieldsProps) {
  const { format, content, finish } = raw;
  return (
    <>
      <div class="row-fields">
        <fieldset class="segments" aria-label={words.format}>
          {(["text", "hex"] as const).map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={format === each}
              onClick={() => onChange({ ...raw, format: each })}
            >
              {words[each]}
            </button>
          ))}
        </fieldset>
        <label class="inline">
          <input
            type="checkbox"
            checked={finish}
            onChange={(event) => onChange({ ...raw, finish: event.currentTarget.checked })}
          />
          {words.finish}
        </label>
      </div>
      <label>
        {words.bytes}
        <textarea
          class="mono"
          rows={3}
          spellcheck={false}
          value={content}
          onInput={(event) => onChange({ ...raw, content: event.currentTarget.value })}
        />
      </label>
      <p class="soft small">{format === "text" ? words.textHelp : words.hexHelp}</p>
    </>
  );
}
