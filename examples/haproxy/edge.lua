-- Asks Dextra's edge about each request.
--
--   global
--       setenv DEXTRA_EDGE http://127.0.0.1:4180
--       lua-load-per-thread /etc/haproxy/edge.lua
--   frontend ...
--       # Who asks, and for what, nobody else says.
--       http-request del-header x-forwarded-client-cert
--       http-request del-header x-forwarded-host
--       http-request set-header x-forwarded-for %[src]
--       http-request set-header x-forwarded-proto http  # or https, on a frontend with TLS
--       http-request set-var(txn.edge_allowed) bool(false)
--       http-request lua.edge
--       http-request deny deny_status 503 unless { var(txn.edge_allowed) -m bool }
--
-- 200 lets the request go on with the identity headers of the answer; anything else goes to the client as it is. HAProxy goes on
-- when a Lua function fails, so the last line is what keeps the door shut then.
local edge = os.getenv("DEXTRA_EDGE")

-- Only the edge sets these. What a client sends under them never reaches a backend.
local identity = {
    "x-auth-request-user", "x-auth-request-email", "x-auth-request-groups", "x-auth-request-preferred-username",
    "x-auth-request-access-token", "x-forwarded-user", "x-forwarded-email", "x-forwarded-groups",
    "x-forwarded-preferred-username", "x-forwarded-access-token", "kubeflow-userid", "kubeflow-groups",
    "x-goog-authenticated-user-email", "x-goog-authenticated-user-id", "x-goog-iap-jwt-assertion", "gap-auth",
    -- And every name of `headers.claims`.
}

-- As backends read it that take `_`, `.` and other marks for `-`.
local function plain(name) return (string.gsub(string.lower(name), "[^%w]", "-")) end

-- What the edge needs to know of the client's request.
local passed = {
    "authorization", "cookie", "accept", "origin", "access-control-request-method", "sec-fetch-mode", "sec-websocket-key",
    "x-requested-with",
}

local function refuse(txn, status, headers, body)
    local reply = txn:reply()
    reply:set_status(status)
    for name, values in pairs(headers) do
        if name ~= "content-length" and name ~= "connection" and name ~= "transfer-encoding" then
            for _, value in pairs(values) do reply:add_header(name, value) end
        end
    end
    reply:set_body(body or "")
    txn:done(reply)
end

core.register_action("edge", { "http-req" }, function(txn)
    local sent = txn.http:req_get_headers()
    -- HAProxy drops what `Connection` lists on the way to the backend, also what is set here.
    for _, value in pairs(sent["connection"] or {}) do
        for name in string.gmatch(value, "[^%s,]+") do
            for _, own in ipairs(identity) do
                if plain(name) == own then return refuse(txn, 400, {}, "Connection lists what only the edge sets\n") end
            end
        end
    end
    local question = {
        ["x-forwarded-method"] = { txn.sf:method() },
        ["x-forwarded-proto"] = { txn.sf:ssl_fc() == 1 and "https" or "http" },
        -- All of the field: `req_hdr` would take the last of a list for it.
        ["x-forwarded-host"] = { txn.sf:req_fhdr("host") },
        ["x-forwarded-uri"] = { txn.sf:pathq() },
        ["x-forwarded-for"] = { txn.sf:src() },
    }
    for _, name in ipairs(passed) do
        if sent[name] then
            question[name] = {}
            for _, value in pairs(sent[name]) do table.insert(question[name], value) end
        end
    end
    local answer = core.httpclient():get { url = edge .. "/oauth2/auth/haproxy", headers = question, timeout = 10000 }
    if not answer or answer.status == 0 then return refuse(txn, 503, {}, "the edge does not answer\n") end
    if answer.status ~= 200 then return refuse(txn, answer.status, answer.headers, answer.body) end
    for name, _ in pairs(sent) do
        for _, own in ipairs(identity) do
            if plain(name) == own then txn.http:req_del_header(name) end
        end
    end
    for _, name in ipairs(identity) do
        if answer.headers[name] then txn.http:req_set_header(name, answer.headers[name][0]) end
    end
    txn:set_var("txn.edge_allowed", true)
end)
