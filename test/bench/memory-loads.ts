import { type Figures, Lacking, type Load, type RunningServer } from "./case.ts";
import { launch } from "./launch.ts";
import { type MqttWork, mqtt } from "./loads.ts";
import { gcc } from "./machine.ts";
import { forgetPeak, peakMemory, residentMemory, settledMemory } from "./memory.ts";

/** Holds so many idle clients; the figure `each` is the memory of one, in KB. */
export const mqttIdle = (clients: number): Load => ({
  needs: [gcc],
  async measure(server, _, workshop): Promise<Figures> {
    const pid = processOf(server);
    const before = await settledMemory(pid);
    const command = [await workshop.program("load/mqtt-idle.c"), String(server.port), String(clients)];
    const begin = performance.now();
    const idle = await launch(
      command,
      (line) => (line === `connected ${clients}` ? true : undefined),
      60_000,
    );
    const perSecond = (clients / (performance.now() - begin)) * 1000;
    try {
      const each = ((await settledMemory(pid)) - before) / clients / 1000;
      return { perSecond, each, cpu: 0, lost: 0 };
    } finally {
      await idle.stop();
    }
  },
});

/**
 * Large messages, after small ones that warm the server up. The figure `rate` is in MB a second; `growth` is how much
 * memory the server took at most, in payloads.
 */
export function mqttPayload(work: MqttWork & { readonly payload: number }): Load {
  const small = mqtt({ ...work, payload: 64 });
  const large = mqtt(work);
  return {
    needs: large.needs,
    async measure(server, seconds, workshop): Promise<Figures> {
      await small.measure(server, Math.min(1, seconds), workshop);
      const { pid } = server;
      const before = pid === undefined ? Number.NaN : residentMemory(pid);
      if (pid !== undefined) forgetPeak(pid);
      const figures = await large.measure(server, seconds, workshop);
      const growth = pid === undefined ? Number.NaN : (peakMemory(pid) - before) / work.payload;
      return { ...figures, rate: (figures.perSecond * work.payload) / 1e6, growth };
    },
  };
}

function processOf({ pid }: RunningServer): number {
  if (pid === undefined) throw new Lacking("the memory of a server that runs already is not known");
  return pid;
}
