import type { Pattern } from "./pattern.ts";

/** Patterns of messaging: MQTT and ZeroMQ. */
export const messagePatterns: readonly Pattern[] = [
  {
    role: "mqtt",
    title: {
      en: "MQTT: publish and subscribe through a broker",
      id: "MQTT: terbitkan dan berlangganan melalui broker",
    },
    en: [
      "Every client speaks first to the broker, with CONNECT; after that anyone may publish at any time, and the broker passes each message on to whoever has subscribed to its topic.",
      "Publishers and subscribers never wait for each other and need not know each other; with QoS 1 and 2, sender and receiver only keep a message until it has been acknowledged.",
      "A QoS 0 message for a subscriber that is away is lost, while QoS 1 and 2 wait in its session if it asked to keep one; when a client dies, the broker publishes its will, and a retained message still greets every new subscriber.",
    ],
    id: [
      "Setiap klien berbicara lebih dulu kepada broker dengan CONNECT; setelah itu siapa pun boleh menerbitkan pesan kapan saja, dan broker meneruskannya kepada semua yang berlangganan topiknya.",
      "Penerbit dan pelanggan tidak pernah saling menunggu dan tidak perlu saling mengenal; pada QoS 1 dan 2, pengirim dan penerima hanya menyimpan pesan sampai pesan itu dikonfirmasi.",
      "Pesan QoS 0 bagi pelanggan yang sedang pergi hilang, sedangkan QoS 1 dan 2 menunggu di sesinya bila ia meminta sesi itu disimpan; bila klien mati, broker menerbitkan wasiatnya (will), dan pesan yang ditahan (retained) tetap menyambut setiap pelanggan baru.",
    ],
    sketch: {
      who: ["publisher", "broker", "subscriber"],
      steps: [
        [2, 1, "SUBSCRIBE sister/temp"],
        [0, 1, "PUBLISH sister/temp"],
        [1, 2, "PUBLISH sister/temp"],
      ],
    },
  },
  {
    role: "zmq-rep",
    title: { en: "ZeroMQ REQ and REP: strictly in turn", id: "ZeroMQ REQ dan REP: bergantian secara ketat" },
    en: [
      "The REQ side speaks first, and REP may speak only to answer: request, reply, request, reply, and no other order is possible.",
      "REQ waits for its reply before it may send again; REP answers one request at a time, so the requests of the others queue.",
      "If the server dies after it has taken a request, the reply never comes, and a plain REQ waits for ever: it needs a timeout and a new socket; a request that had not left yet is sent when the server is back.",
    ],
    id: [
      "Pihak REQ berbicara lebih dulu, dan REP hanya boleh berbicara untuk menjawab: permintaan, balasan, permintaan, balasan, tanpa urutan lain.",
      "REQ menunggu balasannya sebelum boleh mengirim lagi; REP menjawab satu permintaan pada satu waktu, sehingga permintaan yang lain mengantre.",
      "Bila server mati setelah mengambil sebuah permintaan, balasannya tidak pernah datang dan REQ biasa menunggu selamanya: ia memerlukan batas waktu dan soket baru; permintaan yang belum sempat berangkat akan dikirim saat server kembali.",
    ],
    sketch: {
      who: ["REQ", "REP"],
      steps: [
        [0, 1, "Hello"],
        [1, 0, "World"],
      ],
    },
  },
  {
    role: "zmq-push",
    title: {
      en: "ZeroMQ PUSH and PULL: a pipeline of work",
      id: "ZeroMQ PUSH dan PULL: jalur pembagian kerja",
    },
    en: [
      "The server speaks first, as soon as a worker has connected, and nobody ever answers: each workload goes to one worker only, in turn.",
      "Without a worker PUSH waits and loses nothing; a worker waits for its next workload, and more workers share the same work.",
      "A worker that dies takes the workloads with it that had been handed to it, done or not; nobody sends them to another worker.",
    ],
    id: [
      "Server berbicara lebih dulu begitu ada pekerja (worker) yang tersambung, dan tidak ada yang pernah menjawab: setiap beban kerja dikirim ke satu pekerja saja, bergiliran.",
      "Tanpa pekerja, PUSH menunggu dan tidak kehilangan apa pun; pekerja menunggu beban kerja berikutnya, dan pekerja tambahan berbagi pekerjaan yang sama.",
      "Pekerja yang mati membawa serta beban kerja yang sudah diserahkan kepadanya, selesai atau belum; tidak ada yang mengirimnya ke pekerja lain.",
    ],
    sketch: {
      who: ["worker A", "PUSH", "worker B"],
      steps: [
        [1, 0, "workload 42"],
        [1, 2, "workload 7"],
        [1, 0, "workload 88"],
      ],
    },
  },
  {
    role: "zmq-pub",
    title: {
      en: "ZeroMQ PUB and SUB: publish without a broker",
      id: "ZeroMQ PUB dan SUB: menerbitkan tanpa broker",
    },
    en: [
      "The server speaks by itself, once a second, whether or not anyone listens; a subscriber only says how the messages begin that it wants.",
      "Subscribers wait, the publisher never does: for a subscriber that reads too slowly, messages beyond its queue are dropped.",
      "Whoever connects late or falls away misses what was published meanwhile, because nothing is kept or repeated; if the publisher dies, subscribers just hear nothing, and connect again by themselves when it returns.",
    ],
    id: [
      "Server berbicara sendiri, sekali sedetik, ada yang mendengarkan atau tidak; pelanggan hanya menyatakan awalan pesan yang ia inginkan.",
      "Pelanggan menunggu, penerbit tidak pernah: bagi pelanggan yang membaca terlalu lambat, pesan yang melebihi antreannya dibuang.",
      "Siapa pun yang terlambat tersambung atau sempat terputus melewatkan yang diterbitkan sementara itu, karena tidak ada yang disimpan atau diulang; bila penerbit mati, pelanggan hanya tidak mendengar apa-apa, dan tersambung lagi dengan sendirinya saat penerbit kembali.",
    ],
    sketch: {
      who: ["subscriber A", "PUB", "subscriber B"],
      steps: [
        [1, 0, "WAKTU Fri Nov 20 23:12:01 2026"],
        [1, 2, "WAKTU Fri Nov 20 23:12:01 2026"],
      ],
    },
  },
];
