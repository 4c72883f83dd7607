import type { CaptureProblem } from "../../../capture/messages.ts";
import { bytes } from "../../text/format.ts";
import { texts } from "../../text/language.ts";

const words = texts({
  en: {
    empty: "The file is empty.",
    noCapture: (start: string) =>
      `This is no capture: it begins with ${start}. A pcap file begins with a1b2c3d4 (in either order of bytes), a pcapng file with 0a0d0d0a. Captures of Wireshark, tcpdump, distcli and this server can be opened.`,
    packed: (by: string, command: string) =>
      `This browser cannot unpack ${by}. Unpack the file first, with ${command}, and open what comes out.`,
    tooLarge: (limit: string) =>
      `Unpacked, the file has more than ${limit}, which is too large for this page. Cut it with editcap, or use distcli explain.`,
    unreadable: (reason: string) => `The file cannot be read: ${reason}.`,
    noReader:
      "What reads captures could not be loaded, or had not enough memory. Load this page again when the server runs.",
  },
  id: {
    empty: "Berkas ini kosong.",
    noCapture: (start) =>
      `Ini bukan tangkapan: awalnya ${start}. Berkas pcap diawali a1b2c3d4 (dengan urutan byte mana pun), berkas pcapng diawali 0a0d0d0a. Tangkapan dari Wireshark, tcpdump, distcli, dan server ini dapat dibuka.`,
    packed: (by, command) =>
      `Peramban ini tidak dapat membuka ${by}. Buka dulu berkasnya dengan ${command}, lalu buka hasilnya di sini.`,
    tooLarge: (limit) =>
      `Setelah dibuka, berkas ini lebih dari ${limit}, terlalu besar untuk halaman ini. Potong dengan editcap, atau pakai distcli explain.`,
    unreadable: (reason) => `Berkas tidak dapat dibaca: ${reason}.`,
    noReader:
      "Pembaca tangkapan tidak dapat dimuat, atau memorinya kurang. Muat ulang halaman ini saat server berjalan.",
  },
});

/** Why nothing of a file can be shown, and what to do. */
export function problemSentence(problem: CaptureProblem): string {
  switch (problem.code) {
    case "empty":
      return words.empty;
    case "no-capture":
      return words.noCapture(problem.start);
    case "packed":
      return words.packed(problem.by, problem.by === "zstd" ? "zstd -d" : "gunzip");
    case "too-large":
      return words.tooLarge(bytes(problem.limit));
    case "unreadable":
      return words.unreadable(problem.reason);
    case "no-reader":
      return words.noReader;
  }
}
