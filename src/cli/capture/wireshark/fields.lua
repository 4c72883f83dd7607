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

local pushed, finished = Field.new("tcp.flags.push"), Field.new("tcp.flags.fin")

-- Characters of a message in the column Info, and in its field.
local info_limit, text_limit = 120, 2048
-- Bytes that are gathered for one message. A capture that begins in the middle may look as if more were to come.
local gathered_limit, unknown_limit, frame_limit, part_limit = 256 * 1024, 1024 * 1024, 16 * 1024 * 1024, 1000
