-- Asks Dextra's edge about each request: `LuaHookAccessChecker` of asks.conf. Needs lua-socket.
--
-- 200 lets the request go on with the identity headers of the answer; anything else is the answer to the client. Apache answers
-- with 500 when this file or a function in it fails.
local http = require "socket.http"

-- `edge.http` of Dextra's configuration; this Apache must be in `edge.trustedProxies`.
local edge = "http://127.0.0.1:5557"
-- Seconds.
http.TIMEOUT = 10

-- Only the edge sets these, and every name of `headers.claims`, which belongs here too. What a client sends under them never reaches
-- a backend.
local identity = {}
for name in ([[
    x-auth-request-user x-auth-request-email x-auth-request-groups x-auth-request-preferred-username x-auth-request-access-token
    x-forwarded-user x-forwarded-email x-forwarded-groups x-forwarded-preferred-username x-forwarded-access-token
    kubeflow-userid kubeflow-groups x-goog-authenticated-user-email x-goog-authenticated-user-id x-goog-iap-jwt-assertion gap-auth
]]):gmatch("%S+") do identity[name] = true end

-- What the edge needs to know of the client's request.
local passed = { "Authorization", "Cookie", "Accept", "Origin", "Access-Control-Request-Method", "Sec-Fetch-Mode", "Sec-WebSocket-Key", "X-Requested-With" }
-- What the client needs to know of the edge's answer.
local told = { "Location", "WWW-Authenticate", "Set-Cookie", "Cache-Control", "Vary", "Retry-After" }

-- As backends read it that take `_`, `.` and other marks for `-`.
local function plain(name) return (name:lower():gsub("[^%w]", "-")) end

function ask(r)
    -- Apache drops what `Connection` lists on the way to the backend, also what is set here.
    for name in (r.headers_in["Connection"] or ""):gmatch("[^%s,]+") do
        if identity[plain(name)] then return 400 end
    end
    local question = {
        ["x-forwarded-method"] = r.method,
        ["x-forwarded-proto"] = r.is_https and "https" or "http",
        ["x-forwarded-host"] = r.headers_in["Host"],
        ["x-forwarded-uri"] = r.unparsed_uri,
        ["x-forwarded-for"] = r.useragent_ip,
    }
    for _, name in ipairs(passed) do question[name:lower()] = r.headers_in[name] end
    local answered, status, headers = http.request { url = edge .. "/oauth2/auth/apache", headers = question, redirect = false }
    if not answered then
        r:err("the edge does not answer: " .. tostring(status))
        return 503
    end
    if status ~= 200 then
        for _, name in ipairs(told) do r.err_headers_out[name] = headers[name:lower()] end
        return status >= 300 and status < 600 and status or 503
    end
    for name in pairs(r:headers_in_table()) do
        if identity[plain(name)] then r.headers_in[name] = nil end
    end
    for name in pairs(identity) do
        if headers[name] then r.headers_in[name] = headers[name] end
    end
    -- A session that was renewed.
    r.err_headers_out["Set-Cookie"] = headers["set-cookie"]
    return apache2.OK
end
