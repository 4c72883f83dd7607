import { useEffect, useMemo, useState } from "preact/hooks";
import { Dialog } from "../components/dialogs.tsx";
import { useAction } from "../state/requests.ts";
import { integer } from "../text/format.ts";
import { texts } from "../text/language.ts";
import { shared } from "../text/words.ts";
import { excerpt } from "./excerpt.ts";
import { asMarkdown } from "./export-markdown.ts";
import { asMermaid } from "./export-mermaid.ts";
import { asPictures, type Picture } from "./export-svg.ts";
import { asText } from "./export-text.ts";
import type { Notes } from "./notes.ts";
import type { Row } from "./rows.ts";
import { copy, copyPicture, download, pngOf } from "./save.ts";
import type { TimeMode } from "./times.ts";

const words = texts({
  en: {
    title: "Export",
    heading: "Title",
    usualHeading: "Messages on the wire",
    rows: "Rows",
    preview: "Preview",
    previewOf: (place: number, count: number) => `Preview of page ${place} of ${count}`,
    page: (place: number, count: number) => `Page ${place} of ${count}`,
    copyPage: "Copy page",
    copyPageLabel: (place: number) => `Copy page ${place} as a picture`,
    pageCopied: (place: number) => `Page ${place} is in the clipboard.`,
    pictureCopied: "The picture is in the clipboard.",
    save: "Save",
    saved: "Saved.",
    savedAs: (count: number) => `Saved as ${count} files, one a page. The browser may ask whether it may.`,
    text: "Text",
    copyPicture: "Copy picture",
    copyAs: (form: string) => `Copy ${form}`,
    copied: (form: string) => `Copied: ${form}`,
    chosen: "The chosen time",
    inView: "In view",
    newest: (count: string) => `The newest ${count}`,
    all: "All",
    range: (name: string, count: string) => `${name} (${count})`,
    cut: (name: string, most: string, count: string) => `${name}: the newest ${most} of ${count}`,
  },
  id: {
    title: "Ekspor",
    heading: "Judul",
    usualHeading: "Pesan di jaringan",
    rows: "Baris",
    preview: "Pratinjau",
    previewOf: (place, count) => `Pratinjau halaman ${place} dari ${count}`,
    page: (place, count) => `Halaman ${place} dari ${count}`,
    copyPage: "Salin halaman",
    copyPageLabel: (place) => `Salin halaman ${place} sebagai gambar`,
    pageCopied: (place) => `Halaman ${place} ada di papan klip.`,
    pictureCopied: "Gambar ada di papan klip.",
    save: "Simpan",
    saved: "Tersimpan.",
    savedAs: (count) => `Tersimpan sebagai ${count} berkas, satu per halaman. Peramban mungkin meminta izin.`,
    text: "Teks",
    copyPicture: "Salin gambar",
    copyAs: (form) => `Salin ${form}`,
    copied: (form) => `Tersalin: ${form}`,
    chosen: "Waktu yang dipilih",
    inView: "Yang terlihat",
    newest: (count) => `${count} terbaru`,
    all: "Semua",
    range: (name, count) => `${name} (${count})`,
    cut: (name, most, count) => `${name}: ${most} terbaru dari ${count}`,
  },
});

interface ExportProps {
  readonly rows: readonly Row[];
  /** The rows in the range that is chosen on the ruler. */
  readonly chosen: readonly Row[] | undefined;
  readonly inView: readonly Row[];
  readonly order: readonly string[];
  readonly timeMode: TimeMode;
  readonly notes: Notes;
  readonly onClose: () => void;
}

/** More would be dozens of pages. */
const maxRows = 400;

