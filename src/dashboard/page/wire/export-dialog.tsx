import { useEffect, useMemo, useState } from "preact/hooks";
import { Dialog } from "../components/dialogs.tsx";
import { useAction } from "../state/requests.ts";
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

/** Browsers and word processors cannot open higher pictures. */
const maxRows = 400;

/** Exports the diagram for a lab report: a choice of rows, a title and a format. */
export function ExportDialog({ rows, inView, order, onClose }: ExportProps) {
  // The rows at the time of opening, so that the preview is what is saved.
  const [ranges] = useState(() => rangesOf(rows, inView));
  const [range, setRange] = useState(0);
  const [title, setTitle] = useState("Messages on the wire");
  const [note, setNote] = useState("");
  const action = useAction();
  const chosen = ranges[range]?.rows ?? [];
  const part = useMemo(() => excerpt(title.trim() || "Messages on the wire", chosen), [title, chosen]);
  const picture = useMemo(() => asPicture(part, order), [part, order]);
  const preview = useBlobUrl(picture.svg);
  const name = fileName(part.title);
  const copyText = (words: string, text: string) =>
    action.start(async () => {
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
          onClick={() => action.start(async () => download(`${name}.png`, await pngOf(picture)))}
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
      <p role="status" class={action.error === undefined ? "soft small" : "error small"}>
        {action.error ?? note}
      </p>
    </Dialog>
  );
}

function rangesOf(rows: readonly Row[], inView: readonly Row[]) {
  const newest = [20, 100].filter((count) => rows.length > count);
  return [
    { words: `In view (${inView.length})`, rows: inView },
    ...newest.map((count) => ({ words: `The newest ${count}`, rows: rows.slice(-count) })),
    rows.length > maxRows
      ? {
          words: `The newest ${maxRows} of ${rows.length.toLocaleString("en")}`,
          rows: rows.slice(-maxRows),
        }
      : { words: `All (${rows.length})`, rows: [...rows] },
  ];
}

/** A blob URL of the picture, revoked when the component is unmounted. */
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
