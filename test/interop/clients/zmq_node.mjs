// The zeromq package on Node: REQ, SUB and PULL against the servers on the given ports.
import { Pull, Request, Subscriber } from "zeromq";

const [rep, pub, push] = process.argv.slice(2).map((port) => `tcp://127.0.0.1:${port}`);

const request = new Request({ receiveTimeout: 10_000 });
request.connect(rep);
await request.send("Hello");
const [reply] = await request.receive();
console.log(`reply: ${reply}`);

const subscriber = new Subscriber({ receiveTimeout: 10_000 });
subscriber.subscribe("WAKTU");
subscriber.connect(pub);
const [time] = await subscriber.receive();
console.log(`time: ${time}`);

const pull = new Pull({ receiveTimeout: 10_000 });
pull.connect(push);
const [work] = await pull.receive();
console.log(`work: ${work.toString("hex")}`);
for (const socket of [request, subscriber, pull]) socket.close();
