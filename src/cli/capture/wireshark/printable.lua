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

-- Bytes as one line: bad UTF-8 becomes U+FFFD, control characters become \n or \x1b, and what is too long is cut. They may
-- be the beginning of a text of more bytes. Also returns whether they look like a text.
local function printable(bytes, limit, length)
  length = length or #bytes
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
