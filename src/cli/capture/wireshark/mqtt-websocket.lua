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
