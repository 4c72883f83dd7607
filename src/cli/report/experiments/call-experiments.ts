import type { Experiment } from "./experiment.ts";
import { at } from "./tcp-experiments.ts";

/** Calls of operations over HTTP. */
export const callExperiments: readonly Experiment[] = [
  {
    name: "rest",
    services: ["rest"],
    steps: [
      { args: (target) => ["rest", ...at(target, "rest"), "--op", "add", "-a", "2", "-b", "3"] },
      { args: (target) => ["rest", ...at(target, "rest"), "--op", "all", "-a", "20", "-b", "30"] },
    ],
    text: {
      en: {
        title: "Calls over REST",
        shows: "An operation is a resource with an address, and its operands are the address' query.",
        lookFor: [
          "Where in the request are the operation and its operands, and which method is used?",
          "Which status and which type has the answer?",
          "Is one connection used for one request, or for several?",
        ],
      },
      id: {
        title: "Pemanggilan melalui REST",
        shows: "Sebuah operasi adalah resource yang beralamat, dan operannya adalah query alamat itu.",
        lookFor: [
          "Di mana operasi dan operannya di dalam permintaan, dan metode apa yang dipakai?",
          "Status dan tipe apa yang dimiliki jawabannya?",
          "Apakah satu koneksi dipakai untuk satu permintaan, atau untuk beberapa?",
        ],
      },
    },
  },
  {
    name: "soap",
    services: ["soap"],
    steps: [
      { args: (target) => ["soap", ...at(target, "soap")] },
      { args: (target) => ["soap", ...at(target, "soap"), "add", "10", "5"] },
    ],
    text: {
      en: {
        title: "Remote procedure calls with SOAP",
        shows: "The client reads the WSDL and then calls an operation by an envelope of XML.",
        lookFor: [
          "What does the client fetch before it calls anything, and why?",
          "How many bytes does a call take, beside those of its numbers?",
          "How does that compare with the same call over REST?",
        ],
      },
      id: {
        title: "Remote procedure call dengan SOAP",
        shows: "Klien membaca WSDL, lalu memanggil operasi dengan amplop XML.",
        lookFor: [
          "Apa yang diambil klien sebelum memanggil apa pun, dan mengapa?",
          "Berapa byte yang diperlukan satu pemanggilan, selain byte bilangannya?",
          "Bagaimana dibandingkan dengan pemanggilan yang sama melalui REST?",
        ],
      },
    },
  },
];
