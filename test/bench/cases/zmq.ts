import { type Case, throughput } from "../case.ts";
import { ours } from "../distsrv.ts";
import { zmqPull, zmqRequests } from "../loads.ts";
import { libzmq, python } from "../peers.ts";

const pyzmq = (file: string) => ({ ...python("pyzmq", file, "zmq", "python3-zmq"), goal: 5 });

export const zmqCases: readonly Case[] = [
  {
    // How fast two processes wake each other: no server does that five times faster than another, so no pyzmq.
    group: "zmq",
    title: "REP, one request at a time",
    metrics: throughput("round trips/s"),
    ours: ours("zmq-rep"),
    rivals: [{ ...libzmq("zmq-rep.c"), goal: 0.9 }],
    load: zmqRequests(1, 1),
  },
  {
    group: "zmq",
    title: "REP, 4 clients, 100 requests under way",
    metrics: throughput("round trips/s"),
    ours: ours("zmq-rep"),
    rivals: [{ ...libzmq("zmq-rep.c"), goal: 0.9 }, pyzmq("pyzmq-rep.py")],
    load: zmqRequests(4, 100),
  },
  {
    group: "zmq",
    title: "PUSH, pickled workloads without a pause",
    metrics: throughput("messages/s"),
    ours: ours("zmq-push", { config: { every: 0 } }),
    rivals: [{ ...libzmq("zmq-push.c"), goal: 0.9 }, pyzmq("pyzmq-push.py")],
    load: zmqPull,
  },
];
