-- Services, their dissectors, and directions

-- Nil where this Wireshark has none of this name.
local function built_in(name)
  local is_there, found = pcall(Dissector.get, name)
  return is_there and found or nil
end

-- By the role.
local dissectors = {}

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

-- What the last packet shows by now.
local shown = { number = 0, info = "" }

-- TCP calls a dissector again for what follows a message that was put together, and keeps what it has shown until then.
local function is_shown_already(pinfo)
  return shown.number == pinfo.number and tostring(pinfo.cols.info) == shown.info
end

local function show(pinfo, name, notes)
  local count = math.min(10, #notes)
  local more = #notes > count and string.format(", and %d more", #notes - count) or ""
  local between = is_shown_already(pinfo) and "  |  " or ""
  pinfo.cols.protocol = name
  pinfo.cols.info = between .. table.concat(notes, "  |  ", 1, count) .. more
  shown = { number = pinfo.number, info = tostring(pinfo.cols.info) }
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
