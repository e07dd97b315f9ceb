-- Applies one batch, or nothing. KEYS[1] holds the writer, number and nonce, ARGV[1] is us; KEYS[2] counts the batches, ARGV[2] is how
-- many we know of. Another writer with the same number or a higher one is a newer writer. A lower number, or another count, is a server
-- that has lost batches it had acknowledged (a failover, a wiped disk): it must not get the next. Then, again and again: command,
-- number of its key in KEYS, how many arguments, arguments. Every command takes pairs or single values that may be cut into
-- pieces (HSET, HDEL, RPUSH), or a few (SET, DEL, LTRIM).
local function number(writer)
  return tonumber(string.match(writer, '^%d+'))
end
local writer = redis.call('GET', KEYS[1]) or '0'
if writer ~= ARGV[1] and number(writer) >= number(ARGV[1]) then
  return redis.error_reply('FENCED a newer writer has taken over')
end
if writer ~= ARGV[1] or (redis.call('GET', KEYS[2]) or '0') ~= ARGV[2] then
  return redis.error_reply('LOST the server has lost batches that it had acknowledged')
end
redis.call('INCR', KEYS[2])
local PIECE = 4000
local at = 3
while at <= #ARGV do
  local command, key, count = ARGV[at], KEYS[tonumber(ARGV[at + 1])], tonumber(ARGV[at + 2])
  at = at + 3
  if count == 0 then
    redis.call(command, key)
  end
  for first = at, at + count - 1, PIECE do
    redis.call(command, key, unpack(ARGV, first, math.min(first + PIECE, at + count) - 1))
  end
  at = at + count
end
return 'OK'
