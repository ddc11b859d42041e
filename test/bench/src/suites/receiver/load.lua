-- What wrk sends: the bodies in the files 1 to COUNT of FOLDER, by turns, each with a key of its own.
-- With PAUSE (ms) each connection rests before a request, 0 to 2 * PAUSE, so that they do not ask in step.
-- Its last line is JSON.
local requests, at = {}, 0

function init(args)
  local folder, count, pause = args[1], tonumber(args[2]), tonumber(args[3])
  for n = 1, count do
    local file = assert(io.open(folder .. "/" .. n, "rb"))
    local headers = {
      ["Content-Type"] = "application/x-ndjson",
      ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
      ["X-Partition-Key"] = "device-" .. n,
    }
    requests[n] = wrk.format("POST", wrk.path, headers, file:read("*a"))
    file:close()
  end
  if pause > 0 then
    math.randomseed(1)
    function delay() return math.random(0, 2 * pause) end
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  local form = '\n{"requests":%d,"refused":%d,"broken":%d,"p50Ms":%f,"p99Ms":%f}\n'
  local p50, p99 = latency:percentile(50) / 1000, latency:percentile(99) / 1000
  io.write(form:format(summary.requests, errors.status, broken, p50, p99))
end
