import { type LabService, labPorts } from "../../../core/ports.ts";
import type { Experiment, Target } from "./experiment.ts";

/** The host, and the port where it is not the command's own. */
export function at({ host, port }: Target, service: LabService, usual: LabService = service): string[] {
  const number = port(service);
  return number === labPorts[usual] ? [host] : [host, "-p", `${number}`];
}

export const tcpExperiments: readonly Experiment[] = [
  {
    name: "tcp-clients",
    services: ["echo", "raw-echo"],
    steps: [
      { args: (target) => ["echo", ...at(target, "echo"), "halo", "dunia"] },
      {
        args: (target) => [
          "echo",
          ...at(target, "raw-echo", "echo"),
          "INI ADALAH DATA YANG DIKIRIM",
          "--chunk",
          "16",
        ],
      },
    ],
    text: {
      en: {
        title: "A client and a server over TCP",
        shows: "How a TCP connection is opened, carries bytes in both directions and is closed.",
        lookFor: [
          "Which three packets open the connection, and which options do they carry?",
          "TCP carries a stream: in how many pieces does the client read one message?",
          "Who closes first, and what does the other side do then?",
        ],
      },
      id: {
        title: "Klien dan server melalui TCP",
        shows: "Bagaimana koneksi TCP dibuka, membawa byte ke dua arah, dan ditutup.",
        lookFor: [
          "Tiga paket mana yang membuka koneksi, dan opsi apa yang dibawanya?",
          "TCP membawa aliran: dalam berapa potong klien membaca satu pesan?",
          "Siapa yang menutup lebih dulu, dan apa yang lalu dilakukan pihak lain?",
        ],
      },
    },
  },
  {
    name: "iterative",
    services: ["echo"],
    steps: [
      {
        args: (target) => [
          "echo",
          ...at(target, "echo"),
          "hello",
          "--clients",
          "2",
          "--repeat",
          "3",
          "--every",
          "300ms",
        ],
      },
    ],
    text: {
      en: {
        title: "Two clients at once: an iterative server or a concurrent one",
        shows:
          "An iterative server serves one client after another; a concurrent one serves them side by side. The packets say which this one is.",
        lookFor: [
          "Are the messages of both clients interleaved, or does the second client wait?",
          "Is the handshake of a waiting client finished all the same? Who does it?",
          "When does the second client's first answer come: before or after the first client's FIN?",
        ],
      },
      id: {
        title: "Dua klien sekaligus: server iteratif atau konkuren",
        shows:
          "Server iteratif melayani klien satu demi satu; server konkuren melayaninya bersamaan. Paketnya menunjukkan server ini yang mana.",
        lookFor: [
          "Apakah pesan kedua klien berselang-seling, atau klien kedua menunggu?",
          "Apakah handshake klien yang menunggu tetap selesai? Siapa yang melakukannya?",
          "Kapan jawaban pertama untuk klien kedua datang: sebelum atau sesudah FIN klien pertama?",
        ],
      },
    },
  },
  {
    name: "upcall",
    services: ["upcall"],
    steps: [{ args: (target) => ["upcall", ...at(target, "upcall"), "event1, proses data, bye"] }],
    text: {
      en: {
        title: "Upcalls: the server calls the client back",
        shows: "The server answers a request and then sends what happened, without being asked again.",
        lookFor: [
          "Which packets of the server answer a request, and which come by themselves?",
          "How much time is between a reply and its upcall?",
          "What happens after bye, and who sends the first FIN?",
        ],
      },
      id: {
        title: "Upcall: server memanggil balik klien",
        shows: "Server menjawab permintaan, lalu mengirim kejadian tanpa diminta lagi.",
        lookFor: [
          "Paket server mana yang menjawab permintaan, dan mana yang datang sendiri?",
          "Berapa lama jarak antara balasan dan upcall-nya?",
          "Apa yang terjadi setelah bye, dan siapa yang mengirim FIN lebih dulu?",
        ],
      },
    },
  },
  {
    name: "time-threads",
    services: ["time"],
    steps: [
      { args: (target) => ["time", ...at(target, "time")] },
      { args: (target) => ["time", ...at(target, "time"), "--clients", "5", "--repeat", "2"] },
    ],
    text: {
      en: {
        title: "A time server with several clients at once",
        shows: "Several clients ask the time at once, each over a connection of its own.",
        lookFor: [
          "How are the connections told apart, although all go to one port?",
          "Are the requests of several clients answered side by side?",
          "How does the slowest answer compare with the median?",
        ],
      },
      id: {
        title: "Server waktu dengan beberapa klien sekaligus",
        shows: "Beberapa klien menanyakan waktu sekaligus, masing-masing melalui koneksinya sendiri.",
        lookFor: [
          "Bagaimana koneksi dibedakan, padahal semuanya menuju satu port?",
          "Apakah permintaan beberapa klien dijawab bersamaan?",
          "Bagaimana jawaban yang terlama dibandingkan dengan mediannya?",
        ],
      },
    },
  },
  {
    name: "udp",
    services: ["udp"],
    steps: [
      {
        args: (target) => ["udp", ...at(target, "udp"), "halo", "dunia", "--repeat", "3", "--every", "200ms"],
      },
    ],
    text: {
      en: {
        title: "Datagrams over UDP",
        shows: "UDP sends messages without a connection: no handshake, no acknowledgement, no end.",
        lookFor: [
          "How many packets does one exchange take, and how many did it take over TCP?",
          "Does each datagram arrive whole? What would tell the client that one is lost?",
          "Does anything in the packets say that the exchange is over?",
        ],
      },
      id: {
        title: "Datagram melalui UDP",
        shows: "UDP mengirim pesan tanpa koneksi: tanpa handshake, tanpa pengakuan, tanpa akhir.",
        lookFor: [
          "Berapa paket yang diperlukan untuk satu pertukaran, dan berapa dengan TCP?",
          "Apakah setiap datagram tiba utuh? Dari mana klien tahu bahwa satu datagram hilang?",
          "Adakah sesuatu di dalam paket yang menyatakan bahwa pertukaran selesai?",
        ],
      },
    },
  },
  {
    name: "socket-info",
    services: ["time"],
    steps: [{ args: ({ host, port }) => ["info", host, `${port("time")}`] }],
    text: {
      en: {
        title: "What a socket is made of",
        shows: "The timeout of a socket, and the family, type, protocol and address for a name.",
        lookFor: [
          "What is the timeout before it is set, and what does that mean for a server that does not answer?",
          "Which addresses does the name have, and of which family are they?",
          "Which packets does a connection take that says nothing?",
        ],
      },
      id: {
        title: "Dari apa sebuah socket terdiri",
        shows: "Timeout sebuah socket, serta family, type, protocol, dan alamat untuk sebuah nama.",
        lookFor: [
          "Berapa timeout sebelum diatur, dan apa artinya bila server tidak menjawab?",
          "Alamat apa saja yang dimiliki nama itu, dan dari family mana?",
          "Paket apa saja yang diperlukan koneksi yang tidak mengatakan apa-apa?",
        ],
      },
    },
  },
];
