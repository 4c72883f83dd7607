import { request } from "../api/client.ts";
import { download } from "../wire/save.ts";
import { Recorder } from "./recorder.ts";

/** Outside of all components, so that a recording goes on while another page of the dashboard is looked at. */
export const recorder = new Recorder({
  open: async (path, signal) => {
    const { body, headers } = await request(path, { signal });
    const name = headers.get("distsrv-recording");
    return {
      body: body ?? new Blob().stream(),
      ...(name !== null && { askForEnd: () => request(endOf(name), { method: "DELETE" }) }),
    };
  },
  save: download,
});

const endOf = (name: string): string => `/api/record?recording=${encodeURIComponent(name)}`;

/** The browser asks before the window is closed, as long as a recording would be lost with it. */
export function guardRecording(): void {
  addEventListener("beforeunload", (event) => {
    if (recorder.hasUnsaved) event.preventDefault();
  });
}
