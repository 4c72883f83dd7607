import { onTestFinished } from "bun:test";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

/** One that every user may run. */
const python = "/usr/bin/python3";

/** The user `nobody`. */
export const stranger = 65_534;

/** Only root may run programs of another user. */
export const hasStranger = process.platform === "linux" && process.getuid?.() === 0 && existsSync(python);

const script = `
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        print(self.headers.get("authorization"), flush=True)
        self.send_response(401)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
    do_GET = do_POST = answer
    def log_message(self, *_): pass
server = http.server.HTTPServer((HOST, PORT), Handler)
print(server.server_port, flush=True)
server.serve_forever()
`;

/** A web server of another user of this machine, which notes the tokens that it is sent: it answers 401 to everybody. */
export async function startStranger(host = "127.0.0.1", port = 0) {
  const program = script.replace("HOST", JSON.stringify(host)).replace("PORT", String(port));
  const child = spawn(python, ["-c", program], { uid: stranger, gid: stranger, cwd: "/" });
  onTestFinished(() => void child.kill());
  let printed = "";
  const listening = Promise.withResolvers<void>();
  child.once("error", listening.reject);
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
    if (printed.includes("\n")) listening.resolve();
  });
  await listening.promise;
  // What follows the last line end has not come yet.
  const lines = () => printed.split("\n").slice(0, -1);
  return { port: Number(lines()[0]), seen: () => lines().slice(1) };
}
