-- Logs members in: asks the site whether a password is right. No account and no password is kept here.
--
-- Owns: SASL PLAIN, which needs TLS, and one request of the site for each log-in. Must not: log a name or a password.

local async = require "util.async";
local base64 = require "util.encodings".base64.encode;
local http = require "net.http";
local jid = require "util.jid";
local json = require "util.json";
local sasl = require "util.sasl";

local url = assert(module:get_option_string("nextim_site_url"), "nextim_site_url is missing");
local domain = assert(module:get_option_string("nextim_domain"), "nextim_domain is missing");
local apikey = os.getenv("NEXTIM_APIKEY") or module:get_option_string("nextim_apikey");
assert(apikey, "nextim_apikey is missing");

local SECONDS = 5;
local headers = {
	["Content-Type"] = "application/json";
	["Authorization"] = "Basic " .. base64(domain .. ":" .. apikey);
};

-- The status of the site's answer, 0 if there is none in time, and the canonical name of the user.
local function ask(username, password, address)
	local wait, done = async.waiter();
	local status, body, is_over = 0, nil, false;
	local function finish(code, answer)
		if is_over then return; end
		is_over, status, body = true, code, answer;
		done();
	end
	local fields = { action = "auth", user = jid.unescape(username), password = password, address = address };
	http.request(url, { method = "POST", headers = headers, body = json.encode(fields) }, function (answer, code)
		finish(type(code) == "number" and code or 0, answer);
	end);
	module:add_timer(SECONDS, function () finish(0); end);
	wait();
	local answer = status == 200 and json.decode(body) or nil;
	local user = type(answer) == "table" and answer.user or nil;
	-- An answer that was cut is none: it says nothing of the password.
	return status == 200 and not user and 0 or status, user;
end

local provider = { name = "nextim" };

-- A member exists as long as a client of the member is connected: nothing waits here for others.
function provider.user_exists(username)
	return prosody.bare_sessions[username .. "@" .. module.host] ~= nil;
end

function provider.get_sasl_handler(session)
	local is_down = false;
	local profile = {
		plain_test = function (_, username, password)
			local status, user = ask(username, password, session and session.ip);
			is_down = status ~= 200 and status ~= 401 and status ~= 403;
			-- Two users whose names are one as an address: the site has chosen another than this address names.
			local is_right = user ~= nil and jid.prep(jid.escape(user) .. "@" .. module.host) == username .. "@" .. module.host;
			return is_right, true;
		end;
	};
	local handler = sasl.new(module.host, profile);
	local process = handler.process;
	local function tell_down(self, message)
		local status, condition, text = process(self, message);
		if status == "failure" and is_down then
			return "failure", "temporary-auth-failure", "The site does not answer. Please try again.";
		end
		return status, condition, text;
	end
	handler.process = tell_down;
	local clone = handler.clean_clone;
	function handler:clean_clone()
		local fresh = clone(self);
		fresh.process, fresh.clean_clone = tell_down, handler.clean_clone;
		return fresh;
	end
	return handler;
end

function provider.test_password() return nil, "not supported"; end
function provider.get_password() return nil, "not supported"; end
function provider.set_password() return nil, "the site sets passwords"; end
function provider.create_user() return nil, "the site has the accounts"; end
function provider.delete_user() return nil, "the site has the accounts"; end

module:provides("auth", provider);
