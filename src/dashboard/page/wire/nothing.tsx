import { Empty } from "../components/empty.tsx";
import { pageTitles } from "../state/route.ts";
import { texts } from "../text/language.ts";

const words = texts({
  en: {
    filteredTitle: "Nothing passes the filter",
    filtered: "Messages come in, and the filter above lets none of them through.",
    quiet: "Nothing has been said yet",
    connecting: "Connecting …",
    hint: "Every message to and from a service appears here as an arrow. Send one from the page",
    terminal: ", or from a terminal:",
    capture:
      "A capture file (pcap or pcapng) that is dropped here is drawn the same way; it stays in this browser.",
  },
  id: {
    filteredTitle: "Tidak ada yang lolos filter",
    filtered: "Pesan berdatangan, tetapi filter di atas tidak meloloskan satu pun.",
    quiet: "Belum ada pesan",
    connecting: "Menyambung …",
    hint: "Setiap pesan ke dan dari layanan tampil di sini sebagai anak panah. Kirim satu dari halaman",
    terminal: ", atau dari terminal:",
    capture:
      "Berkas tangkapan (pcap atau pcapng) yang dilepaskan di sini digambar dengan cara yang sama, tanpa meninggalkan peramban ini.",
  },
});

/** In place of a diagram without rows. */
export function Nothing({ isLive, isFiltered }: { isLive: boolean; isFiltered: boolean }) {
  if (isFiltered)
    return (
      <Empty icon="filter" title={words.filteredTitle}>
        <p>{words.filtered}</p>
      </Empty>
    );
  return (
    <Empty icon="wire" title={isLive ? words.quiet : words.connecting}>
      <p>
        {words.hint} <a href="#/try">{pageTitles.try}</a>
        {words.terminal}
      </p>
      <p>
        <code>distcli echo 127.0.0.1 halo</code>
      </p>
      <p class="soft small">{words.capture}</p>
    </Empty>
  );
}
