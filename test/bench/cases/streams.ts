import { type Case, throughput } from "../case.ts";
import { ours } from "../distsrv.ts";
import { oneWay, roundTrips, underDatagrams } from "../loads.ts";
import { epollServer, python } from "../peers.ts";

const message = "x".repeat(64);
const block = "x".repeat(16 * 1024);
const echoed = `Echo: ${message}`;
const clock = "JAM ##:##:##\r\n";

const threadedPython = python("Python, a thread per client", "threaded-time.py", "threading", "python3");

const inC = (...args: readonly string[]) => ({ ...epollServer(...args), goal: 1 });
const unit = "round trips/s";

export const streamCases: readonly Case[] = [
  {
    group: "echo",
    title: "64 B, 1 connection",
    metrics: throughput(unit),
    ours: ours("echo"),
    rivals: [inC("reply", "Echo: ")],
    load: roundTrips(1, message, echoed),
  },
  {
    group: "echo",
    title: "64 B, 50 connections",
    metrics: throughput(unit),
    ours: ours("echo"),
    rivals: [inC("reply", "Echo: ")],
    load: roundTrips(50, message, echoed),
  },
  {
    group: "echo",
    title: "64 B, 1000 connections",
    metrics: throughput(unit),
    ours: ours("echo"),
    rivals: [inC("reply", "Echo: ")],
    load: roundTrips(1000, message, echoed),
  },
  {
    group: "echo",
    title: "transparent, 16 KiB, 10 connections",
    metrics: throughput(unit),
    ours: ours("echo", { config: { reply: "{message}" } }),
    rivals: [inC("reply", "")],
    load: roundTrips(10, block, block),
  },
  {
    group: "echo",
    title: "64 B, 50 connections, messages logged",
    metrics: throughput(unit),
    ours: ours("echo", { loggedMessages: 100 }),
    rivals: [ours("echo", { name: "distsrv, no observer" })],
    load: roundTrips(50, message, echoed),
  },
  {
    group: "echo",
    title: "64 B, 50 connections, beside 26,000 datagrams a second to UDP",
    metrics: throughput(unit),
    ours: ours("echo", { beside: { udp: { port: 0 } } }),
    rivals: [{ ...ours("echo", { name: "distsrv without datagrams" }), goal: 0.5 }],
    load: underDatagrams(roundTrips(50, message, echoed), 26_000),
  },
  {
    group: "upcall",
    title: "64 B, 50 connections",
    metrics: throughput(unit),
    ours: ours("upcall"),
    rivals: [inC("reply", "Upcall event: Processing ")],
    load: roundTrips(50, message, `Upcall event: Processing ${message}`),
  },
  {
    group: "oneway",
    title: "64 B, 10 senders",
    metrics: throughput("messages/s"),
    ours: ours("oneway"),
    rivals: [inC("sink")],
    load: oneWay(10, 64),
  },
  {
    group: "oneway",
    title: "64 KiB, 4 senders",
    metrics: throughput("messages/s"),
    ours: ours("oneway"),
    rivals: [inC("sink")],
    load: oneWay(4, 64 * 1024),
  },
  {
    group: "time",
    title: "2 threads, 50 connections",
    metrics: throughput(unit),
    ours: ours("time", { config: { threads: 2 } }),
    rivals: [inC("time"), { ...threadedPython, goal: 3 }],
    load: roundTrips(50, "TIME\r\n", clock),
  },
];
