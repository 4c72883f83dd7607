import type { Picture } from "./export-svg.ts";

export function download(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Browsers refuse larger canvases. */
const mostPixels = 16_000;

/** The picture in pixels, two for one where that is possible, so that it stays sharp on paper. */
export async function pngOf({ svg, width, height }: Picture): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image(width, height);
    image.src = url;
    await image.decode();
    const scale = Math.min(2, mostPixels / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await asBlob(canvas);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function asBlob(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    const refuse = () =>
      reject(
        new Error(
          `Cannot make a PNG of ${canvas.width} by ${canvas.height} pixels: choose fewer rows, or SVG`,
        ),
      );
    canvas.toBlob((blob) => (blob === null ? refuse() : resolve(blob)), "image/png");
  });
}

/** @throws {Error} where the browser does not let a page write to the clipboard */
export async function copy(text: string): Promise<void> {
  // Only pages on this machine or over TLS have a clipboard.
  if (navigator.clipboard === undefined)
    throw new Error("This browser gives the clipboard to pages of this machine only: save the file instead");
  await navigator.clipboard.writeText(text);
}
