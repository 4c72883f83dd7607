import { Icon } from "../../components/icons.tsx";
import { useKeys } from "../../state/keys.ts";
import { bytes } from "../../text/format.ts";
import { texts } from "../../text/language.ts";
import { shared } from "../../text/words.ts";
import { problemSentence } from "./capture-problems.ts";
import { OpenButton } from "./open-button.tsx";
import { closeCapture, type OpenedCapture } from "./opened-capture.ts";

const words = texts({
  en: {
    reading: (file: string) => `Reading ${file}`,
    read: (read: string, size: string) => `${read} of ${size}. It stays in this browser.`,
    failed: (file: string) => `Cannot show ${file}`,
    back: "Back to live traffic",
  },
  id: {
    reading: (file) => `Membaca ${file}`,
    read: (read, size) => `${read} dari ${size}. Berkas tetap di peramban ini.`,
    failed: (file) => `Tidak dapat menampilkan ${file}`,
    back: "Kembali ke lalu lintas langsung",
  },
});

/** The bar while a file is read. Esc stops it. */
export function CaptureReading({ capture }: { capture: Extract<OpenedCapture, { is: "reading" }> }) {
  const { file, size, read } = capture;
  useKeys({ Escape: closeCapture });
  return (
    <div class="capture-state">
      <h2>{words.reading(file)}</h2>
      <progress max={Math.max(1, size)} value={read} aria-label={words.reading(file)} />
      <p class="soft">{words.read(bytes(read), bytes(size))}</p>
      <p class="actions">
        <button type="button" onClick={closeCapture}>
          {shared.cancel}
        </button>
      </p>
    </div>
  );
}

export function CaptureFailed({ capture }: { capture: Extract<OpenedCapture, { is: "failed" }> }) {
  useKeys({ Escape: closeCapture });
  return (
    <div class="capture-state" role="alert">
      <Icon name="warning" size={36} />
      <h2>{words.failed(capture.file)}</h2>
      <p>{problemSentence(capture.problem)}</p>
      <p class="actions">
        <OpenButton />
        <button type="button" class="primary" onClick={closeCapture}>
          {words.back}
        </button>
      </p>
    </div>
  );
}
