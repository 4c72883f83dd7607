import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { registry } from "../../src/registry.ts";
import { plannedListeners } from "../../src/server/config/preflight.ts";
import { load } from "../support/registry.ts";

const text = readFileSync(join(import.meta.dir, "../../deploy/kubernetes.yaml"), "utf8");
const documents = parseAllDocuments(text).map((document) => {
  expect(document.errors).toEqual([]);
  return document.toJS() as unknown;
});

const probe = z.object({ httpGet: z.strictObject({ path: z.string(), port: z.string() }) });
const port = z.object({ name: z.string(), protocol: z.enum(["TCP", "UDP"]).default("TCP") });
const configMap = z.object({ kind: z.literal("ConfigMap"), data: z.object({ "lab.yaml": z.string() }) });
const service = z.object({
  kind: z.literal("Service"),
  spec: z.object({ ports: z.array(port.extend({ port: z.int(), targetPort: z.string() })) }),
});
const container = z.object({
  args: z.array(z.string()),
  ports: z.array(port.extend({ containerPort: z.int() })),
  startupProbe: probe,
  readinessProbe: probe,
  livenessProbe: probe,
  securityContext: z.object({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
  }),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
});
const statefulSet = z.object({
  kind: z.literal("StatefulSet"),
  spec: z.object({
    template: z.object({
      spec: z.object({
        terminationGracePeriodSeconds: z.int(),
        securityContext: z.object({ runAsNonRoot: z.literal(true) }),
        containers: z.tuple([container]),
        volumes: z.array(z.object({ name: z.string() })),
      }),
    }),
    volumeClaimTemplates: z.array(z.object({ metadata: z.object({ name: z.string() }) })),
  }),
});

const [config, exposed, set] = [
  configMap.parse(documents[0]),
  service.parse(documents[1]),
  statefulSet.parse(documents[2]),
];
const pod = set.spec.template.spec;
const [distsrv] = pod.containers;

test("the configuration is one that distsrv takes, open to the network, its dashboard with a token", () => {
  const plan = load(config.data["lab.yaml"], registry);
  expect(plan.settings.admin).toMatchObject({ host: "0.0.0.0", port: 8088 });
  for (const { config } of plan.services) expect(config).toMatchObject({ host: "0.0.0.0" });
});

test("every port of the lab is one of the container's, and the service leads to it", () => {
  const plan = load(config.data["lab.yaml"], registry);
  const listeners = plannedListeners(plan.services, plan.settings.admin);
  const wanted = listeners.map(({ transport, port }) => `${port} ${transport.toUpperCase()}`).sort();
  expect(distsrv.ports.map(({ containerPort, protocol }) => `${containerPort} ${protocol}`).sort()).toEqual(
    wanted,
  );
  const byName = new Map(distsrv.ports.map((one) => [one.name, one]));
  for (const { name, port, targetPort, protocol } of exposed.spec.ports) {
    expect({ name, port, protocol }).toEqual({
      name: targetPort,
      port: byName.get(targetPort)!.containerPort,
      protocol: byName.get(targetPort)!.protocol,
    });
  }
  expect(exposed.spec.ports).toHaveLength(wanted.length);
});

test("the probes ask what the admin service answers without a token", () => {
  const paths = [distsrv.startupProbe, distsrv.readinessProbe, distsrv.livenessProbe].map(
    ({ httpGet }) => `${httpGet.port} ${httpGet.path}`,
  );
  expect(paths).toEqual(["admin /readyz", "admin /readyz", "admin /healthz"]);
});

test("the volumes are there, and a stop has longer than the lab's grace", () => {
  const names = [
    ...pod.volumes.map(({ name }) => name),
    ...set.spec.volumeClaimTemplates.map(({ metadata }) => metadata.name),
  ];
  expect(distsrv.volumeMounts.map(({ name }) => name).sort()).toEqual(names.sort());
  const { grace } = load(config.data["lab.yaml"], registry).settings;
  expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(grace);
  expect(distsrv.args).toEqual(["--config", "/etc/distsrv/lab.yaml"]);
});

test("it is the whole lab, with the lab's operations", () => {
  const lab = load(readFileSync(join(import.meta.dir, "../../config/lab.yaml"), "utf8"), registry);
  const plan = load(config.data["lab.yaml"], registry);
  const names = ({ services }: typeof plan) => services.map(({ name }) => name).sort();
  expect(names(plan)).toEqual(names(lab));
  expect(plan.definitions).toEqual(lab.definitions);
});
