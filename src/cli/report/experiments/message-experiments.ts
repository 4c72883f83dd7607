import type { LabService } from "../../../core/ports.ts";
import { formatTcpEndpoint } from "../../../net/zmq/endpoint.ts";
import type { Experiment, Target } from "./experiment.ts";
import { at } from "./tcp-experiments.ts";

const endpoint = ({ host, port }: Target, service: LabService): string =>
  formatTcpEndpoint({ host, port: port(service) });

/** Brokers and queues. */
export const messageExperiments: readonly Experiment[] = [
  {
    name: "mqtt-topics",
    services: ["mqtt"],
    steps: [
      {
        args: (target) => [
          ...["mqtt", "sub", ...at(target, "mqtt"), "-i", `sub-${target.run}`],
          ...["-t", `sister/${target.run}/#`, "-q", "1", "-v", "-C", "2", "-W", "30s"],
        ],
        readyAt: /Subscribed to/,
      },
      {
        args: (target) => [
          ...["mqtt", "pub", ...at(target, "mqtt"), "-i", `pub0-${target.run}`],
          ...["-t", `sister/${target.run}/temp`, "-m", "Suhu: 28"],
        ],
      },
      {
        args: (target) => [
          ...["mqtt", "pub", ...at(target, "mqtt"), "-i", `other-${target.run}`],
          ...["-t", `sistem/${target.run}/temp`, "-m", "Suhu: 99"],
        ],
      },
      {
        args: (target) => [
          ...["mqtt", "pub", ...at(target, "mqtt"), "-i", `pub1-${target.run}`],
          ...["-t", `sister/${target.run}/humidity`, "-m", "Kelembapan: 70", "-q", "1"],
        ],
      },
    ],
    text: {
      en: {
        title: "MQTT: topics, and quality of service",
        shows:
          "A broker passes a message to those who subscribed to its topic; publisher and subscriber know nothing of each other.",
        lookFor: [
          "Which of the three messages does the subscriber get, and why?",
          "What is acknowledged by MQTT itself with QoS 0, and what with QoS 1?",
          "From which port to which do the packets go? Does a publisher ever talk to the subscriber?",
        ],
      },
      id: {
        title: "MQTT: topik dan quality of service",
        shows:
          "Broker meneruskan pesan kepada pihak yang berlangganan topiknya; penerbit dan pelanggan tidak saling mengenal.",
        lookFor: [
          "Pesan mana dari ketiganya yang diterima pelanggan, dan mengapa?",
          "Apa yang diakui MQTT sendiri dengan QoS 0, dan apa dengan QoS 1?",
          "Dari port mana ke port mana paketnya? Apakah penerbit pernah berbicara dengan pelanggan?",
        ],
      },
    },
  },
  {
    name: "zmq-reqrep",
    services: ["zmq-rep"],
    steps: [
      {
        args: (target) => ["zmq", "req", endpoint(target, "zmq-rep"), "Hello", "--repeat", "3", "--numbered"],
      },
    ],
    text: {
      en: {
        title: "ZeroMQ: request and reply",
        shows: "REQ and REP take turns: a request, its reply, the next request.",
        lookFor: [
          "What do both sides say before the first request (greeting, READY)?",
          "Is the next request sent before the reply has come?",
          "How many bytes stand before the text of a message?",
        ],
      },
      id: {
        title: "ZeroMQ: permintaan dan balasan",
        shows: "REQ dan REP bergantian: permintaan, balasannya, lalu permintaan berikutnya.",
        lookFor: [
          "Apa yang dikatakan kedua pihak sebelum permintaan pertama (greeting, READY)?",
          "Apakah permintaan berikutnya dikirim sebelum balasan datang?",
          "Berapa byte yang mendahului teks sebuah pesan?",
        ],
      },
    },
  },
  {
    name: "zmq-pushpull",
    services: ["zmq-push"],
    steps: [
      {
        args: (target) => [...["zmq", "pull", endpoint(target, "zmq-push"), "--worker", "1", "-C", "2"]],
        isBeside: true,
      },
      { args: (target) => ["zmq", "pull", endpoint(target, "zmq-push"), "--worker", "2", "-C", "2"] },
    ],
    text: {
      en: {
        title: "ZeroMQ: work for several workers",
        shows: "PUSH gives each workload to one of the workers that are connected.",
        lookFor: [
          "Which worker gets which workload, and does any get the same?",
          "Does a worker ask for work, or does it come by itself?",
          "In which order are the workers served?",
        ],
      },
      id: {
        title: "ZeroMQ: pekerjaan untuk beberapa pekerja",
        shows: "PUSH memberikan setiap pekerjaan kepada salah satu pekerja yang tersambung.",
        lookFor: [
          "Pekerja mana mendapat pekerjaan mana, dan adakah yang mendapat pekerjaan yang sama?",
          "Apakah pekerja meminta pekerjaan, atau pekerjaan datang sendiri?",
          "Dalam urutan apa para pekerja dilayani?",
        ],
      },
    },
  },
  {
    name: "zmq-pubsub",
    services: ["zmq-pub"],
    steps: [{ args: (target) => ["zmq", "sub", endpoint(target, "zmq-pub"), "-C", "3", "-W", "15s"] }],
    text: {
      en: {
        title: "ZeroMQ: publish and subscribe",
        shows: "PUB sends what it has to whoever is connected and subscribed at that moment.",
        lookFor: [
          "How does the subscriber say what it wants, and when?",
          "What of the messages that were published before that?",
          "How much time is between two messages?",
        ],
      },
      id: {
        title: "ZeroMQ: menerbitkan dan berlangganan",
        shows: "PUB mengirim isinya kepada siapa pun yang saat itu tersambung dan berlangganan.",
        lookFor: [
          "Bagaimana pelanggan menyatakan yang diinginkannya, dan kapan?",
          "Bagaimana dengan pesan yang diterbitkan sebelum itu?",
          "Berapa lama jarak antara dua pesan?",
        ],
      },
    },
  },
];