/** Exports the diagram for a lab report: a choice of rows, a title and a format. */
export function ExportDialog({
  rows,
  chosen: inRange,
  inView,
  order,
  timeMode,
  notes,
  onClose,
}: ExportProps) {
  // The rows at the time of opening, so that the preview is what is saved.
  const [ranges] = useState(() => rangesOf(rows, inView, inRange));
  const [range, setRange] = useState(0);
  const [title, setTitle] = useState<string>(words.usualHeading);
  const [done, setDone] = useState("");
  const action = useAction();
  const chosen = ranges[range]?.rows ?? [];
  const part = useMemo(
    () => excerpt(title.trim() || words.usualHeading, chosen, { timeMode, notes }),
    [title, chosen, timeMode, notes],
  );
  const pictures = useMemo(() => asPictures(part, order), [part, order]);
  const name = fileName(part.title);
  const run = (success: string, work: () => Promise<void>) =>
    action.start(async () => {
      setDone("");
      await work();
      setDone(success);
    });
  const texts = [
    ["Mermaid", "mmd", () => asMermaid(part, order)],
    ["Markdown", "md", () => asMarkdown(part)],
    [words.text, "txt", () => asText(part)],
  ] as const;
  return (
    <Dialog title={words.title} class="export" onClose={onClose}>
      <div class="export-form">
        <label>
          {words.heading}
          <input value={title} onInput={(event) => setTitle(event.currentTarget.value)} />
        </label>
        <label>
          {words.rows}
          <select value={range} onChange={(event) => setRange(Number(event.currentTarget.value))}>
            {ranges.map(({ name }, index) => (
              <option key={name} value={index}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="preview" aria-label={words.preview} tabIndex={0}>
        {pictures.map((picture, index) => (
          <Page
            // The pages of an export have no identity but their place.
            key={index}
            picture={picture}
            place={index + 1}
            count={pictures.length}
            onCopy={() => run(words.pageCopied(index + 1), () => copyPicture(picture))}
          />
        ))}
      </section>
      <div class="export-rows">
        <fieldset class="actions wrap" aria-label={words.save}>
          <span class="soft small">{words.save}</span>
          <button
            type="button"
            class="primary"
            onClick={() => run(savedWords(pictures), () => saveAll(name, pictures, "png"))}
          >
            PNG
          </button>
          <button
            type="button"
            class="primary"
            onClick={() => run(savedWords(pictures), () => saveAll(name, pictures, "svg"))}
          >
            SVG
          </button>
          {texts.map(([word, ending, make]) => (
            <button
              key={word}
              type="button"
              onClick={() => download(`${name}.${ending}`, new Blob([make()], { type: "text/plain" }))}
            >
              {word}
            </button>
          ))}
        </fieldset>
        <fieldset class="actions wrap" aria-label={shared.copy}>
          <span class="soft small">{shared.copy}</span>
          {pictures.length === 1 && (
            <button type="button" onClick={() => run(words.pictureCopied, () => copyPicture(pictures[0]!))}>
              {words.copyPicture}
            </button>
          )}
          {texts.map(([word, , make]) => (
            <button key={word} type="button" onClick={() => run(words.copied(word), () => copy(make()))}>
              {words.copyAs(word)}
            </button>
          ))}
        </fieldset>
      </div>
      <p role="status" class={action.error === undefined ? "soft small" : "error small"}>
        {action.error ?? done}
      </p>
    </Dialog>
  );
}

interface PageProps {
  readonly picture: Picture;
  /** From 1. */
  readonly place: number;
  readonly count: number;
  readonly onCopy: () => void;
}

/** One page of the preview, with a button of its own where there are several. */
function Page({ picture, place, count, onCopy }: PageProps) {
  const url = useBlobUrl(picture.svg);
  return (
    <figure>
      {count > 1 && (
        <figcaption>
          <span class="soft small">{words.page(place, count)}</span>
          <button type="button" aria-label={words.copyPageLabel(place)} onClick={onCopy}>
            {words.copyPage}
          </button>
        </figcaption>
      )}
      {url !== undefined && <img src={url} width={picture.width} alt={words.previewOf(place, count)} />}
    </figure>
  );
}

const savedWords = ({ length }: readonly Picture[]): string =>
  length === 1 ? words.saved : words.savedAs(length);

/** A file for each page, because a word processor takes pictures no larger than a page. */
async function saveAll(name: string, pictures: readonly Picture[], form: "png" | "svg"): Promise<void> {
  for (const [index, picture] of pictures.entries()) {
    const file = pictures.length === 1 ? `${name}.${form}` : `${name}-${index + 1}.${form}`;
    const blob = form === "png" ? await pngOf(picture) : new Blob([picture.svg], { type: "image/svg+xml" });
    download(file, blob);
  }
}

function rangesOf(rows: readonly Row[], inView: readonly Row[], inRange: readonly Row[] | undefined) {
  const newest = [20, 100].filter((count) => rows.length > count);
  return [
    ...(inRange === undefined ? [] : [rangeOf(words.chosen, inRange)]),
    { name: words.range(words.inView, integer(inView.length)), rows: inView },
    ...newest.map((count) => ({ name: words.newest(integer(count)), rows: rows.slice(-count) })),
    rangeOf(words.all, rows),
  ];
}

function rangeOf(name: string, rows: readonly Row[]) {
  const count = integer(rows.length);
  return rows.length > maxRows
    ? { name: words.cut(name, integer(maxRows), count), rows: rows.slice(-maxRows) }
    : { name: words.range(name, count), rows: [...rows] };
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
  const name = title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");
  return name || "wire";
}
