-- wrk asks /hold and, for every hold it was given, /settle. Bodies are short JSON; keys rise with time.
local waiting, first, asked = {}, 1, 0
local started = tostring(os.time()) .. tostring(math.random(1, 1000000))
local headers = {["Content-Type"] = "application/json"}
local only_holds = false

function init(arguments)
  math.randomseed(os.time())
  only_holds = arguments[1] == "holds"
end

function request()
  if not only_holds and waiting[first] then
    local hold = waiting[first]
    waiting[first] = nil
    first = first + 1
    return wrk.format("POST", "/settle", headers, '{"hold_id":"' .. hold .. '"}')
  end
  asked = asked + 1
  local body = '{"key":"' .. started .. "-" .. asked .. '","wallet":' .. math.random(0, 999) .. "}"
  return wrk.format("POST", "/hold", headers, body)
end

local last = 1
function response(status, _, body)
  local hold = body:match('"hold_id":"([^"]+)"')
  if status == 200 and hold and not only_holds then
    waiting[last] = hold
    last = last + 1
  end
end
