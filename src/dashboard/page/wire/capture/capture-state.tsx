import type { CaptureProblem } from "../../../capture/messages.ts";
import { Icon } from "../../components/icons.tsx";
import { useKeys } from "../../state/keys.ts";
import { bytes } from "../../text/format.ts";
import { texts } from "../../text/language.ts";
import { shared } from "../../text/words.ts";
import { OpenButton } from "./open-button.tsx";
import { closeCapture, type OpenedCapture } from "./opened-capture.ts";

const words = texts({
  en: {
    reading: (file: string) => `Reading ${file}`,
    read: (read: string, size: string) => `${read} of ${size}. It stays in this browser.`,
    failed: (file: string) => `Cannot show ${file}`,
    back: "Back to live traffic",
    problems: {
      empty: "The file is empty.",
      noCapture: (start: string) =>
        `This is no capture: it begins with ${start}. A pcap file begins with a1b2c3d4 (in either order of bytes), a pcapng file with 0a0d0d0a. Captures of Wireshark, tcpdump, distcli and this server can be opened.`,
      packed: (by: string, command: string) =>
        `This browser cannot unpack ${by}. Unpack the file first, with ${command}, and open what comes out.`,
      tooLarge: (limit: string) =>
        `Unpacked, the file has more than ${limit}, which is too large for this page. Cut it with editcap, or use distcli explain.`,
      unreadable: (reason: string) => `The file cannot be read: ${reason}.`,
    },
  },
  id: {
    reading: (file) => `Membaca ${file}`,
    read: (read, size) => `${read} dari ${size}. Berkas tetap di peramban ini.`,
    failed: (file) => `Tidak dapat menampilkan ${file}`,
    back: "Kembali ke lalu lintas langsung",
    problems: {
      empty: "Berkas ini kosong.",
      noCapture: (start) =>
        `Ini bukan tangkapan: awalnya ${start}. Berkas pcap diawali a1b2c3d4 (dengan urutan byte mana pun), berkas pcapng diawali 0a0d0d0a. Tangkapan dari Wireshark, tcpdump, distcli, dan server ini dapat dibuka.`,
      packed: (by, command) =>
        `Peramban ini tidak dapat membuka ${by}. Buka dulu berkasnya dengan ${command}, lalu buka hasilnya di sini.`,
      tooLarge: (limit) =>
        `Setelah dibuka, berkas ini lebih dari ${limit}, terlalu besar untuk halaman ini. Potong dengan editcap, atau pakai distcli explain.`,
      unreadable: (reason) => `Berkas tidak dapat dibaca: ${reason}.`,
    },
  },
});

/** The bar while a file is read. Esc stops it. */
export function CaptureReading({ capture }: { capture: Extract<OpenedCapture, { is: "reading" }> }) {
  const { file, size, read } = capture;
  useKeys({ Escape: closeCapture });
  return (
    <div class="capture-state" aria-live="polite">
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

export function problemSentence(problem: CaptureProblem): string {
  const { problems } = words;
  switch (problem.code) {
    case "empty":
      return problems.empty;
    case "no-capture":
      return problems.noCapture(problem.start);
    case "packed":
      return problems.packed(problem.by, problem.by === "zstd" ? "zstd -d" : "gunzip");
    case "too-large":
      return problems.tooLarge(bytes(problem.limit));
    case "unreadable":
      return problems.unreadable(problem.reason);
  }
}
