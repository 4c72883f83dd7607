import { checkScriptFile, scriptBeside, writeScriptFile } from "./cli/capture/script-file.ts";
import { wiresharkScript } from "./cli/capture/wireshark-lua.ts";
import type { CaptureScripts } from "./server/run/capture-script.ts";

/** The server writes the script of `distcli wireshark` beside its own capture. */
export const captureScripts: CaptureScripts = {
  check: (capture) => checkScriptFile(scriptBeside(capture)),
  write(capture, services) {
    // As a recording has them: without TLS and without a WebSocket's frames.
    const listening = services.flatMap(({ name, role, addresses }) =>
      addresses.flatMap(({ transport, port }) => (transport === "ipc" ? [] : [{ name, role, port }])),
    );
    const path = scriptBeside(capture);
    writeScriptFile(path, wiresharkScript(listening));
    return path;
  },
};
