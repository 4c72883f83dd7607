import type { Pattern } from "./pattern.ts";

/** Patterns over HTTP. */
export const httpPatterns: readonly Pattern[] = [
  {
    role: "rest",
    title: { en: "REST: resources over HTTP", id: "REST: sumber daya lewat HTTP" },
    en: [
      "The client speaks first: a GET names the operation in its path and the operands in its query, and one response with a status and JSON comes back.",
      "The client waits for that one response; the server remembers nothing between two requests, so any of them can be the first.",
      "If the server dies, the response is lost; because such a GET changes nothing, the client may simply ask again, and the answer will be the same.",
    ],
    id: [
      "Klien berbicara lebih dulu: sebuah GET menyebut operasi pada path dan operan pada query, lalu satu respons berisi status dan JSON kembali.",
      "Klien menunggu satu respons itu; server tidak mengingat apa pun di antara dua permintaan, sehingga permintaan mana pun bisa menjadi yang pertama.",
      "Bila server mati, responsnya hilang; karena GET semacam itu tidak mengubah apa pun, klien cukup bertanya lagi, dan jawabannya akan sama.",
    ],
    sketch: {
      who: ["client", "server"],
      steps: [
        [0, 1, "GET /add?a=5&b=9"],
        [1, 0, '200 {"result":14}'],
      ],
    },
  },
  {
    role: "soap",
    title: { en: "SOAP: remote calls with a contract", id: "SOAP: pemanggilan jarak jauh dengan kontrak" },
    en: [
      "The client speaks first, usually twice: it fetches the WSDL, which says what can be called and with which types, and then posts an XML envelope with the call.",
      "The client waits until an envelope with the result comes back, or a fault that says whose mistake it was; to the program it looks like a call of a local function.",
      "If the server dies during a call, the client cannot know whether the call was carried out; adding numbers can be repeated without harm, booking a ticket could not.",
    ],
    id: [
      "Klien berbicara lebih dulu, biasanya dua kali: ia mengambil WSDL, yang menyatakan apa yang dapat dipanggil dan dengan tipe apa, lalu mengirim amplop XML berisi pemanggilan melalui POST.",
      "Klien menunggu sampai amplop berisi hasil kembali, atau fault yang menyatakan di pihak mana kesalahannya; bagi program, ini tampak seperti memanggil fungsi lokal.",
      "Bila server mati di tengah pemanggilan, klien tidak dapat tahu apakah pemanggilan itu sudah dijalankan; penjumlahan aman diulang, pemesanan tiket tidak.",
    ],
    sketch: {
      who: ["client", "server"],
      steps: [
        [0, 1, "GET /?wsdl"],
        [1, 0, "WSDL"],
        [0, 1, "<add> a=5, b=9"],
        [1, 0, "<addResult> 14"],
      ],
    },
  },
  {
    role: "jsonrpc",
    title: { en: "JSON-RPC: remote calls in JSON", id: "JSON-RPC: pemanggilan jarak jauh dalam JSON" },
    en: [
      "The client speaks first: it posts a method, its parameters and an id, or several such calls in one batch.",
      "The client waits for the response with the same id; a notification is a call without an id, for which no response ever comes.",
      "If the server dies, the client gets no response and does not know whether the call was carried out; of a notification it would not even learn that it failed.",
    ],
    id: [
      "Klien berbicara lebih dulu: ia mengirim nama metode, parameter, dan id melalui POST, atau beberapa pemanggilan sekaligus dalam satu batch.",
      "Klien menunggu respons dengan id yang sama; notifikasi adalah pemanggilan tanpa id, yang tidak pernah mendapat respons.",
      "Bila server mati, klien tidak memperoleh respons dan tidak dapat tahu apakah pemanggilannya dijalankan; untuk notifikasi, kegagalannya pun tidak akan ia ketahui.",
    ],
    sketch: {
      who: ["client", "server"],
      steps: [
        [0, 1, '{"method":"add","params":[5,9],"id":1}'],
        [1, 0, '{"result":14,"id":1}'],
        [0, 1, '{"method":"add","params":[1,2]}'],
      ],
    },
  },
];
