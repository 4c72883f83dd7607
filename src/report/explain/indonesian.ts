import { shellWord } from "../../protocol/text/shell-word.ts";
import { fromMilliseconds, seconds, timeLeft } from "./quantities.ts";
import type { ExplainWords } from "./words.ts";

const sides = { client: "klien", server: "server" } as const;
const sideOf = (value: string | number | undefined): string => (value === "server" ? "Server" : "Klien");

/** `a`, `a dan b`, `a, b, dan c`, `a, b, dan 7 lainnya`. */
function listed(names: readonly string[], more: number): string {
  const parts = more === 0 ? names : [...names, `${more} lainnya`];
  if (parts.length < 3) return parts.join(" dan ");
  return `${parts.slice(0, -1).join(", ")}, dan ${parts.at(-1)}`;
}

/** What becomes of the capture after a packet: who waits for nothing has no answer yet. */
function captureAfter(waited: unknown): string {
  const time = timeLeft(waited);
  return time === undefined
    ? "tangkapan berakhir tepat sesudahnya"
    : `tangkapan masih berjalan ${time} sesudahnya`;
}

export const indonesian: ExplainWords = {
  locale: "id-ID",
  sides,
  standardInput: "masukan standar",
  live: {
    begins: (where, ports) => `Menangkap paket di ${where}: ${ports}; Ctrl-C mengakhirinya`,
    count: (count) => `${count} paket`,
    packets: (count, lost) => `${count} paket, ${lost} hilang`,
    untold: (count) => `${count} dari percakapan lain tidak diceritakan`,
    unknown: (count) => `${count} dari jenis sambungan yang tidak dikenal distcli dilewati`,
    written: (file) => `ditulis ke ${file}`,
    story: (file) =>
      `ceritanya: distcli explain ${shellWord(file)}, atau sebagai dokumen: distcli report ${shellWord(file)} -o laporan.html`,
    script: (file, script) =>
      `di Wireshark: wireshark -X ${shellWord(`lua_script:${script}`)} ${shellWord(file)}`,
  },
  headings: {
    title: (file) => `Isi ${file}`,
    odd: "Yang janggal",
    hosts: "Siapa saja",
    network: "ARP dan ICMP",
    conversations: "Percakapan",
    conversation: (number, service) => `Percakapan ${number}: ${service}`,
    sums: "Jumlah tiap percakapan",
    services: "Jumlah tiap layanan",
    acknowledgements: "Yang dibuktikan ACK milik TCP, dan yang tidak",
  },
  columns: {
    packet: "paket",
    time: "detik",
    what: "kejadian",
    acknowledgement: "ACK TCP",
    address: "alamat",
    hardwareAddress: "alamat perangkat",
    serves: "menjawab sebagai",
    uses: "meminta",
    clientNames: "klien MQTT",
    number: "no.",
    conversation: "klien → server",
    service: "layanan",
    conversations: "percakapan",
    packets: "paket",
    bytes: "byte",
    payload: "muatan",
    duration: "lama",
    throughput: "muatan/detik",
    handshake: "handshake",
    answers: "jawaban",
    median: "median",
    percentile: (share) => `${share} %`,
    slowest: "terlama",
    end: "akhir",
  },
  summary: ({ packets, size, duration, begin, conversations }) =>
    `${packets} paket, ${size}, ${duration === "" ? "pada" : `selama ${duration} sejak`} ${begin}; ${conversations} percakapan.`,
  writtenBy: (application) => `Ditulis oleh ${application}.`,
  interfaces: (names) => `Ditangkap pada ${names}.`,
  recordedServices: (names, more) =>
    `Isinya adalah yang diterima dan dikirim layanan ${listed(names, more)}.`,
  recordedHeaders: "Header IP, TCP, dan UDP di sekitarnya dibuat oleh program yang menulisnya.",
  madeUpHeaders:
    "Pesannya asli; header IP, TCP, dan UDP di sekitarnya dibuat oleh program yang menulis berkas ini. Jadi handshake, ACK, dan penutupan hanya mewakili koneksi yang dimulai dan berakhir, dan tidak membuktikan apa pun tentang jaringan.",
  kinds: (list) => `Selain TCP dan UDP: ${list}.`,
  kindNames: {
    arp: "ARP",
    icmp: "ICMP",
    fragment: "fragmen dari datagram yang tidak lengkap",
    other: "dari protokol lain",
    malformed: "rusak",
  },
  noPackets: "Tangkapan ini tidak berisi paket.",
  nothingOdd: "Tidak ada yang janggal di antara hal-hal yang diperiksa program ini.",
  isOmitted: (count) => `dan ${count} lagi yang sejenis`,
  omittedSteps: (count) => `… ${count} langkah tidak ditampilkan …`,
  omittedConversations: (shown, all) =>
    `Di sini diceritakan ${shown} yang pertama dari ${all}; --conversation NOMOR menceritakan yang lain, dan tabel di bawah memuat semuanya.`,
  inConversation: (number) => `percakapan ${number}`,
  inPackets: (packets, isMore) => `paket ${packets}${isMore ? ", …" : ""}`,
  times: (count) => `${count} kali`,
  event: (event, duration) => {
    switch (event.kind) {
      case "syn":
        return event.isAgain ? "SYN sekali lagi" : "SYN: meminta koneksi";
      case "syn-ack":
        return event.isAgain ? "SYN, ACK sekali lagi" : "SYN, ACK: menerimanya";
      case "established":
        return `ACK: koneksi terbuka${duration === "" ? "" : `, ${duration} setelah SYN`}`;
      case "fin":
        return "FIN: tidak akan mengirim lagi";
      case "reset":
        return event.isRefusal ? "RST: menolak koneksi" : "RST: memutus koneksi";
      case "retransmission":
        return `pengiriman ulang ${event.length} B`;
      case "out-of-order":
        return `${event.length} B yang tersusul di jalan`;
      case "gap":
        return `${event.length} B yang tidak ada di dalam tangkapan`;
      case "zero-window":
        return "window 0: untuk sementara tidak dapat menerima byte lagi";
      case "window-open":
        return `window terbuka lagi setelah ${duration}`;
      case "keep-alive":
        return "keep-alive TCP";
    }
  },
  answered: (time, packet) => `${time} setelah paket ${packet}`,
  handshake: (time) => `Three-way handshake berlangsung ${time}.`,
  noHandshake: "Handshake-nya tidak ada di dalam tangkapan.",
  serverClosedUnasked:
    "Server menutup sebelum membaca FIN klien; mana yang dikirim lebih dulu tidak dapat ditunjukkan rekaman ini.",
  ends: {
    asking: () => "Jawaban untuk SYN tidak ada di dalam tangkapan.",
    refused: () =>
      "Server menolak koneksi: tidak ada yang mendengarkan di port itu, atau firewall yang menolaknya.",
    answered: () => "Handshake tidak selesai: ACK dari klien tidak ada.",
    open: () => "Saat tangkapan berakhir, belum ada pihak yang menutupnya.",
    "half-closed": (by) => `${capital(by)} mengirim FIN; pihak lain belum, saat tangkapan berakhir.`,
    closed: (by) => `${capital(by)} menutup lebih dulu, lalu pihak lain.`,
    reset: (by) => `${capital(by)} memutusnya dengan RST.`,
  },
  endsShort: {
    asking: "tak dijawab",
    refused: "ditolak",
    answered: "setengah terbuka",
    open: "terbuka",
    "half-closed": "setengah tertutup",
    closed: "ditutup",
    reset: "diputus",
  },
  publishedWill: ({ topic, connect, end, reason, publish, subscriber }) =>
    `${reason === undefined ? `Koneksi ini berakhir tanpa DISCONNECT dari klien (paket ${end}).` : `Klien pergi dengan DISCONNECT, paket ${end}, dan dengan alasan "${reason}" will-nya tidak dibatalkan.`} CONNECT, paket ${connect}, memuat will di "${topic}", lalu paket ${publish} adalah PUBLISH dengan topik ini dan isi will itu kepada pelanggan di percakapan ${subscriber}.`,
  sums: ({ side, packets, wire, payload }) =>
    `${capital(side)} mengirim ${packets} paket, seluruhnya ${wire}, ${payload === "" ? "tanpa muatan" : `di antaranya ${payload} muatan`}.`,
  answerTimes: (count, median, high, max) =>
    count === 1
      ? `Satu pesan dijawab, setelah ${max}.`
      : `${count} pesan dijawab: separuhnya dalam ${median}, ${high === max ? "" : `95 % dalam ${high}, `}yang terlama setelah ${max}.`,
  repeatedSightings: (count) =>
    `${count} paket ada dua kali di dalam tangkapan, karena terlihat pada dua antarmuka; masing-masing dihitung sekali.`,
  acknowledgement: {
    general:
      "ACK milik TCP menyatakan bahwa sistem operasi pihak lain sudah menerima byte-nya. ACK itu tidak menyatakan bahwa programnya sudah membaca, memahami, atau mengerjakannya. Hanya jawaban dari program itu sendiri yang dapat menyatakannya.",
    atMostOnce: (publish, tcp, receiver) =>
      `Paket ${publish} adalah PUBLISH dengan QoS 0. Paket ${tcp} mengakui byte-nya, tetapi itu TCP: MQTT tidak punya pengakuan untuk QoS 0, dan tidak ada isi tangkapan ini yang menyatakan bahwa ${receiver} menerima pesannya.`,
    atMostOnceUnacknowledged: (publish) =>
      `Paket ${publish} adalah PUBLISH dengan QoS 0, dan ACK milik TCP untuknya pun tidak ada di dalam tangkapan.`,
    atLeastOnce: (publish, tcp, puback, receiver) =>
      `Paket ${publish} adalah PUBLISH dengan QoS 1. ${tcp === undefined ? "P" : `Paket ${tcp} adalah ACK milik TCP untuk byte-nya; p`}aket ${puback} adalah PUBACK, dan di situ ${receiver} sendiri menyatakan sudah memegang pesannya.`,
    exactlyOnce: (publish, pubrec, release, receiver) =>
      `Paket ${publish} adalah PUBLISH dengan QoS 2. Paket ${pubrec} adalah PUBREC, dan di situ ${receiver} sendiri menyatakan sudah memegang pesannya${release === undefined ? "" : `; dengan paket ${release[0]} (PUBREL) dan paket ${release[1]} (PUBCOMP) kedua pihak melepas pengenalnya, sehingga pesan itu tidak diterima dua kali`}.`,
  },
  findings: {
    "damaged-capture": ({ reason, packets }) =>
      `Tangkapan tidak dapat dibaca sampai akhir: ${reason}. Yang diceritakan di sini adalah ${packets} paket sebelum itu.`,
    "dropped-by-capture": ({ count }) =>
      `Mesin yang menangkap kehilangan ${count} paket, jadi yang tampak hilang mungkin sebenarnya ada.`,
    refused: ({ port }) => `Server menolak koneksi ke port ${port} dengan RST.`,
    "half-open": ({ state, port, waited }) =>
      state === "answered"
        ? `Klien belum menyelesaikan handshake dengan port ${port}; ${captureAfter(waited)}.`
        : `SYN ke port ${port} tidak mendapat jawaban; ${captureAfter(waited)}.`,
    reset: ({ side, after }) =>
      after === "FIN"
        ? `${sideOf(side)} menjawab dengan RST kiriman yang tiba setelah FIN miliknya: ia sudah menutup sebelum pihak lain selesai.`
        : `${sideOf(side)} memutus koneksi dengan RST, bukan menutupnya dengan FIN.`,
    "will-published": ({ client, topic, end, reason }) =>
      `${reason === undefined ? `Koneksi ${mqttClient(client)} berakhir tanpa DISCONNECT darinya` : `${capital(mqttClient(client))} pergi dengan DISCONNECT dan alasan "${reason}"`} (paket ${end}), dan will-nya dikirim di "${topic}".`,
    "client-id-twice": ({ client, first, other }) =>
      `Client identifier MQTT "${client}" tersambung padahal percakapan ${other} masih memakainya (sejak paket ${first}): broker menutup yang lama.`,
    "mqtt-refused": ({ reason }) => `Broker menolak klien: ${reason}.`,
    "missing-ack": ({ label, waited }) => `${label} tidak mendapat pengakuan; ${captureAfter(waited)}.`,
    unanswered: ({ label, waited }) =>
      waited === undefined
        ? `Tidak ada jawaban untuk: ${label}.`
        : `Tidak ada jawaban untuk: ${label}. ${capital(captureAfter(waited))}.`,
    "topic-mismatch": ({ topic, filters }) =>
      `"${topic}" dikirim, tetapi tidak ada langganan di tangkapan ini yang cocok, sedangkan yang ini tidak mendapat apa-apa: ${filters}. Apakah salah satunya salah tulis?`,
    "silent-subscription": ({ filter }) => `Langganan "${filter}" tidak mendapat pesan.`,
    "keep-alive-silence": ({ silence, keepAlive }) =>
      `Klien MQTT diam selama ${seconds(silence)} detik, dengan keep-alive ${keepAlive} detik: setelah satu setengah kali itu broker menutup koneksi.`,
    unreachable: ({ text, by }) => `${by} menyatakan: ${text}.`,
    undecodable: ({ protocol, reason }) =>
      `Mulai dari sini byte-nya tidak dapat dibaca sebagai ${protocol}: ${reason}.`,
    "zero-window": ({ side }) =>
      `${sideOf(side)} menutup window penerimaannya: programnya membaca lebih lambat daripada pihak lain mengirim.`,
    retransmission: ({ what }, count) =>
      `${what === "data" ? "Data" : what} dikirim ulang${count > 1 ? ` ${count} kali` : ""}: hilang di jalan, atau ACK-nya terlambat.`,
    "error-answer": ({ text }, count) =>
      `Jawaban yang melaporkan kesalahan${count > 1 ? `, ${count} kali` : ""}: ${text}.`,
    "slow-answer": ({ time, median, to }) =>
      `Jawaban untuk paket ${to} memakan ${fromMilliseconds(time)}, sedangkan separuh jawaban layanan ini memakan ${fromMilliseconds(median)} atau kurang.`,
    "out-of-order": (_values, count) => `${count} segmen tiba setelah segmen yang lebih akhir.`,
    gap: ({ bytes }, count) =>
      count === 1
        ? `${bytes} B dari aliran tidak ada di dalam tangkapan.`
        : `Di ${count} tempat ada byte dari aliran yang tidak ada di dalam tangkapan; ${bytes} B di tempat pertama.`,
    "begins-in-the-middle": (_values, count) =>
      `${count} koneksi sudah dimulai sebelum tangkapan, jadi handshake dan kesepakatan di dalamnya tidak diketahui.`,
    "cut-packets": (_values, count) => `${count} paket tidak disimpan utuh (snap length tangkapan).`,
    "unknown-link": ({ linkType }, count) =>
      `${count} paket dari jenis link yang tidak dikenal program ini (LINKTYPE ${linkType}).`,
    "malformed-packet": (_values, count) =>
      `${count} paket dengan header yang terpotong atau tidak masuk akal.`,
    "too-many-conversations": ({ limit, packets }) =>
      `Lebih dari ${limit} percakapan: ${packets} paket dari percakapan selebihnya tidak diperiksa.`,
  },
  noConversation: (number, all) =>
    all === 0
      ? `Tidak ada percakapan ${number}: tangkapan ini tidak memuat percakapan`
      : `Tidak ada percakapan ${number} yang membawa data: tangkapan ini memuat percakapan 1 sampai ${all}`,
  mermaidOmitted: (count) => `${count} langkah berikutnya tidak ditampilkan`,
};

const mqttClient = (name: unknown): string => (name === "" ? "sebuah klien MQTT" : `klien MQTT "${name}"`);

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
