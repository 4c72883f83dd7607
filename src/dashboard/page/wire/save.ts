import { texts } from "../text/language.ts";
import type { Picture } from "./export-svg.ts";
import { withDensity } from "./png-density.ts";

const words = texts({
  en: {
    tooLarge: (width: number, height: number) =>
      `Cannot make a PNG of ${width} by ${height} pixels: save an SVG instead`,
    noClipboard: "This browser gives the clipboard to pages of this machine only: save the file instead",
  },
  id: {
    tooLarge: (width, height) =>
      `Tidak dapat membuat PNG berukuran ${width} kali ${height} piksel: simpan sebagai SVG saja`,
    noClipboard:
      "Peramban ini memberikan papan klip hanya kepada halaman dari mesin ini: simpan berkasnya saja",
  },
});

export function download(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Dots for each of the 96 in an inch, so that it stays sharp on paper. */
const scale = 3;

/** The picture in pixels. */
export async function pngOf({ svg, width, height }: Picture): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image(width, height);
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const png = new Uint8Array(await (await asBlob(canvas)).arrayBuffer());
    return new Blob([withDensity(png, 96 * scale)], { type: "image/png" });
  } finally {
    URL.revokeObjectURL(url);
  }
}

function asBlob(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    const refuse = () => reject(new Error(words.tooLarge(canvas.width, canvas.height)));
    canvas.toBlob((blob) => (blob === null ? refuse() : resolve(blob)), "image/png");
  });
}

/** @throws {Error} where the browser does not let a page write to the clipboard */
export async function copy(text: string): Promise<void> {
  // Only pages on this machine or over TLS have a clipboard.
  if (navigator.clipboard === undefined) throw new Error(words.noClipboard);
  await navigator.clipboard.writeText(text);
}

/** Copies a picture, to be pasted into a word processor. @throws {Error} as `copy` */
export async function copyPicture(picture: Picture): Promise<void> {
  if (navigator.clipboard?.write === undefined) throw new Error(words.noClipboard);
  // The promise, and not its value: a browser allows the clipboard only right after the click.
  await navigator.clipboard.write([new ClipboardItem({ "image/png": pngOf(picture) })]);
}
