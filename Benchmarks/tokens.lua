-- Sends each line of FILE once, as bearer token:  wrk ... -t1 -s tokens.lua URL -- FILE
--
-- The result goes as JSON to the file that RESULT of the environment names. wrk itself waits for the end of its time even when all
-- tokens are used up, so that the time is taken here.
local ffi = require("ffi")
ffi.cdef [[
  struct moment { long seconds; long nanoseconds; };
  int clock_gettime(int clock, struct moment *moment);
]]
local threads, requests, moment, started = {}, {}, ffi.new("struct moment"), 0
position, microseconds = 0, 0

local function now()
  ffi.C.clock_gettime(1, moment)
  return tonumber(moment.seconds) * 1e6 + tonumber(moment.nanoseconds) / 1e3
end

function setup(thread)
  threads[#threads + 1] = thread
end

function init(arguments)
  -- All requests are made beforehand: the client must stay cheaper than the server.
  for token in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format("GET", nil, { ["Authorization"] = "Bearer " .. token })
  end
end

function request()
  if position == 0 then started = now() end
  if position == #requests then
    if microseconds == 0 then microseconds = now() - started end
    wrk.thread:stop()
    return requests[position]
  end
  position = position + 1
  return requests[position]
end

function done(summary, latency)
  local used, errors = threads[1]:get("microseconds"), summary.errors
  local file = assert(io.open(os.getenv("RESULT"), "w"))
  file:write(string.format('{"requests": %d, "microseconds": %d, "refused": %d, "broken": %d, "p50": %.1f, "p99": %.1f}',
    threads[1]:get("position"), used > 0 and used or summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50), latency:percentile(99)))
  file:close()
end
