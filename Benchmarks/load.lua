-- What wrk sends:  wrk ... -s load.lua URL -- KIND FILE
--
--   get       the URL itself
--   bearer    the URL, with each line of FILE as bearer token in turn
--   fields    the URL, with the fields of each line of FILE in turn: `Name: value`, and tabs between them
--   form      a POST of each line of FILE in turn, with AUTHORIZATION of the environment
--   refresh   a POST that refreshes: thread n begins with line n, and goes on with the token that each answer brings
--
-- With PAUSE_MS of the environment, each connection waits for that long on average before its next request.
-- The result goes as JSON to the file that RESULT of the environment names.
local kind, lines, position, chain
local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
  thread:set("number", #threads)
end

function init(arguments)
  kind, lines, position = arguments[1], {}, 0
  if kind ~= "get" then
    for line in io.lines(arguments[2]) do lines[#lines + 1] = line end
  end
  if kind == "form" or kind == "refresh" then
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
    wrk.headers["Authorization"] = os.getenv("AUTHORIZATION")
  end
  if kind == "refresh" then
    chain = lines[number]
    request = refresh_request
    response = refresh_response
  elseif kind == "bearer" then
    -- All requests are made beforehand: the client must stay cheaper than the server.
    for i, token in ipairs(lines) do lines[i] = wrk.format("GET", nil, { ["Authorization"] = "Bearer " .. token }) end
    request = prepared_request
  elseif kind == "fields" then
    for i, line in ipairs(lines) do
      local fields = {}
      for name, value in line:gmatch("([^:\t]+): ([^\t]*)") do fields[name] = value end
      lines[i] = wrk.format("GET", nil, fields)
    end
    request = prepared_request
  elseif kind == "form" then
    for i, body in ipairs(lines) do lines[i] = wrk.format(nil, nil, nil, body) end
    request = prepared_request
  end
  local pause = tonumber(os.getenv("PAUSE_MS") or 0)
  if pause > 0 then
    -- Between nothing and twice as long, in whole milliseconds, so that the connections do not go in step.
    delay = function() return math.floor(math.random() * 2 * pause + .5) end
  end
end

function prepared_request()
  position = position % #lines + 1
  return lines[position]
end

function refresh_request()
  return wrk.format(nil, nil, nil, "grant_type=refresh_token&refresh_token=" .. chain)
end

function refresh_response(status, _, body)
  if status == 200 then
    -- base64url needs no percent-encoding in a form.
    chain = body:match('"refresh_token"%s*:%s*"([%w_.-]+)"') or chain
  end
end

function done(summary, latency)
  local file = assert(io.open(os.getenv("RESULT"), "w"))
  local errors = summary.errors
  file:write(string.format('{"requests": %d, "microseconds": %d, "refused": %d, "broken": %d, "p50": %.1f, "p99": %.1f, "max": %.1f}',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
  file:close()
end
