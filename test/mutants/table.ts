/** A small bug to be put into the program, and the tests that should notice it. */
export interface Mutation {
  readonly file: string;
  /** Occurs once in the file. */
  readonly text: string;
  readonly replacement: string;
  /** A folder or file of tests. */
  readonly tests: string;
}

export const mutations: readonly Mutation[] = [
  // Listeners, limits and keep alives of the broker
  {
    file: "src/net/tcp/server.ts",
    text: "if (this.#options.shared !== undefined) this.#options.shared.used--;",
    replacement: "",
    tests: "test/roles/mqtt/listeners.test.ts",
  },
  {
    file: "src/roles/mqtt/client/handlers/connect/open-session.ts",
    text: "Math.min(packet.properties.receiveMaximum ?? 65_535, broker.config.maxInflight)",
    replacement: "packet.properties.receiveMaximum ?? broker.config.maxInflight",
    tests: "test/roles/mqtt/session",
  },
  {
    file: "src/roles/mqtt/broker/rate-limiter.ts",
    text: "this.#level = Math.min(rate, filled) - amount;",
    replacement: "this.#level = filled - amount;",
    tests: "test/roles/mqtt/broker",
  },
  {
    file: "src/roles/mqtt/broker/broker.ts",
    text: "    this.rateLimiter.unthrottleAll();\n",
    replacement: "",
    tests: "test/roles/mqtt/broker",
  },
  {
    file: "src/roles/mqtt/broker/broker.ts",
    text: " || client.isThrottled",
    replacement: "",
    tests: "test/roles/mqtt/broker",
  },
  {
    file: "src/roles/mqtt/client/connection.ts",
    text: "    this.lastSeen = this.broker.clock.now();\n",
    replacement: "",
    tests: "test/roles/mqtt/broker",
  },
  {
    file: "src/roles/mqtt/client/handlers/connect/complete.ts",
    text: "connection.lastSeen = broker.clock.now();",
    replacement: "",
    tests: "test/roles/mqtt/client",
  },
  {
    file: "src/roles/mqtt/client/handlers/connect/negotiate.ts",
    text: "connection.keepAliveTimeout = seconds * 1500;",
    replacement: "connection.keepAliveTimeout = seconds * 1400;",
    tests: "test/roles/mqtt/client",
  },
  {
    file: "src/roles/mqtt/client/handlers/connect/negotiate.ts",
    text: "Math.min(packet.properties.topicAliasMaximum ?? 0, maxTopicAliasesOut)",
    replacement: "packet.properties.topicAliasMaximum ?? 0",
    tests: "test/roles/mqtt/wire",
  },
  {
    file: "src/roles/mqtt/client/connection.ts",
    text: "this.sendBacklog > 2 * this.broker.config.sendBuffer",
    replacement: "this.sendBacklog > 4 * this.broker.config.sendBuffer",
    tests: "test/roles/mqtt/client",
  },
  // Sessions
  {
    file: "src/roles/mqtt/session/sender.ts",
    text: "    if (!this.inflight.discard(packetId)) return false;\n    this.journal?.completed(packetId);",
    replacement: "    if (!this.inflight.discard(packetId)) return false;",
    tests: "test/roles/mqtt/broker",
  },
  {
    file: "src/roles/mqtt/client/handlers/disconnect.ts",
    text: "session.expiry = broker.registry.grantedExpiry(seconds);",
    replacement: "session.expiry = Math.min(session.expiry, broker.registry.grantedExpiry(seconds));",
    tests: "test/roles/mqtt/client",
  },
  {
    file: "src/roles/mqtt/client/handlers/disconnect.ts",
    text: "session.expiry = broker.registry.grantedExpiry(seconds);",
    replacement: "session.expiry = Math.max(session.expiry, broker.registry.grantedExpiry(seconds));",
    tests: "test/roles/mqtt/client",
  },
  {
    file: "src/roles/mqtt/broker/session-registry.ts",
    text: "      this.#offline.delete(kept);",
    replacement: "",
    tests: "test/roles/mqtt/session",
  },
  {
    file: "src/roles/mqtt/broker/session-registry.ts",
    text: "if (this.all.size < config.maxSessions) return true;",
    replacement: "if (this.all.size <= config.maxSessions) return true;",
    tests: "test/roles/mqtt/broker",
  },
  {
    file: "src/roles/mqtt/broker/session-registry.ts",
    text: "      publishDelayedWill(session);\n",
    replacement: "",
    tests: "test/roles/mqtt/session",
  },
  {
    file: "src/roles/mqtt/session/timer-wheel.ts",
    text: "Math.ceil(time / resolution)",
    replacement: "Math.floor(time / resolution)",
    tests: "test/roles/mqtt/session",
  },
  {
    file: "src/roles/mqtt/session/outgoing-messages.ts",
    text: "this.queue.length >= limits.maxQueuedMessages",
    replacement: "this.queue.length > limits.maxQueuedMessages",
    tests: "test/roles/mqtt/session",
  },
  {
    file: "src/roles/mqtt/session/sender.ts",
    text: "inflight.sentSinceReconnect >= this.window",
    replacement: "inflight.sentSinceReconnect > this.window",
    tests: "test/roles/mqtt/session",
  },
  {
    file: "src/roles/mqtt/wire/message.ts",
    text: "Math.ceil((this.expiresAt - now) / 1000 - 1e-6)",
    replacement: "Math.floor((this.expiresAt - now) / 1000 - 1e-6)",
    tests: "test/roles/mqtt/conformance",
  },
  {
    file: "src/roles/mqtt/wire/message.ts",
    text: "(this.expiresAt - now) / 1000 - 1e-6",
    replacement: "(this.expiresAt - now) / 1000",
    tests: "test/roles/mqtt/conformance",
  },
  {
    file: "src/roles/mqtt/session/redistribute.ts",
    text: "!stuck.has(share) && ",
    replacement: "",
    tests: "test/roles/mqtt/routing",
  },
  // Routing
  {
    file: "src/roles/mqtt/routing/topic-route.ts",
    text: "target.noLocal &&= noLocal;",
    replacement: "target.noLocal ||= noLocal;",
    tests: "test/roles/mqtt/routing",
  },
  {
    file: "src/roles/mqtt/routing/topic-route.ts",
    text: "target.retainAsPublished ||= retainAsPublished;",
    replacement: "target.retainAsPublished &&= retainAsPublished;",
    tests: "test/roles/mqtt/routing",
  },
  {
    file: "src/roles/mqtt/routing/topic-route.ts",
    text: "if (qos > target.qos) target.qos = qos;",
    replacement: "target.qos = qos;",
    tests: "test/roles/mqtt/routing",
  },
  {
    file: "src/roles/mqtt/routing/subscribers.ts",
    text: "    last.index = subscription.index;\n    list[last.index] = last;",
    replacement: "    list[subscription.index] = last;",
    tests: "test/roles/mqtt/routing",
  },
  {
    file: "src/roles/mqtt/client/handlers/subscribe.ts",
    text: "(retainHandling === 1 && !isNew)",
    replacement: "retainHandling === 1",
    tests: "test/roles/mqtt/client",
  },
  {
    file: "src/roles/mqtt/client/handlers/subscribe.ts",
    text: "session.subscriptions.size >= maxSubscriptions",
    replacement: "session.subscriptions.size > maxSubscriptions",
    tests: "test/roles/mqtt/client",
  },
  {
    file: "src/roles/mqtt/wire/topic-aliases.ts",
    text: "if (before !== undefined) this.#byTopic.delete(before);",
    replacement: "",
    tests: "test/roles/mqtt/wire",
  },
  // Network
  {
    file: "src/net/tcp/server.ts",
    text: "const next = this.#waiting.shift();",
    replacement: "const next = this.#waiting.pop();",
    tests: "test/net/tcp",
  },
  {
    file: "src/net/tcp/server.ts",
    text: "    // The time in the queue does not count as idle.\n    connection.lastActive = this.tick;",
    replacement: "",
    tests: "test/net/tcp",
  },
  {
    file: "src/net/tcp/connection.ts",
    text: "    this.lastActive = owner.tick;\n    if (owner.emitsBytes",
    replacement: "    if (owner.emitsBytes",
    tests: "test/net/tcp",
  },
  {
    file: "src/net/tcp/connection.ts",
    text: "      this.lastActive = this.#owner.tick;\n",
    replacement: "",
    tests: "test/net/tcp",
  },
  {
    file: "src/net/tcp/connection.ts",
    text: "if (!this.#pausedByRole) this.#socket.resume();",
    replacement: "this.#socket.resume();",
    tests: "test/net/tcp",
  },
  {
    file: "src/net/tcp/connection.ts",
    text: "if (!this.#pausedByQueue && !this.#closed) this.#socket.resume();",
    replacement: "if (!this.#closed) this.#socket.resume();",
    tests: "test/net/tcp",
  },
  {
    file: "src/net/tcp/byte-queue.ts",
    text: "  else lease.release();\n",
    replacement: "",
    tests: "test/net/tcp",
  },
  {
    file: "src/net/timeout-queue.ts",
    text: "      this.#addedAt.delete(item);\n",
    replacement: "",
    tests: "test/net/timeout-queue.test.ts",
  },
  // Observers
  {
    file: "src/observe/service-traffic.ts",
    text: "this.#sampledOut[kind] = 0;",
    replacement: "",
    tests: "test/observe",
  },
  {
    file: "src/observe/service-traffic.ts",
    text: "        sampledOut[kind] = 0;\n",
    replacement: "",
    tests: "test/observe",
  },
  {
    file: "src/observe/fair-sampler.ts",
    text: "this.#had.clear();",
    replacement: "",
    tests: "test/observe",
  },
  {
    file: "src/observe/fair-sampler.ts",
    text: "this.#maxReserved - this.#reserved)",
    replacement: "0)",
    tests: "test/observe",
  },
  // Configuration
  {
    file: "src/server/config/environment.ts",
    text: 'value !== "" || fallback === undefined',
    replacement: 'value !== ""',
    tests: "test/server/config",
  },
  {
    file: "src/server/config/preflight.ts",
    text: ".filter(({ port }) => port !== 0)",
    replacement: "",
    tests: "test/server/config",
  },
  {
    file: "src/server/config/preflight.ts",
    text: '(wildcard === "0.0.0.0" && !host.includes(":"))',
    replacement: 'wildcard === "0.0.0.0"',
    tests: "test/server/config",
  },
  {
    file: "src/core/schema.ts",
    text: "milliseconds < min || milliseconds > max",
    replacement: "milliseconds < min",
    tests: "test/server/config",
  },
  {
    file: "src/server/run/backoff.ts",
    text: "at - last - pause > resetMs",
    replacement: "at - last > resetMs",
    tests: "test/server/run",
  },
  // Small roles
  {
    file: "src/roles/time/replies.ts",
    text: "if (second !== this.#second) {",
    replacement: "if (second > this.#second) {",
    tests: "test/roles/time",
  },
  {
    file: "src/roles/time/service.ts",
    text: '      if (request.kind !== "end") this.#quits++;\n',
    replacement: "",
    tests: "test/roles/time",
  },
  {
    file: "src/roles/udp/index.ts",
    text: ".subarray(0, maxDatagram)",
    replacement: "",
    tests: "test/roles/udp",
  },
  {
    file: "src/roles/upcall/index.ts",
    text: "!connection.served || connection.buffered > 0",
    replacement: "!connection.served",
    tests: "test/roles/upcall",
  },
  {
    file: "src/roles/jsonrpc/request.ts",
    text: 'value === null || typeof value === "string"',
    replacement: 'typeof value === "string"',
    tests: "test/roles/jsonrpc",
  },
  {
    file: "src/roles/rest/target.ts",
    text: "if (mark < 0 || mark > end)",
    replacement: "if (mark < 0)",
    tests: "test/roles/rest",
  },
  {
    file: "src/roles/soap/calculate.ts",
    text: "if (given.length > 1)",
    replacement: "if (given.length > 2)",
    tests: "test/roles/soap",
  },
  {
    file: "src/roles/zmq/work.ts",
    text: "messages[workload] ??= encode(workload);",
    replacement: "messages[workload % 10] ??= encode(workload);",
    tests: "test/roles/zmq",
  },
];
