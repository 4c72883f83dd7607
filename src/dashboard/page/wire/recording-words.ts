import type { EndedRecording, Recorded, RecordingEnd } from "../state/recorder.ts";
import { maxRecordedBytes } from "../state/recorder.ts";
import { bytes, duration, integer } from "../text/format.ts";
import { texts } from "../text/language.ts";

const words = texts({
  en: {
    packets: (count: number) => (count === 1 ? "1 packet" : `${integer(count)} packets`),
    dropped: (count: number) => `${integer(count)} left out`,
    stopped: "The recording is stopped.",
    full: (size: string) =>
      `The recording has stopped by itself at ${size}: a browser cannot keep more safely, and distcli record can.`,
    server: "The server has ended the recording: it stops, or its users have changed.",
    cut: "The recording ended in the middle of a packet, which is left off.",
    broken: (reason: string) => `The connection to the server is broken (${reason}).`,
    damaged: (reason: string) => `The recording cannot be read on: ${reason}.`,
    noToken: "The server asks for a token first: enter it, and record again.",
    mayNot: "The server does not let you record: that takes the role admin.",
    busy: "The server makes only a few recordings at a time, and so many run already: one of them has to end first.",
    refused: (reason: string) => `The server does not record: ${reason}.`,
    recorded: (what: string) => `Recorded: ${what}.`,
    nothing: "Nothing was recorded.",
    noPackets: "No packet came in that time.",
    saved: (name: string) => `Your browser saves ${name}.`,
    kept: "It is kept here until you save it or close the window.",
  },
  id: {
    packets: (count) => `${integer(count)} paket`,
    dropped: (count) => `${integer(count)} tidak terekam`,
    stopped: "Rekaman dihentikan.",
    full: (size) =>
      `Rekaman berhenti sendiri pada ${size}: peramban tidak dapat menyimpan lebih banyak dengan aman, distcli record dapat.`,
    server: "Server mengakhiri rekaman: server berhenti, atau penggunanya berubah.",
    cut: "Rekaman berakhir di tengah sebuah paket, dan paket itu tidak disertakan.",
    broken: (reason) => `Koneksi ke server terputus (${reason}).`,
    damaged: (reason) => `Rekaman tidak dapat dibaca lagi: ${reason}.`,
    noToken: "Server meminta token lebih dahulu: masukkan, lalu rekam lagi.",
    mayNot: "Server tidak mengizinkan Anda merekam: itu memerlukan peran admin.",
    busy: "Server hanya membuat beberapa rekaman sekaligus, dan sebanyak itu sudah berjalan: salah satunya harus berakhir dulu.",
    refused: (reason) => `Server tidak merekam: ${reason}.`,
    recorded: (what) => `Terekam: ${what}.`,
    nothing: "Tidak ada yang terekam.",
    noPackets: "Tidak ada paket yang datang selama itu.",
    saved: (name) => `Peramban Anda menyimpan ${name}.`,
    kept: "Rekaman ini ada di sini sampai Anda menyimpannya atau menutup jendela.",
  },
});

/** `12 s · 34 packets · 5.6 kB · 3 left out` */
export function progressWords({ seconds, packets, bytes: size, dropped }: Recorded): string {
  const parts = [duration(seconds), words.packets(packets), bytes(size)];
  if (dropped > 0) parts.push(words.dropped(dropped));
  return parts.join(" · ");
}

/** What happened, and what there is of it. */
export function endedWords(state: EndedRecording): string {
  const { end, file, packets, isSaved } = state;
  if (file === undefined) return `${whyEnded(end)} ${words.nothing}`;
  const recorded = packets === 0 ? words.noPackets : words.recorded(progressWords(state));
  return [whyEnded(end), recorded, isSaved ? words.saved(file.name) : words.kept].join(" ");
}

function whyEnded(end: RecordingEnd): string {
  switch (end.kind) {
    case "stopped":
    case "server":
    case "cut":
      return words[end.kind];
    case "full":
      return words.full(bytes(maxRecordedBytes));
    case "broken":
    case "damaged":
      return words[end.kind](withoutStop(end.reason));
    case "refused":
      return whyRefused(end.status, withoutStop(end.reason));
  }
}

function whyRefused(status: number, reason: string): string {
  if (status === 401) return words.noToken;
  if (status === 403) return words.mayNot;
  return status === 503 ? words.busy : words.refused(reason);
}

/** It becomes a part of a sentence. */
const withoutStop = (text: string): string => text.replace(/\.$/, "");
