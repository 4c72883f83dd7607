import { request } from "../api/client.ts";
import { download } from "../wire/save.ts";
import { Recorder } from "./recorder.ts";

/** Outside of all components, so that a recording goes on while another page of the dashboard is looked at. */
export const recorder = new Recorder({
  open: async (path, signal) => {
    const { body } = await request(path, { signal });
    return body ?? new Blob().stream();
  },
  save: download,
});

/** The browser asks before the window is closed, as long as a recording would be lost with it. */
export function guardRecording(): void {
  addEventListener("beforeunload", (event) => {
    if (recorder.hasUnsaved) event.preventDefault();
  });
}
