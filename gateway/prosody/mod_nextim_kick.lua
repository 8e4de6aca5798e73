-- Closes all connections of a member when the gateway says so: the site has ended the member's log-ins.
--
-- Owns: one request, `<kick xmlns='urn:nextim:kick:0' jid='…'/>`. Must not: take it from anybody but the gateway.

local jid = require "util.jid";
local st = require "util.stanza";

local gateway = assert(module:get_option_string("nextim_gateway"), "nextim_gateway is missing");

module:hook("iq-set/host/urn:nextim:kick:0:kick", function (event)
	local stanza = event.stanza;
	if event.origin.type ~= "component" or event.origin.host ~= gateway then
		event.origin.send(st.error_reply(stanza, "auth", "forbidden"));
		return true;
	end
	local member = jid.prep(stanza.tags[1].attr.jid);
	local user = member and prosody.bare_sessions[member];
	if user and select(2, jid.split(member)) == module.host then
		local sessions = {};
		for _, session in pairs(user.sessions) do sessions[#sessions + 1] = session; end
		for _, session in ipairs(sessions) do
			session:close({ condition = "not-authorized", text = "You have been logged out." });
		end
	end
	event.origin.send(st.reply(stanza));
	return true;
end);
