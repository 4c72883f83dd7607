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
  local mechanism = printable(string.match(string.sub(bytes, 13, 32), "^[^\0]*"), 20)
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
  local text = printable(topic, info_limit)
  item:add(field.subscription, range, text)
  return string.format('%s "%s"', name, text)
end

local function add_command(item, tvb, frame)
  local body = bytes_of(tvb, frame.body, frame.length)
  local name_length = string.byte(body, 1) or 0
  local name = printable(string.sub(body, 2, 1 + name_length), 40)
  local data = string.sub(body, 2 + name_length)
  local range = range_of(tvb, frame.body, frame.length)
  item:add(field.command, range, name)
  if name == "SUBSCRIBE" or name == "CANCEL" then
    return add_subscription(item, range, name, data)
  elseif name == "ERROR" then
    return "ERROR " .. printable(string.sub(data, 2), info_limit)
  end
  local kind = name == "READY" and socket_type(data)
  if not kind then
    return name
  end
  kind = printable(kind, 20)
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

local plain_data = Dissector.get("data")

function zmtp.dissector(tvb, pinfo, tree)
  local service = service_of(pinfo, "tcp")
  local to_server = is_to(service, pinfo)
  local notes, at = {}, 0
  while at < tvb:len() do
    local unit = unit_at(tvb, at)
    if unit == nil then
      -- No frame begins here: the capture began in the middle, or another protocol is spoken.
      plain_data:call(tvb:range(at):tvb(), pinfo, tree)
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
