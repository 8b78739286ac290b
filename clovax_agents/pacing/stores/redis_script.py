"""The exchange of `RedisStore` as one Lua script: what `sqlite` does in one transaction, by the server's time."""

from __future__ import annotations

from typing import Final

__all__ = ["SCRIPT"]

SCRIPT: Final = """
local held, tokens_of, waiting, waiters, told = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local lull_of, passed_of = KEYS[6], KEYS[7]
local asked = cjson.decode(ARGV[1])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local INFINITE = 1e300

local function add(requests, tokens)
    if requests ~= 0 then redis.call('HINCRBYFLOAT', passed_of, 'requests', requests) end
    if tokens ~= 0 then redis.call('HINCRBYFLOAT', passed_of, 'tokens', string.format('%.6f', tokens)) end
end

local function size_of(name)
    return tonumber(redis.call('HGET', tokens_of, name) or '0')
end

local function forget(name)
    redis.call('ZREM', held, name)
    redis.call('HDEL', tokens_of, name)
end

local function hold(name, expires, tokens)
    if redis.call('ZSCORE', held, name) then add(0, tokens - size_of(name)) else add(1, tokens) end
    redis.call('ZADD', held, string.format('%.6f', expires), name)
    redis.call('HSET', tokens_of, name, string.format('%.6f', tokens))
end

for _, name in ipairs(redis.call('ZRANGEBYSCORE', held, '-inf', string.format('%.6f', now))) do forget(name) end
for _, process in ipairs(redis.call('ZRANGEBYSCORE', waiting, '-inf', string.format('%.6f', now - asked.seen_for))) do
    redis.call('ZREM', waiting, process)
    redis.call('HDEL', waiters, process)
end
for _, each in ipairs(asked.made) do
    if each[3] < asked.holds then hold(each[1], now - each[3] + asked.holds, each[2]) end
end
for _, each in ipairs(asked.changed) do
    if redis.call('ZSCORE', held, each[1]) then
        add(0, each[2] - size_of(each[1]))
        redis.call('HSET', tokens_of, each[1], string.format('%.6f', each[2]))
    end
end
for _, name in ipairs(asked.removed) do
    if redis.call('ZSCORE', held, name) then add(-1, -size_of(name)) end
    forget(name)
end
if asked.tell then redis.call('SET', told, cjson.encode(asked.most)) end

local stored = redis.call('GET', told)
local most = stored and cjson.decode(stored) or asked.most
local most_requests = math.min(most[1], asked.limit[1])
local most_tokens = math.min(most[2], asked.limit[2])

local kept = redis.call('GET', lull_of)
local lull = kept and cjson.decode(kept) or {0, 0, -INFINITE, 0}
if type(asked.quiet) == 'table' then
    local quiet = asked.quiet
    local refusals = quiet[2] > 0 and math.max(lull[2], quiet[2]) or 0
    lull = {math.max(lull[1], now + quiet[1]), refusals, math.max(lull[3], now - quiet[3]), math.max(lull[4], quiet[4])}
end
local closed, alone = lull[1] - now, math.max(lull[4], asked.spacing)

local rows, requests, tokens, processes, count = {}, 0, 0, {[asked.process] = true}, 1
local names = redis.call('ZRANGE', held, 0, -1, 'WITHSCORES')
for i = 1, #names, 2 do
    local size = size_of(names[i])
    rows[#rows + 1] = {tonumber(names[i + 1]) - now, size}
    requests, tokens = requests + 1, tokens + size
    local process = string.match(names[i], '^[^:]*')
    if not processes[process] then processes[process], count = true, count + 1 end
end
local used_requests, used_tokens = requests, tokens

local others = 0
local waited = asked.asks[1] and asked.asks[1][3] or 0
local found = redis.call('HGETALL', waiters)
for i = 1, #found, 2 do
    if found[i] ~= asked.process then
        local other = cjson.decode(found[i + 1])
        others = others + 1
        if not processes[found[i]] then processes[found[i]], count = true, count + 1 end
        local age = now - other[1]
        if age > asked.patience and age > waited then requests, tokens = requests + 1, tokens + other[2] end
    end
end

local share_requests = math.max((most_requests - requests) / (others + 1), 1)
local share_tokens = (most_tokens - tokens) / (others + 1)
local taken, took, wait = 0, 0, INFINITE
for _, ask in ipairs(asked.asks) do
    if closed > 0 then wait = closed break end
    local over_requests = requests + taken + 1 - most_requests
    local over_tokens = tokens + took + ask[2] - math.max(most_tokens, ask[2])
    if over_requests > 0 or over_tokens > 0 then
        for _, row in ipairs(rows) do
            over_requests, over_tokens = over_requests - 1, over_tokens - row[2]
            if over_requests <= 0 and over_tokens <= 0 then wait = row[1] break end
        end
        break
    end
    if taken > 0 and (alone > 0 or taken + 1 > share_requests or took + ask[2] > share_tokens) then
        wait = alone > 0 and alone or asked.short
        break
    end
    hold(ask[1], now + asked.holds, ask[2])
    taken, took = taken + 1, took + ask[2]
end

if taken > 0 and alone > 0 then lull[1], lull[4] = math.max(lull[1], now + alone), 0 end
local first = asked.asks[taken + 1]
if first then
    redis.call('ZADD', waiting, string.format('%.6f', now), asked.process)
    redis.call('HSET', waiters, asked.process, cjson.encode({now - first[3], first[2]}))
else
    redis.call('ZREM', waiting, asked.process)
    redis.call('HDEL', waiters, asked.process)
end
if type(asked.quiet) == 'table' or (taken > 0 and alone > 0) then redis.call('SET', lull_of, cjson.encode(lull)) end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, math.ceil(asked.holds * 10000)) end
local used = {used_requests + taken, used_tokens + took}
local quiet = {math.max(lull[1] - now, 0), lull[2], math.max(now - lull[3], 0), lull[4]}
local function passed(what)
    return tonumber(redis.call('HGET', passed_of, what) or '0')
end
local all = {passed('requests'), passed('tokens')}
return cjson.encode({taken, wait, used, {most_requests, most_tokens}, count, quiet, all})
"""
