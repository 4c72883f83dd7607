import type { TryField, TryForm } from "../api/types.ts";
import { language, texts } from "./language.ts";

// The server speaks English. What of its words does not change with the traffic is known here in Indonesian, too; a
// word that is not known stays as the server says it.

type Dictionary = Readonly<Record<string, string>>;

const translated = (words: Dictionary, key: string, english: string): string =>
  language.get() === "en" ? english : (words[key] ?? english);

const states = texts<Dictionary>({
  en: {
    starting: "starting",
    running: "running",
    waiting: "waiting",
    stopping: "stopping",
    stopped: "stopped",
    failed: "failed",
  },
  id: {
    starting: "memulai",
    running: "berjalan",
    waiting: "menunggu",
    stopping: "menghentikan",
    stopped: "berhenti",
    failed: "gagal",
  },
});

/** The state of a service. */
export const stateName = (state: string): string => states[state] ?? state;

const summaries: Dictionary = {
  echo: "TCP: mengirim kembali setiap potongan, dengan awalan atau apa adanya",
  jsonrpc: "Kalkulator lewat JSON-RPC 2.0 dengan POST, beserta batch dan notifikasi",
  mqtt: "Broker MQTT: 3.1, 3.1.1, dan 5.0, dengan publisher bawaan",
  oneway: "TCP satu arah: mencatat yang diterimanya dan tidak pernah menjawab",
  rest: "Kalkulator lewat HTTP: GET /add?a=5&b=9, dengan OpenAPI dan halaman untuk mencobanya",
  soap: "SOAP 1.1 dan 1.2: operasi sebagai layanan web, dengan WSDL di /?wsdl",
  time: "TCP: menjawab TIME dengan jam saat ini, dari beberapa thread pada satu port",
  udp: "UDP: menjawab setiap datagram dengan sapaan kepada pengirimnya",
  upcall: "TCP: menjawab setiap potongan dengan upcall, dan dapat memanggil klien tanpa diminta",
  "zmq-rep": "ZeroMQ REP: menjawab setiap request",
  "zmq-push": "ZeroMQ PUSH: membagikan beban kerja kepada worker",
  "zmq-pub": "ZeroMQ PUB: mengirim kepada siapa pun yang subscribe",
};

/** What a service does, in a line. */
export const summaryOfService = ({ role, summary }: { role: string; summary: string }): string =>
  translated(summaries, role, summary);

const titles: Dictionary = {
  echo: "Kirim pesan; pesan itu kembali",
  jsonrpc: "Panggil metode dengan POST",
  mqtt: "Subscribe, publish, dan terima pesannya",
  oneway: "Kirim pesan yang tidak dijawab siapa pun",
  rest: "Panggil operasi dengan GET",
  soap: "Panggil operasi dengan amplop",
  time: "Tanyakan jam",
  udp: "Kirim datagram; sebuah sapaan kembali",
  upcall: "Kirim pesan; server memanggil balik setelah memprosesnya",
  "zmq-rep": "Kirim request dan tunggu reply",
  "zmq-push": "Jadilah worker untuk satu beban kerja",
  "zmq-pub": "Subscribe dan tunggu publikasi berikutnya",
};

/** What a service's form does. */
export const tryTitle = ({ role, title }: TryForm): string => translated(titles, role, title);

const labels: Dictionary = {
  operation: "Operasi",
  message: "Pesan",
  user: "Pengguna",
  password: "Kata sandi",
  prefix: "Pesan yang berawalan",
};

export const fieldLabel = ({ name, label }: TryField): string => translated(labels, name, label);

const options: Dictionary = {
  no: "tidak",
  yes: "ya",
  "TIME and a line end": "TIME dan akhir baris",
  "something else": "sesuatu yang lain",
};

export const optionLabel = (label: string): string => translated(options, label, label);
