-- Everything below is the same in each of these scripts. A second one that is loaded adds its services to the first.

local function define()
  -- Characters of a message in the column Info, and in its field.
  local info_limit, text_limit = 120, 2048
  -- Bytes that are gathered for one message. A capture that begins in the middle may look as if more were to come.
  local gathered_limit, unknown_limit, frame_limit, part_limit = 256 * 1024, 1024 * 1024, 16 * 1024 * 1024, 1000

  ---------------------------------------------------------------------------------------------------------------------
  -- What can be filtered: distsrv.text contains "halo", distsrv.service == "echo", distsrv.request, distsrv.zmtp

  local lab = Proto("distsrv", "distsrv's lab")
  local field = {
    service = ProtoField.string("distsrv.service", "Service"),
    request = ProtoField.bool("distsrv.request", "Request"),
    response = ProtoField.bool("distsrv.response", "Response"),
    length = ProtoField.uint32("distsrv.length", "Length"),
    text = ProtoField.string("distsrv.text", "Text"),
    version = ProtoField.string("distsrv.zmtp.version", "Version"),
    mechanism = ProtoField.string("distsrv.zmtp.mechanism", "Mechanism"),
    flags = ProtoField.uint8("distsrv.zmtp.flags", "Flags", base.HEX),
    command = ProtoField.string("distsrv.zmtp.command", "Command"),
    socket_type = ProtoField.string("distsrv.zmtp.socket_type", "Socket type"),
    subscription = ProtoField.string("distsrv.zmtp.subscription", "Subscription"),
  }
  local fields = {}
  for _, each in pairs(field) do
    fields[#fields + 1] = each
  end
  lab.fields = fields

  local pushed = Field.new("tcp.flags.push")

  ---------------------------------------------------------------------------------------------------------------------
  -- Bytes as text

  -- The characters of UTF-8 by their first byte; what matches none of these is no UTF-8.
  local characters = {
    "^[\194-\223][\128-\191]",
    "^\224[\160-\191][\128-\191]",
    "^[\225-\236\238\239][\128-\191][\128-\191]",
    "^\237[\128-\159][\128-\191]",
    "^\240[\144-\191][\128-\191][\128-\191]",
    "^[\241-\243][\128-\191][\128-\191][\128-\191]",
    "^\244[\128-\143][\128-\191][\128-\191]",
  }
  local named = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

  local function character_at(bytes, at)
    for _, pattern in ipairs(characters) do
      local found = string.match(bytes, pattern, at)
      if found then
        return found
      end
    end
  end

  local function code_point(character)
    local first, second, third = string.byte(character, 1, 3)
    if #character == 2 then
      return (first % 32) * 64 + second % 64
    end
    return (first % 16) * 4096 + (second % 64) * 64 + third % 64
  end

  -- Invisible, or turns the text around it: U+061C, U+200B to U+200F and so on.
  local function is_hidden(code)
    return code < 0xa0 or code == 0x61c or code == 0xfeff or (code >= 0x200b and code <= 0x200f)
      or (code >= 0x2028 and code <= 0x202e) or (code >= 0x2066 and code <= 0x2069)
  end

  local function shown(character)
    if #character == 4 then
      return character
    end
    local code = code_point(character)
    if not is_hidden(code) then
      return character
    end
    return string.format(code < 0x100 and "\\x%02x" or "\\u%04x", code)
  end

  -- Bytes as one line: bad UTF-8 becomes U+FFFD, control characters become \n or \x1b, and what is too long is cut.
  local function printable(bytes, limit, length)
    local parts, at, count, is_text = {}, 1, 0, true
    local last_escape = 0
    while at <= #bytes and count < limit do
      local plain = string.match(bytes, "^[ -~]+", at)
      if plain then
        plain = string.sub(plain, 1, limit - count)
        parts[#parts + 1] = plain
        at, count = at + #plain, count + #plain
      else
        local character = character_at(bytes, at)
        local byte = string.byte(bytes, at)
        if character then
          parts[#parts + 1] = shown(character)
          at = at + #character
        elseif byte < 128 then
          local name = named[string.char(byte)]
          parts[#parts + 1] = name or string.format("\\x%02x", byte)
          -- Two of them in a row are no text.
          if not name and last_escape == at then
            is_text = false
          end
          at = at + 1
          last_escape = name and 0 or at
        else
          parts[#parts + 1] = "\239\191\189"
          is_text = false
          at = at + 1
        end
        count = count + 1
      end
    end
    if at <= #bytes or length > #bytes then
      parts[#parts + 1] = string.format("… (%d bytes)", length)
    end
    return table.concat(parts), is_text
  end

  local function hex(bytes, length)
    local start = string.gsub(string.sub(bytes, 1, 16), ".", function(byte)
      return string.format("%02x ", string.byte(byte))
    end)
    return string.format("%d B: %s%s", length, start, length > 16 and "…" or "")
  end

  -- The bytes from `at` on, as many as a text can need. Wireshark may have fewer than were sent.
  local function bytes_of(tvb, at, length)
    local count = math.min(length, tvb:len() - at, text_limit * 4)
    return count > 0 and tvb:raw(at, count) or ""
  end

  local function text_in(tvb, at, length)
    local bytes = bytes_of(tvb, at, length)
    local text, is_text = printable(bytes, info_limit, length)
    return is_text and text or hex(bytes, length), printable(bytes, text_limit, length)
  end

  -- As much of the range as was captured.
  local function range_of(tvb, at, length)
    return tvb:range(at, math.max(0, math.min(length, tvb:len() - at)))
  end

  ---------------------------------------------------------------------------------------------------------------------
  -- Services and directions

  local known = { tcp = {}, udp = {} }

  -- The lower port goes first, as in Wireshark. A port that `Decode As` gave us is in no table: the lower one is it.
  local function service_of(pinfo, transport)
    local low = math.min(pinfo.src_port, pinfo.dst_port)
    local high = math.max(pinfo.src_port, pinfo.dst_port)
    local found = known[transport][low] or known[transport][high]
    return found or { name = "port " .. low, role = "", port = low }
  end

  local function is_to(service, pinfo)
    return pinfo.dst_port == service.port
  end

  local function can_gather(pinfo)
    local can = pinfo.can_desegment
    return can == true or (type(can) == "number" and can > 0)
  end

  -- Asks for as many bytes more, which must be the exact number, or for one more segment.
  local function gather(pinfo, from, missing)
    pinfo.desegment_offset = from
    pinfo.desegment_len = missing or DESEGMENT_ONE_MORE_SEGMENT
  end

  local function show(pinfo, name, notes)
    pinfo.cols.protocol = name
    pinfo.cols.info = table.concat(notes, "  |  ")
  end

  local function add_generated(tree, what, value)
    tree:add(what, value):set_generated()
  end

  local function add_direction(tree, kind)
    if kind == "request" then
      add_generated(tree, field.request, true)
    elseif kind == "response" then
      add_generated(tree, field.response, true)
    end
  end

  ---------------------------------------------------------------------------------------------------------------------
  -- Text: echo, upcall, one-way, TIME and UDP

  local dissectors = {}

  local function add_message(proto, name, way, service, tvb, at, length, tree)
    local info, text = text_in(tvb, at, length)
    local range = range_of(tvb, at, length)
    local item = tree:add(proto, range, string.format("%s, %s: %s", name, way.title, info))
    add_generated(item, field.service, service.name)
    add_direction(item, way.kind)
    item:add(field.length, range, length)
    item:add(field.text, range, text)
    return way.title .. ": " .. info
  end

  -- The messages of a segment. Without frames what a program sends at once is one: TCP pushes it (PSH).
  local function whole(tvb, pinfo)
    local last = { pushed() }
    local is_pushed = #last == 0 or last[#last].value
    local length = tvb:reported_len()
    if not is_pushed and can_gather(pinfo) and length < gathered_limit then
      gather(pinfo, 0)
      return {}
    end
    return { { 0, length } }
  end

  -- `T` to `TIM`, and `TIME\r`, the same of QUIT: more follows. The bare word is a request.
  local function is_start(text)
    for _, line in ipairs({ "TIME\r", "QUIT\r" }) do
      if #text ~= 4 and string.sub(line, 1, #text) == text then
        return true
      end
    end
    return false
  end

  -- TIME: lines, several in a segment or one in several; and words without a line's end.
  local function lines(tvb, pinfo, is_request)
    local bytes = tvb:raw()
    local found, at = {}, 1
    while at <= #bytes do
      local stop = string.find(bytes, "\n", at, true) or #bytes
      local line = string.sub(bytes, at, stop)
      if is_request and can_gather(pinfo) and is_start(line) then
        gather(pinfo, at - 1)
        break
      end
      found[#found + 1] = { at - 1, stop - at + 1 }
      at = stop + 1
    end
    return found
  end

  local function text_protocol(role, filter, name, ways, transport, split)
    local proto = Proto(filter, "distsrv " .. name)
    function proto.dissector(tvb, pinfo, tree)
      local service = service_of(pinfo, transport)
      local is_request = is_to(service, pinfo)
      local way = is_request and ways.to_server or ways.to_client
      local notes = {}
      for _, place in ipairs(split(tvb, pinfo, is_request)) do
        notes[#notes + 1] = add_message(proto, name, way, service, tvb, place[1], place[2], tree)
      end
      if #notes > 0 then
        show(pinfo, name, notes)
      end
      return tvb:len()
    end
    dissectors[role] = proto
  end

  local question = { title = "Request", kind = "request" }
  local answer = { title = "Reply", kind = "response" }
  local message = { title = "Message" }
  local asked = { to_server = question, to_client = answer }
  -- An upcall may come unasked.
  local called = { to_server = question, to_client = { title = "Upcall" } }

  text_protocol("echo", "distsrv.echo", "Echo", asked, "tcp", whole)
  text_protocol("upcall", "distsrv.upcall", "Upcall", called, "tcp", whole)
  text_protocol("oneway", "distsrv.oneway", "One-way", { to_server = message, to_client = message }, "tcp", whole)
  text_protocol("time", "distsrv.time", "TIME", asked, "tcp", lines)
  text_protocol("udp", "distsrv.udp", "UDP service", asked, "udp", function(tvb)
    return { { 0, tvb:reported_len() } }
  end)

  ---------------------------------------------------------------------------------------------------------------------
  -- ZMTP 3, the protocol of ZeroMQ (RFC 23 and 37 of rfc.zeromq.org), for a Wireshark that has no dissector of it

  local zmtp = Proto("distsrv.zmtp", "distsrv ZMTP")
  local greeting_length = 64

  -- A frame: flags (1: more follow, 2: long, 4: command), its length in one byte or eight, and its body.
  -- Returns nil where the bytes end within its head, and false where it is none.
  local function frame_at(tvb, at)
    local left = tvb:len() - at
    if left < 1 then
      return nil
    end
    local flags = tvb:range(at, 1):uint()
    local is_long = math.floor(flags / 2) % 2 == 1
    local is_command = flags >= 4
    if flags > 7 or (is_command and flags % 2 == 1) then
      return false
    end
    local body = at + (is_long and 9 or 2)
    if tvb:len() < body then
      return nil
    end
    local length = is_long and tvb:range(at + 5, 4):uint() or tvb:range(at + 1, 1):uint()
    if length > frame_limit or (is_long and tvb:range(at + 1, 4):uint() > 0) then
      return false
    end
    return { at = at, flags = flags, is_command = is_command, body = body, length = length, stop = body + length }
  end

  -- The greeting, a command, or a message of one or more frames. `stop` is where it ends, as far as that is known.
  local function unit_at(tvb, at)
    if tvb:range(at, 1):uint() == 0xff then
      return { kind = "greeting", stop = at + greeting_length }
    end
    local frames, from = {}, at
    repeat
      local frame = frame_at(tvb, from)
      if frame == false or (frame and frame.is_command and #frames > 0) then
        return nil
      end
      if frame == nil then
        return { kind = "message", frames = frames }
      end
      frames[#frames + 1] = frame
      from = frame.stop
    until frame.flags % 2 == 0 or #frames == part_limit
    return { kind = frames[1].is_command and "command" or "message", frames = frames, stop = from }
  end

  local function is_whole(unit, tvb)
    return unit.stop ~= nil and unit.stop <= tvb:len()
  end

  -- An integer as Python pickles it, which zmq-push sends: K, M and J are followed by 1, 2 and 4 bytes, the lowest first.
  local function unpickled(bytes)
    local code, rest = string.match(bytes, "^\128.([KMJ])(.+)%.$")
    if not code or #rest ~= ({ K = 1, M = 2, J = 4 })[code] then
      return nil
    end
    local number = 0
    for index = #rest, 1, -1 do
      number = number * 256 + string.byte(rest, index)
    end
    if code == "J" and number >= 2147483648 then
      number = number - 4294967296
    end
    return string.format("%d (pickle)", number)
  end

  local function add_greeting(item, tvb, at)
    local bytes = bytes_of(tvb, at, greeting_length)
    local major, minor = string.byte(bytes, 11, 12)
    if string.byte(bytes, 10) ~= 0x7f or minor == nil then
      return "greeting, cut"
    end
    local version = string.format("%d.%d", major, minor)
    local mechanism = printable(string.match(string.sub(bytes, 13, 32), "^[^\0]*"), 20, 0)
    item:add(field.version, tvb:range(at + 10, 2), version)
    item:add(field.mechanism, range_of(tvb, at + 12, 20), mechanism)
    return string.format("greeting, ZMTP %s, %s", version, mechanism)
  end

  -- The properties of READY: each has its name after its length in a byte, and its value after its length in four.
  local function socket_type(data)
    local at = 1
    while at <= #data do
      local name_length = string.byte(data, at)
      local name = string.sub(data, at + 1, at + name_length)
      at = at + 1 + name_length
      local a, b, c, d = string.byte(data, at, at + 3)
      if d == nil then
        return nil
      end
      local length = ((a * 256 + b) * 256 + c) * 256 + d
      if string.lower(name) == "socket-type" then
        return string.sub(data, at + 4, at + 3 + length)
      end
      at = at + 4 + length
    end
  end

  local function add_subscription(item, range, name, topic)
    local text = printable(topic, info_limit, #topic)
    item:add(field.subscription, range, text)
    return string.format('%s "%s"', name, text)
  end

  local function add_command(item, tvb, frame)
    local body = bytes_of(tvb, frame.body, frame.length)
    local name_length = string.byte(body, 1) or 0
    local name = printable(string.sub(body, 2, 1 + name_length), 40, 0)
    local data = string.sub(body, 2 + name_length)
    local range = range_of(tvb, frame.body, frame.length)
    item:add(field.command, range, name)
    if name == "SUBSCRIBE" or name == "CANCEL" then
      return add_subscription(item, range, name, data)
    elseif name == "ERROR" then
      return "ERROR " .. printable(string.sub(data, 2), info_limit, 0)
    end
    local kind = name == "READY" and socket_type(data)
    if not kind then
      return name
    end
    kind = printable(kind, 20, 0)
    item:add(field.socket_type, range, kind)
    return "READY, socket type " .. kind
  end

  -- ZMTP 3.0 sends a subscription as a message that begins with 1, and takes it back with 0.
  local function subscription_in(unit, tvb, service, to_server)
    local frame = unit.frames[1]
    if service.role ~= "zmq-pub" or not to_server or #unit.frames ~= 1 or frame.length == 0 then
      return nil
    end
    local bytes = bytes_of(tvb, frame.body, frame.length)
    local first = string.byte(bytes, 1)
    if first ~= 0 and first ~= 1 then
      return nil
    end
    return first == 1 and "SUBSCRIBE" or "CANCEL", string.sub(bytes, 2)
  end

  local function add_parts(item, tvb, frames)
    local texts = {}
    for index, frame in ipairs(frames) do
      local range = range_of(tvb, frame.at, frame.stop - frame.at)
      item:add(field.flags, tvb:range(frame.at, 1))
      item:add(field.length, range, frame.length)
      local info, text = text_in(tvb, frame.body, frame.length)
      local number = unpickled(bytes_of(tvb, frame.body, frame.length))
      item:add(field.text, range, number or text)
      -- REQ and REP put an empty part before their message.
      if index > 1 or frame.length > 0 or #frames == 1 then
        texts[#texts + 1] = number or info
      end
    end
    local more = #texts > 5 and string.format(", and %d more", #texts - 5) or ""
    return "message  " .. table.concat(texts, " | ", 1, math.min(5, #texts)) .. more
  end

  local function add_zmq_message(item, tvb, unit, service, to_server)
    local name, topic = subscription_in(unit, tvb, service, to_server)
    if name then
      local frame = unit.frames[1]
      return add_subscription(item, range_of(tvb, frame.body, frame.length), name, topic)
    end
    if service.role == "zmq-rep" then
      add_direction(item, to_server and "request" or "response")
    end
    return add_parts(item, tvb, unit.frames)
  end

  local function add_unit(tree, tvb, at, unit, service, to_server)
    local length = (unit.stop or tvb:len()) - at
    local item = tree:add(zmtp, range_of(tvb, at, length), "ZMTP")
    add_generated(item, field.service, service.name)
    local note
    if unit.kind == "greeting" then
      note = add_greeting(item, tvb, at)
    elseif unit.kind == "command" then
      note = add_command(item, tvb, unit.frames[1])
    elseif #unit.frames == 0 then
      note = "frame, cut"
    else
      note = add_zmq_message(item, tvb, unit, service, to_server)
    end
    item:append_text(", " .. note)
    return note
  end

  local data = Dissector.get("data")

  function zmtp.dissector(tvb, pinfo, tree)
    local service = service_of(pinfo, "tcp")
    local to_server = is_to(service, pinfo)
    local notes, at = {}, 0
    while at < tvb:len() do
      local unit = unit_at(tvb, at)
      if unit == nil then
        -- No frame begins here: the capture began in the middle, or another protocol is spoken.
        data:call(tvb:range(at):tvb(), pinfo, tree)
        break
      end
      -- Where the length is not known, each segment makes us look again, so there is a lower limit.
      local limit = unit.stop and frame_limit or unknown_limit
      if not is_whole(unit, tvb) and can_gather(pinfo) and tvb:len() - at < limit then
        gather(pinfo, at, unit.stop and unit.stop - tvb:len())
        break
      end
      notes[#notes + 1] = add_unit(tree, tvb, at, unit, service, to_server)
      at = unit.stop or tvb:len()
    end
    if #notes > 0 then
      show(pinfo, "ZMTP", notes)
    end
    return tvb:len()
  end

  -- Nil where this Wireshark has none of this name.
  local function built_in(name)
    local is_there, found = pcall(Dissector.get, name)
    return is_there and found or nil
  end

  ---------------------------------------------------------------------------------------------------------------------
  -- MQTT in WebSocket. A packet may come in several messages, as MQTT.js sends it; Wireshark takes each for a packet.

  local mqtt = built_in("mqtt")
  local mqtt_pieces = Proto("distsrv.mqtt", "distsrv MQTT in WebSocket")
  local tcp_stream = Field.new("tcp.stream")

  -- Of each direction the bytes that are no whole packet yet, and of each frame what its messages complete: Wireshark
  -- dissects a frame again when somebody looks at it.
  local directions, completed = {}, {}

  function mqtt_pieces.init()
    directions, completed = {}, {}
  end

  -- The length of the packet: after its first byte stands that of its rest, in one to four bytes, seven bits in each.
  -- Nil where the bytes end before, and false where it is none.
  local function packet_length(bytes, at)
    local length, factor = 0, 1
    for index = 1, 4 do
      local byte = string.byte(bytes, at + index)
      if byte == nil then
        return nil
      end
      length = length + (byte % 128) * factor
      if byte < 128 then
        return length <= frame_limit and 1 + index + length
      end
      factor = factor * 128
    end
    return false
  end

  -- Where the last whole packet ends, or false.
  local function end_of_packets(bytes)
    local at = 1
    while at <= #bytes do
      local length = packet_length(bytes, at)
      if length == false then
        return false
      elseif length == nil or at + length > #bytes + 1 then
        break
      end
      at = at + length
    end
    return at - 1
  end

  -- What this message completes: `true` where it can be read as it is, `false` for a part, or the bytes of packets.
  local function complete(tvb, pinfo)
    local streams = { tcp_stream() }
    local last = streams[#streams]
    local key = string.format("%s %s %d", last and last.value or "", tostring(pinfo.src), pinfo.src_port)
    local direction = directions[key] or { pieces = {}, length = 0, needed = 0 }
    directions[key] = direction
    if direction.is_lost or tvb:len() < tvb:reported_len() then
      direction.is_lost = true
      return true
    end
    local pieces = direction.pieces
    pieces[#pieces + 1] = tvb:raw()
    direction.length = direction.length + tvb:len()
    if direction.length < direction.needed then
      return false
    end
    local bytes = table.concat(pieces)
    local stop = end_of_packets(bytes)
    if not stop then
      direction.is_lost = true
      return true
    end
    local rest = string.sub(bytes, stop + 1)
    direction.pieces, direction.length, direction.needed = { rest }, #rest, packet_length(rest, 1) or 0
    if stop == 0 then
      return false
    end
    return (#bytes == tvb:len() and rest == "") or string.sub(bytes, 1, stop)
  end

  -- What `complete` said of this message: the frame's messages come in the same order each time.
  local function completed_by(tvb, pinfo)
    local frame = completed[pinfo.number] or { count = 0, shown = 0 }
    completed[pinfo.number] = frame
    if not pinfo.visited then
      frame.count = frame.count + 1
      frame[frame.count] = complete(tvb, pinfo)
      return frame[frame.count]
    end
    if frame.count == 0 then
      return true
    end
    frame.shown = frame.shown % frame.count + 1
    return frame[frame.shown]
  end

  function mqtt_pieces.dissector(tvb, pinfo, tree)
    local packets = tvb:len() == 0 or completed_by(tvb, pinfo)
    if not packets then
      tree:add(mqtt_pieces, tvb:range(), "MQTT, a part of a packet")
      pinfo.cols.info:append(", a part of an MQTT packet")
      return tvb:len()
    end
    local whole = packets == true and tvb or ByteArray.new(packets, true):tvb("MQTT packet")
    -- What is malformed is shown by the dissector itself, and need not be shown as a mistake of this script.
    pcall(function()
      mqtt:call(whole, pinfo, tree)
    end)
    return tvb:len()
  end

  ---------------------------------------------------------------------------------------------------------------------
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

  local function serve(services)
    for _, service in ipairs(services) do
      local transport = service.transport
      service.name = printable(service.name, info_limit, #service.name)
      local is_web_socket = transport == "ws" or transport == "wss"
      local dissector = is_web_socket and http or dissectors[service.role]
      known[transport == "udp" and "udp" or "tcp"][service.port] = service
      if dissector == nil then
        -- An unknown role, or a Wireshark without this protocol: it decides by itself.
      elseif transport == "udp" then
        ports.udp:add(service.port, dissector)
      elseif (transport == "tls" or transport == "wss") and tls and ports.tls then
        ports.tls:add(service.port, dissector == http and https or dissector)
        ports.tcp:add(service.port, tls)
      else
        ports.tcp:add(service.port, dissector)
      end
    end
  end

  return { serve = serve }
end

-- A script has globals of its own, and _G is that of all.
if _G.distsrv_lab == nil then
  _G.distsrv_lab = define()
end
_G.distsrv_lab.serve(services)
