import { indonesian as explain } from "./explain/indonesian.ts";
import { packetList } from "./packet-list.ts";
import type { ReportWords } from "./words.ts";

const sideNames: Readonly<Record<string, string>> = { client: "klien", server: "server" };
const named = (side: string): string => sideNames[side] ?? side;
const capital = (side: string): string => named(side).charAt(0).toUpperCase() + named(side).slice(1);

export const indonesian: ReportWords = {
  title: "Laporan praktikum",
  cover: { name: "Nama", studentNumber: "NRP", course: "Mata kuliah", date: "Tanggal" },
  headings: {
    capture: "Tangkapan paket",
    experiment: "Percobaan",
    goal: "Yang ditunjukkan",
    lookFor: "Yang perlu diamati",
    commands: "Yang dilakukan",
    diagram: "Diagram urutan",
    packets: "Paket",
    sums: "Jumlah",
    explanation: "Penjelasan",
    odd: "Yang janggal",
    analysis: "Analisis",
  },
  service: (name) => `Layanan ${name}`,
  diagramOf: (service) => `Diagram urutan ${service}`,
  timesFrom: "Waktu dalam detik sejak paket pertama dalam tangkapan; nomor adalah nomor paket.",
  omittedArrows: (count) => `${count} langkah berikutnya tidak digambar`,
  omittedTables: (shown, all) =>
    `Tabel ada untuk ${shown} percakapan pertama dari ${all}; jumlahnya mencakup semuanya.`,
  analysisHint: "Tulis pendapatmu sendiri di sini.",
  fact: {
    conversation: (number, client, server, transport) =>
      `Percakapan ${number}, ${client} dengan ${server} melalui ${transport}.`,
    syn: (packet) => `Paket ${packet} meminta koneksi (SYN); jawabannya tidak ada di dalam tangkapan.`,
    handshake: ([syn, answer, ack], duration) =>
      `Paket ${syn} (SYN), ${answer} (SYN, ACK), dan ${ack} (ACK) adalah three-way handshake, yang berlangsung ${duration}.`,
    madeUpHandshake: (packet) => `Koneksi dimulai dengan paket ${packet}.`,
    answeredSyn: (syn, answer) =>
      `Paket ${syn} meminta koneksi (SYN) dan paket ${answer} menerimanya (SYN, ACK); ACK yang menyelesaikan handshake tidak ada di dalam tangkapan.`,
    unaskedAnswer: (answer) =>
      `Paket ${answer} menerima koneksi (SYN, ACK); SYN yang memintanya tidak ada di dalam tangkapan.`,
    noHandshake: (first) =>
      `Percakapan ini dimulai dengan paket ${first} di dalam tangkapan, dan handshake-nya tidak ada.`,
    messages: (side, packets) =>
      `${capital(side)} mengirim ${packets.length} pesan (${packetList(packets, "paket", "paket")}).`,
    answers: (count, slowest, packet, to) =>
      count === 1
        ? `Paket ${packet} menjawab paket ${to}, ${slowest} sesudahnya.`
        : `${count} pesan dijawab; jawaban yang paling lama adalah paket ${packet}, ${slowest} setelah paket ${to}.`,
    acknowledged: (message, ack, receiver) =>
      `Paket ${ack} adalah ACK milik TCP untuk paket ${message}: sistem operasi ${named(receiver)} sudah menerima byte-nya. ACK itu tidak menyatakan bahwa programnya sudah membacanya.`,
    fin: (side, packet) =>
      `${capital(side)} mengirim FIN di paket ${packet}; FIN dari pihak lain tidak ada di dalam tangkapan.`,
    serverFins: (firstPacket, secondPacket) =>
      `Kedua pihak menutup koneksi: server mengirim FIN, paket ${firstPacket}, sebelum membaca FIN klien, paket ${secondPacket}. Rekaman ini tidak dapat menunjukkan mana yang dikirim lebih dulu.`,
    bothFins: (first, firstPacket, secondPacket) =>
      `Kedua pihak menutup koneksi: ${named(first)} mengirim FIN lebih dulu, di paket ${firstPacket}, dan pihak lain di paket ${secondPacket}.`,
    reset: (side, packet) =>
      `${capital(side)} mengirim RST di paket ${packet}, yang langsung mengakhiri koneksi.`,
    refused: (packet) => `Paket ${packet} menolak koneksi dengan RST.`,
    open: (last) =>
      `FIN maupun RST tidak ada di dalam tangkapan; paket terakhir percakapan ini adalah ${last}.`,
    publishedWill: explain.publishedWill,
    datagrams: (client, server) =>
      `Klien mengirim ${client} datagram dan server ${server}; UDP tidak punya handshake, ACK, maupun akhir.`,
    omitted: (shown, all) => `Yang dijelaskan di sini adalah ${shown} percakapan pertama dari ${all}.`,
  },
  run: {
    begins: (name) => `Menjalankan ${name}`,
    captured: (packets, lost) =>
      `Selama perintah berjalan, ${packets} paket dari port layanan ditangkap dari kernel; ${lost} hilang.`,
    notCaptured: (reason) =>
      `Tidak ada paket yang ditangkap, jadi bagian ini tanpa diagram dan tanpa penjelasan paket: ${reason}`,
    status: (status) => `status keluar ${status}`,
    stopped: "dihentikan, seperti dengan Ctrl-C",
  },
};
