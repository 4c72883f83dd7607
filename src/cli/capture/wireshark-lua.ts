import type { ListeningService } from "../../protocol/analysis/service-ports.ts";
import fields from "./wireshark/fields.lua" with { type: "text" };
import mqttWebSocket from "./wireshark/mqtt-websocket.lua" with { type: "text" };
import ports from "./wireshark/ports.lua" with { type: "text" };
import printable from "./wireshark/printable.lua" with { type: "text" };
import directions from "./wireshark/services.lua" with { type: "text" };
import textProtocols from "./wireshark/text-protocols.lua" with { type: "text" };
import zmtp from "./wireshark/zmtp.lua" with { type: "text" };

/**
 * A script in Lua by which Wireshark and tshark know these services, and what is said on their ports. Of two services on one
 * port the later one counts.
 */
export function wiresharkScript(services: readonly ListeningService[]): string {
  const rows = onePerPort(services).map(row);
  return `${introduction}\nlocal services = {\n${rows.join("\n")}\n}\n\n${definition}`;
}

const introduction = `--
--   wireshark -X lua_script:lab.lua lab.pcapng
--   tshark -X lua_script:lab.lua -r lab.pcapng
--
-- Or put it into the folder of the personal Lua plugins, where it is loaded at each start: Wireshark shows it under Help >
-- About Wireshark > Folders, and tshark -G folders prints it. It changes nothing but what is shown.

-- The services, and how each is spoken to. tcp, udp: as they are; tls; ws: WebSocket; wss: WebSocket in TLS.`;

/** One function, in which each part sees what those before it define. */
const parts = [fields, printable, directions, textProtocols, zmtp, mqttWebSocket, ports];

const indented = (text: string): string => text.trimEnd().replace(/^(?=.)/gm, "  ");
const line = `  ${"-".repeat(117)}\n`;

const definition = `-- Everything below is the same in each of these scripts.

local function define()
${parts.map((part) => line + indented(part)).join("\n\n")}

  return { serve = serve }
end

-- A second script that is loaded adds its services to the first: _G is what all scripts share.
if _G.distsrv_lab == nil then
  _G.distsrv_lab = define()
end
_G.distsrv_lab.serve(services)
`;

const transportOf = ({ role, transport }: ListeningService): string =>
  transport ?? (role === "udp" ? "udp" : "tcp");

function onePerPort(services: readonly ListeningService[]): ListeningService[] {
  const key = (service: ListeningService) =>
    `${transportOf(service) === "udp" ? "udp" : "tcp"}/${service.port}`;
  return [...new Map(services.map((service) => [key(service), service])).values()];
}

function row(service: ListeningService): string {
  const fields = [
    `name = ${luaString(service.name)}`,
    `role = ${luaString(service.role)}`,
    `port = ${Math.trunc(service.port)}`,
    `transport = ${luaString(transportOf(service))}`,
  ];
  return `  { ${fields.join(", ")} },`;
}

/**
 * As Lua reads it back, byte for byte. A byte that is not printable ASCII is a backslash and three digits: so no name ends
 * the string, begins a line, or turns the text around it.
 */
export function luaString(text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    return byte < 0x20 || byte > 0x7e ? `\\${String(byte).padStart(3, "0")}` : String.fromCharCode(byte);
  });
  return `"${bytes.join("")}"`;
}
