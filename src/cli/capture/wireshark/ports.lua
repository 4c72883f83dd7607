-- Which dissector a service has

local function table_of(name)
  local is_there, found = pcall(DissectorTable.get, name)
  return is_there and found or nil
end

-- Where there are several, there is one for each table of ports.
local http = built_in("http-over-tcp") or built_in("http")
local https = built_in("http-over-tls") or http
dissectors.mqtt = mqtt
dissectors.rest, dissectors.soap, dissectors.jsonrpc = http, http, http
local any_zmtp = built_in("zmtp") or zmtp
for _, role in ipairs({ "zmq-rep", "zmq-push", "zmq-pub" }) do
  dissectors[role] = any_zmtp
end

local ports = { tcp = DissectorTable.get("tcp.port"), udp = DissectorTable.get("udp.port"), tls = table_of("tls.port") }
local tls = built_in("tls")

-- Decode As offers them for any port, also where no service is listed.
for _, role in ipairs({ "echo", "upcall", "oneway", "time" }) do
  ports.tcp:add_for_decode_as(dissectors[role])
end
ports.tcp:add_for_decode_as(zmtp)
ports.udp:add_for_decode_as(dissectors.udp)

-- HTTP hands a WebSocket to its dissector, and that hands on what the names of subprotocols say.
local subprotocols = table_of("ws.protocol")
if subprotocols and mqtt then
  subprotocols:add("mqtt", mqtt_pieces)
  subprotocols:add("mqttv3.1", mqtt_pieces)
end

local function give(port, transport, dissector)
  if transport == "udp" then
    ports.udp:add(port, dissector)
  elseif (transport == "tls" or transport == "wss") and tls and ports.tls then
    ports.tls:add(port, dissector == http and https or dissector)
    ports.tcp:add(port, tls)
  else
    ports.tcp:add(port, dissector)
  end
end

local function serve(services)
  for _, service in ipairs(services) do
    local transport = service.transport
    local is_web_socket = transport == "ws" or transport == "wss"
    local dissector = is_web_socket and http or dissectors[service.role]
    service.name = printable(service.name, info_limit)
    known[transport == "udp" and "udp" or "tcp"][service.port] = service
    -- With an unknown role, or without the protocol, Wireshark decides by itself.
    if dissector then
      give(service.port, transport, dissector)
    end
  end
end
