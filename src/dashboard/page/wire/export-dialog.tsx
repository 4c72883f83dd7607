import { useEffect, useMemo, useState } from "preact/hooks";
import { Dialog } from "../components/dialog.tsx";
import { useRun } from "../state/requests.ts";
import { excerpt } from "./excerpt.ts";
import { asMermaid } from "./export-mermaid.ts";
import { asPicture } from "./export-svg.ts";
import { asText } from "./export-text.ts";
import type { Row } from "./rows.ts";
import { copy, download, pngOf } from "./save.ts";

interface ExportProps {
  readonly rows: readonly Row[];
  readonly inView: readonly Row[];
  readonly order: readonly string[];
  readonly onClose: () => void;
}

/** A picture higher than this is more than browsers and word processors take. */
const mostRows = 400;

/** The diagram for a lab report: what of it, under which title, in which form. */
export function ExportDialog({ rows, inView, order, onClose }: ExportProps) {
  // The rows of the moment it was opened: what is previewed is what is saved.
  const [ranges] = useState(() => rangesOf(rows, inView));
  const [range, setRange] = useState(0);
  const [title, setTitle] = useState("Messages on the wire");
  const [note, setNote] = useState("");
  const run = useRun();
  const chosen = ranges[range]?.rows ?? [];
  const part = useMemo(() => excerpt(title.trim() || "Messages on the wire", chosen), [title, chosen]);
  const picture = useMemo(() => asPicture(part, order), [part, order]);
  const preview = useBlobUrl(picture.svg);
  const name = fileName(part.title);
  const copyText = (words: string, text: string) =>
    run.start(async () => {
      await copy(text);
      setNote(`${words} is in the clipboard.`);
    });
  return (
    <Dialog title="Export" class="export" onClose={onClose}>
      <div class="export-form">
        <label>
          Title
          <input value={title} onInput={(event) => setTitle(event.currentTarget.value)} />
        </label>
        <label>
          Rows
          <select value={range} onChange={(event) => setRange(Number(event.currentTarget.value))}>
            {ranges.map(({ words }, index) => (
              <option key={words} value={index}>
                {words}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div class="preview">
        {preview !== undefined && <img src={preview} alt={`Preview: ${part.title}, ${chosen.length} rows`} />}
      </div>
      <div class="actions wrap">
        <button
          type="button"
          class="primary"
          onClick={() => run.start(async () => download(`${name}.png`, await pngOf(picture)))}
        >
          PNG
        </button>
        <button
          type="button"
          class="primary"
          onClick={() => download(`${name}.svg`, new Blob([picture.svg], { type: "image/svg+xml" }))}
        >
          SVG
        </button>
        <button
          type="button"
          onClick={() => download(`${name}.mmd`, new Blob([asMermaid(part, order)], { type: "text/plain" }))}
        >
          Mermaid
        </button>
        <button
          type="button"
          onClick={() => download(`${name}.txt`, new Blob([asText(part)], { type: "text/plain" }))}
        >
          Text
        </button>
        <span class="spacer" />
        <button type="button" onClick={() => copyText("The Mermaid source", asMermaid(part, order))}>
          Copy Mermaid
        </button>
        <button type="button" onClick={() => copyText("The text", asText(part))}>
          Copy text
        </button>
      </div>
      <p role="status" class={run.error === undefined ? "soft small" : "error small"}>
        {run.error ?? note}
      </p>
    </Dialog>
  );
}

function rangesOf(rows: readonly Row[], inView: readonly Row[]) {
  const newest = [20, 100].filter((count) => rows.length > count);
  return [
    { words: `In view (${inView.length})`, rows: inView },
    ...newest.map((count) => ({ words: `The newest ${count}`, rows: rows.slice(-count) })),
    rows.length > mostRows
      ? {
          words: `The newest ${mostRows} of ${rows.length.toLocaleString("en")}`,
          rows: rows.slice(-mostRows),
        }
      : { words: `All (${rows.length})`, rows: [...rows] },
  ];
}

/** A picture as an address that an <img> takes, while it is shown. */
function useBlobUrl(svg: string): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const next = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    setUrl(next);
    return () => URL.revokeObjectURL(next);
  }, [svg]);
  return url;
}

function fileName(title: string): string {
  const words = title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");
  return words || "wire";
}
