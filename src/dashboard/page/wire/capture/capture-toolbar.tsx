import type { ComponentChildren } from "preact";
import type { CapturePicture } from "../../../capture/messages.ts";
import { Icon } from "../../components/icons.tsx";
import { bytes, dateTime, integer } from "../../text/format.ts";
import { texts } from "../../text/language.ts";
import { OpenButton } from "./open-button.tsx";

const words = texts({
  en: {
    label: (file: string) => `The capture ${file}`,
    tcp: "TCP",
    tcpHint: "Show TCP's own arrows, too: SYN, ACK, PSH, FIN, RST, the window, what was sent again",
    export: "Export",
    exportHint: "Export (e)",
    report: "Report",
    reportHint: "Make a lab report of this capture",
    close: "Back to live traffic",
    closeHint: "Back to live traffic (Esc)",
    packets: (count: number) => (count === 1 ? "1 packet" : `${integer(count)} packets`),
    drawn: (drawn: number, all: number) => `${integer(drawn)} of ${integer(all)} conversations drawn`,
    rows: (count: number) => (count === 1 ? "1 row" : `${integer(count)} rows`),
    stays: "read in this browser, sent nowhere",
    damagedAt: (offset: string, packets: string) =>
      `The capture is damaged at byte ${offset}. What is shown are the ${packets} packets before that.`,
    damaged: (packets: string, reason: string) =>
      `The file could not be read to its end (${reason}). What is shown are the ${packets} packets before that.`,
  },
  id: {
    label: (file) => `Tangkapan ${file}`,
    tcp: "TCP",
    tcpHint: "Tampilkan juga anak panah milik TCP: SYN, ACK, PSH, FIN, RST, window, yang dikirim lagi",
    export: "Ekspor",
    exportHint: "Ekspor (e)",
    report: "Laporan",
    reportHint: "Buat laporan praktikum dari tangkapan ini",
    close: "Kembali ke lalu lintas langsung",
    closeHint: "Kembali ke lalu lintas langsung (Esc)",
    packets: (count) => `${integer(count)} paket`,
    drawn: (drawn, all) => `${integer(drawn)} dari ${integer(all)} percakapan digambar`,
    rows: (count) => `${integer(count)} baris`,
    stays: "dibaca di peramban ini, tidak dikirim ke mana pun",
    damagedAt: (offset, packets) =>
      `Tangkapan rusak pada byte ${offset}. Yang ditampilkan adalah ${packets} paket sebelum itu.`,
    damaged: (packets, reason) =>
      `Berkas tidak dapat dibaca sampai akhir (${reason}). Yang ditampilkan adalah ${packets} paket sebelum itu.`,
  },
});

interface CaptureToolbarProps {
  readonly file: string;
  readonly showsTcp: boolean;
  readonly onTcp: (shows: boolean) => void;
  readonly zoom: ComponentChildren;
  readonly canExport: boolean;
  readonly onExport: () => void;
  readonly onReport: () => void;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function CaptureToolbar({ file, showsTcp, onTcp, children, zoom, ...props }: CaptureToolbarProps) {
  return (
    <div class="toolbar" role="toolbar" aria-label={words.label(file)}>
      {children}
      <OpenButton />
      <button
        type="button"
        class="toggle"
        aria-pressed={showsTcp}
        title={words.tcpHint}
        onClick={() => onTcp(!showsTcp)}
      >
        {words.tcp}
      </button>
      <span class="toolbar-buttons">
        {zoom}
        <button type="button" onClick={props.onExport} disabled={!props.canExport} title={words.exportHint}>
          <Icon name="export" />
          <span class="wide-only">{words.export}</span>
        </button>
        <button type="button" onClick={props.onReport} title={words.reportHint}>
          <Icon name="report" />
          <span class="wide-only">{words.report}</span>
        </button>
        <button
          type="button"
          class="capture-close"
          aria-label={words.close}
          title={words.closeHint}
          onClick={props.onClose}
        >
          <Icon name="close" />
        </button>
      </span>
    </div>
  );
}

export function DamageBanner({ damage }: { damage: NonNullable<CapturePicture["damage"]> }) {
  const { offset, packets, reason } = damage;
  return (
    <p class="capture-damage" role="alert">
      <Icon name="warning" />
      {offset === undefined
        ? words.damaged(integer(packets), reason)
        : words.damagedAt(integer(offset), integer(packets))}
    </p>
  );
}

interface CaptureStatusProps {
  readonly file: string;
  readonly picture: CapturePicture;
  readonly rows: number;
  readonly drawn: number;
}

export function CaptureStatus({ file, picture, rows, drawn }: CaptureStatusProps) {
  const { packets, wireBytes, begin, conversations } = picture;
  return (
    <p class="status-line">
      <span class="capture-file">{file}</span>
      {packets > 0 && <span>{dateTime(begin)}</span>}
      <span>{words.packets(packets)}</span>
      <span>{bytes(wireBytes)}</span>
      <span>{words.drawn(drawn, conversations.length)}</span>
      <span>{words.rows(rows)}</span>
      <span>{words.stays}</span>
    </p>
  );
}
