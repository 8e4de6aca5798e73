-- A configuration of Prosody 0.12 or later for the members of one site. Replace login.example, im.example, forum.example
-- and "change me"; docs/xmpp.md explains each part. Nothing is stored, and nothing private is logged.

-- The gateway's modules, and mod_privilege: Debian has it in the package prosody-modules.
plugin_paths = { "/usr/share/nextim/prosody" }

modules_enabled = {
	"disco"; "roster"; "saslauth"; "tls"; "ping"; "posix";
	-- Several clients of a member, clients that sleep, and connections that break.
	"carbons"; "csi_simple"; "smacks"; "limits";
	-- A member's own list of blocked addresses, for as long as the server runs.
	"blocklist";
}
-- What would keep messages: these are the site's.
modules_disabled = { "s2s"; "offline"; "mam"; "pep"; "vcard_legacy"; "register"; "invites" }

-- In memory only. A contact list comes back from the site with each log-in.
storage = "memory"

-- At the level of info, addresses are logged; at that of warn too, while the gateway is not connected.
log = { error = "*console" }

-- Passwords go over TLS alone.
c2s_require_encryption = true
allow_unencrypted_plain_auth = false
ssl = { certificate = "/etc/prosody/certs/login.example.crt"; key = "/etc/prosody/certs/login.example.key" }
limits = { c2s = { rate = "10kb/s"; burst = "2s" } }
c2s_stanza_size_limit = 262144

-- The gateway's connection has no TLS: it stays on this machine, or goes over a private link.
component_ports = { 5347 }
component_interfaces = { "127.0.0.1" }

VirtualHost "login.example"
	authentication = "nextim"
	-- The site's address, its domain at the message server, and the key of that, or NEXTIM_APIKEY in the environment.
	nextim_site_url = "https://forum.example/webim/xmpp"
	nextim_domain = "forum.example"
	nextim_apikey = "change me"
	-- The component that may close connections, write contact lists, copy what was said on pages, and see who is there.
	nextim_gateway = "im.example"
	modules_enabled = { "nextim_kick"; "privilege" }
	privileged_entities = {
		["im.example"] = { roster = "both"; message = "outgoing"; presence = "managed_entity" };
	}

Component "im.example"
	component_secret = "change me"
	modules_enabled = { "privilege" }

Component "rooms.im.example"
	component_secret = "change me"
