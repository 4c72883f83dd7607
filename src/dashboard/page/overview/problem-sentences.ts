import type { Problem } from "../api/types.ts";
import { language } from "../text/language.ts";
import { stateName } from "../text/server-words.ts";

type Values = Problem["values"];

/** By the server's codes. In English the server's own sentence stands on the page. */
const indonesian: Readonly<Record<string, (values: Values) => string>> = {
  log: ({ name, why, lost }) => `Tidak dapat menulis ke ${name}: ${why}; ${lost} baris telah hilang`,
  capture: ({ file, why, dropped }) =>
    `Tidak dapat menulis rekaman ke ${file}: ${why}; ${dropped} paket telah dilewatkan`,
  descriptors: ({ open, limit }) =>
    `${open} dari ${limit} file descriptor terbuka: koneksi baru ditutup, kecuali pada layanan yang koneksinya sedikit. Tutup sebagian, atau naikkan batasnya (ulimit -n, LimitNOFILE=)`,
  "stopped-by-hand": () => "Dihentikan secara manual; mulai lagi agar dapat melayani",
  down: ({ state, error }) => `Status: ${stateName(String(state))}: ${error}`,
  "threads-missing": ({ missing, count }) => `${missing} dari ${count} thread sedang digantikan`,
  "connect-rate": ({ waiting, rate }) =>
    `${waiting} koneksi baru menunggu: yang datang lebih banyak daripada yang diizinkan maxConnectRate, ${rate} per detik`,
  "refused-address-limit": ({ count, address }) =>
    `${count} koneksi dari ${address} ditutup: alamat itu sudah punya sebanyak yang diizinkan maxConnectionsPerAddress`,
  "refused-connect-rate": ({ count, address }) =>
    `${count} koneksi dari ${address} ditutup: yang menunggu sudah terlalu banyak karena maxConnectRate`,
  "refused-proxy-header": ({ count, address, why }) =>
    `${count} koneksi dari ${address} ditutup karena tidak diawali header PROXY protocol yang benar dari proxy yang dipercaya: ${why}`,
  "refused-more": ({ count }) => `dan dari ${count} alamat lagi`,
  "address-banned": ({ address, reason, left }) => `${address} diblokir (${reason}); sisa waktu: ${left}`,
  "bans-more": ({ count }) => `dan ${count} alamat lagi yang diblokir`,
  "login-failures": ({ address, count }) =>
    `${count} login dari ${address} gagal; jawabannya makin diperlambat`,
  "login-failures-more": ({ count }) => `dan dari ${count} alamat lagi login gagal`,
  "tls-certificate-expired": ({ path, name, date }) =>
    `Sertifikat ${name} di ${path} sudah kedaluwarsa sejak ${date}`,
  "tls-certificate-early": ({ path, name, date }) =>
    `Sertifikat ${name} di ${path} baru berlaku mulai ${date}`,
  "tls-certificate-expires": ({ path, name, date, days }) =>
    `Sertifikat ${name} di ${path} kedaluwarsa pada ${date}, ${days} hari lagi`,
  "tls-crl-expired": ({ path, date }) =>
    `Daftar pencabutan di ${path} sudah kedaluwarsa sejak ${date}: klien dengan sertifikat dari otoritasnya ditolak`,
  "tls-crl-expires": ({ path, date }) =>
    `Daftar pencabutan di ${path} kedaluwarsa pada ${date}: setelah itu klien dengan sertifikat dari otoritasnya ditolak`,
  "mqtt-disk-full": () =>
    "Diska penuh: pesan QoS 1 dan 2 serta pesan retained ditolak (0x97) sampai ada ruang; pengiriman ke subscriber berlanjut",
  "mqtt-auth-service": ({ whom, why, count }) =>
    `Layanan autentikasi ${whom} tidak dapat ditanyai, ${count} kali: ${why}`,
  "mqtt-auth-keys": ({ whom, why, count }) =>
    `Kunci untuk memeriksa token tidak dapat diambil dari ${whom}, ${count} kali: ${why}`,
  "mqtt-refused-publish": ({ who, topic, count }) =>
    `${who} ditolak mem-publish ke ${topic}, ${count} kali, menurut aturan akses`,
  "mqtt-refused-subscribe": ({ who, topic, count }) =>
    `${who} ditolak subscribe ke ${topic}, ${count} kali, menurut aturan akses`,
  "mqtt-more-refused": ({ count }) => `dan ${count} penolakan lagi menurut aturan akses`,
  "mqtt-undelivered": ({ count, topic }) => `${count} pesan ke ${topic} tidak menemukan subscriber`,
  "mqtt-more-undelivered": ({ count }) => `dan ${count} topic lagi tanpa subscriber`,
  "mqtt-unmatched": ({ client, filter }) =>
    `klien ${client} menunggu ${filter}, padahal belum ada yang di-publish ke sana`,
  "mqtt-misspelt": ({ client, filter, meant }) =>
    `klien ${client} menunggu ${filter}, padahal belum ada yang di-publish ke sana: maksudnya ${meant}?`,
  "mqtt-more-unmatched": ({ count }) => `dan ${count} subscription lagi yang menunggu`,
  "mqtt-silent": ({ client, inflight, queued }) =>
    `klien ${client} tidak mengonfirmasi: ${inflight} pesan in-flight, ${queued} dalam antrean`,
  "mqtt-more-silent": ({ count }) => `dan ${count} klien lagi yang tidak mengonfirmasi`,
  "mqtt-slow": ({ client, count }) => `klien ${client} membaca terlalu lambat: ${count} pesan dibuang`,
  "mqtt-away": ({ client, count }) =>
    `klien ${client} sedang terputus dan antreannya penuh: ${count} pesan dibuang`,
  "mqtt-more-slow": ({ count }) => `dan ${count} klien lagi yang pesannya dibuang`,
};

/** A problem in the page's language; in English where that has no sentence for it. */
export function sentenceOf({ code, values, text }: Problem): string {
  const sentence = language.get() === "en" ? undefined : indonesian[code];
  return sentence?.(values) ?? text;
}
