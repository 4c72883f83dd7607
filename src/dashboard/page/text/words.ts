import { texts } from "./language.ts";

/*
 * What Indonesian lecturers say, and so does the page:
 *
 *   stays as it is   broker, topic, payload, retained, QoS, publisher, subscriber, subscribe, publish, request,
 *                    reply, port, thread, header, body, path, byte, hex, filter, port, datagram, reset, token
 *   client           klien                         connection      koneksi
 *   message          pesan                         service         layanan
 *   settings         pengaturan                    configuration   konfigurasi
 *   session          sesi                          queue           antrean
 *   to send          mengirim                      to receive      menerima
 *   to acknowledge   mengonfirmasi                 to listen       mendengarkan
 *   address          alamat                        user            pengguna
 *   lane             jalur                         row             baris
 *   to export        ekspor                        to save         simpan
 *   to run, to stop  berjalan, berhenti            idle            menganggur
 *   rate             laju                          value           nilai
 *   keyboard         papan ketik                   clipboard       papan klip
 *   to follow        mengikuti                     to highlight    menyorot
 *
 * In the prose of the Learn page a request is "permintaan" and a reply "balasan": it introduces the ideas, and labels
 * name what is on the wire. A command on a button is a bare verb: Kirim, Hapus, Simpan.
 */

/** Words of several pages. */
export const shared = texts({
  en: {
    close: "Close",
    cancel: "Cancel",
    busy: "Please wait …",
    asking: "Asking the broker …",
    anonymous: "(no id)",
    empty: "(empty)",
    copy: "Copy",
    more: (count: string) => `and ${count} more`,
  },
  id: {
    close: "Tutup",
    cancel: "Batal",
    busy: "Mohon tunggu …",
    asking: "Bertanya kepada broker …",
    anonymous: "(tanpa id)",
    empty: "(kosong)",
    copy: "Salin",
    more: (count) => `dan ${count} lagi`,
  },
});
