import { expect, test } from "bun:test";
import { commonHelp, roleHelp } from "../../src/observe/metric-help.ts";
import { metricName } from "../../src/observe/metric-names.ts";
import { roles } from "../../src/roles/index.ts";
import { startRole } from "../support/start-role.ts";

test.each([
  ["bytes_received_total", "echo", "distsrv_received_bytes_total"],
  ["payload_bytes_sent_total", "mqtt", "distsrv_mqtt_payload_sent_bytes_total"],
  ["bytes_queued", "x", "distsrv_x_queued_bytes"],
  ["responses_5xx_total", "rest", "distsrv_responses_total"],
  ["requests", "rest", "distsrv_requests"],
  ["sessions", "mqtt", "distsrv_mqtt_sessions"],
  ["inflight", "mqtt", "distsrv_mqtt_inflight_messages"],
  ["dropped_slow_total", "mqtt", "distsrv_mqtt_dropped_messages_total"],
  ["turned_away_banned_total", "echo", "distsrv_connections_turned_away_total"],
  ["peers", "zmq-pub", "distsrv_zmq_pub_peers"],
])("the stat %s of %s is the metric %s", (stat, role, name) => {
  expect(metricName(stat, role)?.name).toBe(name);
});

test("a sum whose parts are metrics is not a metric itself", () => {
  expect(metricName("dropped_total", "mqtt")).toBeUndefined();
  expect(metricName("messages_total", "echo")).toBeUndefined();
});

const helps = new Set([...Object.values(commonHelp), ...Object.values(roleHelp).flatMap(Object.values)]);

test.each(roles.map((role) => [role.name, role] as const))(
  "%s says what each of its numbers means",
  async (name, role) => {
    const { service } = await startRole(role, { port: 0 }, { expectLog: ["warning"] });
    const unexplained = Object.keys(service.stats()).filter((stat) => {
      const metric = metricName(stat, name);
      return metric !== undefined && !helps.has(metric.help);
    });
    expect(unexplained).toEqual([]);
  },
);
