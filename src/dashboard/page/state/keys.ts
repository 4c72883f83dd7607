import { useLayoutEffect } from "preact/hooks";
import { texts } from "../text/language.ts";

/** What the keys do, by the keys. */
export const shortcuts = texts({
  en: {
    "1 … 5": "Go to a page",
    t: "Light, dark, or as the system says",
    l: "English or Indonesian",
    "?": "This help",
    Space: "Wire: pause and go on",
    f: "Wire: follow the newest message",
    "/": "Wire: search in messages",
    e: "Wire: export",
    r: "Wire: record packets, and stop",
    o: "Wire: open a capture",
    "↑ ↓ Home End": "Wire: choose a message",
    Enter: "Wire: look into the chosen message",
    "h n": "Wire: highlight the chosen message, write a note on it",
    "[ ]": "Wire: the chosen message begins or ends the range of time",
    Esc: "Close what has opened",
  },
  id: {
    "1 … 5": "Buka sebuah halaman",
    t: "Terang, gelap, atau menurut sistem",
    l: "Bahasa Inggris atau Indonesia",
    "?": "Bantuan ini",
    Space: "Wire: jeda dan lanjutkan",
    f: "Wire: ikuti pesan terbaru",
    "/": "Wire: cari dalam pesan",
    e: "Wire: ekspor",
    r: "Wire: rekam paket, dan hentikan",
    o: "Wire: buka tangkapan",
    "↑ ↓ Home End": "Wire: pilih sebuah pesan",
    Enter: "Wire: lihat isi pesan yang dipilih",
    "h n": "Wire: sorot pesan yang dipilih, beri catatan padanya",
    "[ ]": "Wire: pesan yang dipilih menjadi awal atau akhir rentang waktu",
    Esc: "Tutup yang telah terbuka",
  },
});

/** Calls the action of a key, unless the user is typing or a dialog is open. */
export function useKeys(actions: Readonly<Record<string, () => void>>): void {
  // A key that is pressed as soon as the page is seen counts.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isForOthers(event)) return;
      const action = actions[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
}

function isForOthers({ target, key }: KeyboardEvent): boolean {
  if (document.querySelector("dialog[open]") !== null) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("input, textarea, select, [contenteditable]") !== null) return true;
  // Space activates a focused button or link.
  return key === " " && target.closest("button, a, summary") !== null;
}
