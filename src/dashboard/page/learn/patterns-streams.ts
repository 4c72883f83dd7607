import type { Pattern } from "./pattern.ts";

/** Patterns on bare TCP and UDP. */
export const streamPatterns: readonly Pattern[] = [
  {
    role: "echo",
    title: { en: "Request and response over TCP", id: "Permintaan dan balasan lewat TCP" },
    en: [
      "The client speaks first: it connects and sends bytes; each chunk that arrives is one message and comes back, with a prefix or untouched.",
      "The client waits for the reply; a concurrent server serves everyone at once, an iterative one leaves the second client connected but unserved until the first has left.",
      "If the server dies, the connection breaks and the client knows it, but not whether its request was still handled; a reply on its way is gone, and nobody sends it again.",
    ],
    id: [
      "Klien berbicara lebih dulu: ia membuka koneksi lalu mengirim byte; setiap potongan yang tiba dianggap satu pesan dan dikirim kembali, dengan awalan atau apa adanya.",
      "Klien menunggu balasan; server konkuren melayani semua klien sekaligus, sedangkan server iteratif membiarkan klien kedua tersambung tanpa dilayani sampai klien pertama pergi.",
      "Bila server mati, koneksi terputus dan klien mengetahuinya, tetapi tidak tahu apakah permintaannya sempat diproses; balasan yang sedang di jalan hilang dan tidak ada yang mengirimnya ulang.",
    ],
    sketch: {
      who: ["client", "server"],
      steps: [
        [0, 1, "halo"],
        [1, 0, "Echo: halo"],
      ],
    },
  },
  {
    role: "time",
    title: { en: "A concurrent server with threads", id: "Server konkuren dengan thread" },
    en: [
      "The client speaks first: it sends TIME and gets the time of day, or QUIT and the server closes the connection.",
      "Each client waits only for its own reply: several threads listen on one port, the kernel gives every new connection to one of them, and that thread serves it to the end.",
      "If a thread dies, its clients lose their connections and the requests in them; the other threads serve on, and the dead one is replaced.",
    ],
    id: [
      "Klien berbicara lebih dulu: ia mengirim TIME dan menerima jam saat ini, atau mengirim QUIT dan server menutup koneksi.",
      "Setiap klien hanya menunggu balasannya sendiri: beberapa thread mendengarkan di satu port, kernel menyerahkan tiap koneksi baru kepada salah satunya, dan thread itu melayaninya sampai selesai.",
      "Bila satu thread mati, klien-kliennya kehilangan koneksi beserta permintaan di dalamnya; thread lain tetap melayani, dan thread yang mati digantikan.",
    ],
    sketch: {
      who: ["client A", "thread 1", "thread 2", "client B"],
      steps: [
        [0, 1, "TIME"],
        [3, 2, "TIME"],
        [1, 0, "JAM 23:49:36"],
        [2, 3, "JAM 23:49:36"],
      ],
    },
  },
  {
    role: "upcall",
    title: { en: "Upcall: the server calls the client", id: "Upcall: server memanggil klien" },
    en: [
      "The client connects and usually speaks first, and each message is answered with an upcall; with events configured, the server also calls every connected client without being asked.",
      "Nobody may simply wait for one reply: a client that wants upcalls must listen all the time, because it cannot know when the next one comes.",
      "An event exists only while it is sent: whoever is not connected, or has stopped reading, misses it, and it is not repeated after a reconnect.",
    ],
    id: [
      "Klien membuka koneksi dan biasanya berbicara lebih dulu, dan setiap pesannya dijawab dengan upcall; bila events diatur, server juga memanggil semua klien yang tersambung tanpa diminta.",
      "Tidak ada yang cukup menunggu satu balasan: klien yang menginginkan upcall harus terus mendengarkan, karena ia tidak dapat tahu kapan upcall berikutnya datang.",
      "Sebuah kejadian hanya ada saat dikirim: siapa pun yang tidak tersambung, atau berhenti membaca, akan melewatkannya, dan kejadian itu tidak diulang setelah tersambung kembali.",
    ],
    sketch: {
      who: ["client", "server"],
      steps: [
        [0, 1, "halo"],
        [1, 0, "Upcall event: Processing halo"],
        [1, 0, "Upcall event: 1 at 23:49:36"],
      ],
    },
  },
  {
    role: "oneway",
    title: { en: "One way over TCP", id: "Satu arah lewat TCP" },
    en: [
      "Only the client speaks: it connects, sends, and may leave at once; the server takes what comes and never answers.",
      "Nobody waits, unless the server reads too slowly: then TCP's flow control makes the sender wait.",
      "TCP confirms that bytes reached the other machine, not that the program read them: if the server dies, what it had not read yet is lost, and the client may never learn of it.",
    ],
    id: [
      "Hanya klien yang berbicara: ia membuka koneksi, mengirim, dan boleh langsung pergi; server menerima apa yang datang dan tidak pernah menjawab.",
      "Tidak ada yang menunggu, kecuali bila server membaca terlalu lambat: kendali aliran TCP lalu membuat pengirim menunggu.",
      "TCP hanya memastikan bahwa byte sampai di mesin seberang, bukan bahwa program di sana membacanya: bila server mati, yang belum dibaca hilang, dan klien mungkin tidak pernah tahu.",
    ],
    sketch: {
      who: ["client", "server"],
      steps: [
        [0, 1, "halo"],
        [0, 1, "apa kabar?"],
      ],
    },
  },
  {
    role: "udp",
    title: { en: "Datagrams over UDP", id: "Datagram lewat UDP" },
    en: [
      "The client speaks first, without a connection: it sends one datagram, and the server answers to the address that the datagram came from.",
      "The client waits, if it wants the reply, and must decide by itself for how long; the server keeps nothing about anybody.",
      "A datagram may be lost on the way, arrive twice or overtake another, and neither side is informed: when the server is gone, the client often just gets no answer.",
    ],
    id: [
      "Klien berbicara lebih dulu, tanpa koneksi: ia mengirim satu datagram, dan server menjawab ke alamat asal datagram itu.",
      "Klien menunggu bila menginginkan balasan, dan harus menentukan sendiri berapa lama; server tidak menyimpan apa pun tentang siapa pun.",
      "Datagram dapat hilang di jalan, tiba dua kali, atau saling mendahului, tanpa pemberitahuan kepada siapa pun: bila server tidak ada, sering kali klien hanya mendapati keheningan.",
    ],
    sketch: {
      who: ["client", "server"],
      steps: [
        [0, 1, "halo"],
        [1, 0, "Hello, ('127.0.0.1', 40000). You said: halo"],
      ],
    },
  },
];
