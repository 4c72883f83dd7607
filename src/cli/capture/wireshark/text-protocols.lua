-- Text: echo, upcall, one-way, TIME and UDP

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

-- Of the innermost TCP header, where there are several.
local function is_set(flag)
  local all = { flag() }
  return #all > 0 and all[#all].value
end

-- The messages of a segment. Without frames what a program sends at once is one: TCP pushes it (PSH).
local function whole(tvb, pinfo)
  local is_last = is_set(pushed) or is_set(finished)
  local length = tvb:reported_len()
  if not is_last and can_gather(pinfo) and length < gathered_limit then
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
