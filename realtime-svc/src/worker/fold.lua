-- Folds one batch of a partition, all of it or nothing of it, and moves the partition's offset with it.
--
-- KEYS[1]  where the partition's next offset is kept
-- ARGV[1]  the next offset as the worker believes it to be; empty when it has never folded
-- ARGV[2]  the next offset after this batch
-- ARGV[3]  seconds of one set of seen ids; an id is remembered for as long as two of them are looked at
-- ARGV[4]  seconds until a room is forgotten in which nothing is done
-- ARGV[5]  questions that a room keeps
-- then seven for each record: kind, id (16 bytes), room, user, name, what, question
--
-- Answers {0, the offset that is kept} when the worker is wrong about it, and {1, ids seen before} when it is done.
local kept = redis.call('GET', KEYS[1]) or ''
if kept ~= ARGV[1] then
  return {0, kept}
end

local span, idle, most = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local period = math.floor(tonumber(redis.call('TIME')[1]) / span)
local touched, duplicates = {}, 0

local function is_new(base, id)
  if redis.call('SISMEMBER', base .. 'seen:' .. (period - 1), id) == 1 then
    return false
  end
  return redis.call('SADD', base .. 'seen:' .. period, id) == 1
end

local function ask(base, user, question, what)
  redis.call('HINCRBY', base .. 'state', 'asked', 1)
  redis.call('HSET', base .. 'questions', question, what)
  redis.call('ZADD', base .. 'top', 0, question)
  redis.call('ZINCRBY', base .. 'points', 3, user)
  if redis.call('ZCARD', base .. 'top') > most then
    local least = redis.call('ZPOPMIN', base .. 'top')
    redis.call('HDEL', base .. 'questions', least[1])
  end
end

local function vote(base, user, question)
  redis.call('HINCRBY', base .. 'state', 'voted', 1)
  local asked = redis.call('HGET', base .. 'questions', question)
  if asked and redis.call('SADD', base .. 'votes', question .. ' ' .. user) == 1 then
    redis.call('ZINCRBY', base .. 'top', 1, question)
    redis.call('ZINCRBY', base .. 'points', 1, user)
    redis.call('ZINCRBY', base .. 'points', 2, cjson.decode(asked).user)
  end
end

local function react(base, user, what)
  redis.call('HINCRBY', base .. 'state', 'reacted', 1)
  redis.call('HINCRBY', base .. 'reactions', what, 1)
  redis.call('ZINCRBY', base .. 'points', 1, user)
end

for i = 6, #ARGV, 7 do
  local kind, id, room, user, name, what, question = unpack(ARGV, i, i + 6)
  local base = 'rt:room:' .. room .. ':'
  touched[base] = true
  redis.call('HINCRBY', base .. 'state', 'version', 1)
  if kind == 'people' then
    redis.call('HSET', base .. 'people', user, what)
  elseif is_new(base, id) then
    redis.call('HINCRBY', base .. 'state', 'folded', 1)
    if name ~= '' then
      redis.call('HSET', base .. 'names', user, name)
    end
    if kind == 'ask' then
      ask(base, user, question, what)
    elseif kind == 'vote' then
      vote(base, user, question)
    else
      react(base, user, what)
    end
  else
    duplicates = duplicates + 1
  end
end

for base in pairs(touched) do
  for _, part in ipairs({'state', 'questions', 'top', 'votes', 'reactions', 'points', 'names', 'people'}) do
    redis.call('EXPIRE', base .. part, idle)
  end
  redis.call('EXPIRE', base .. 'seen:' .. period, 2 * span)
end
redis.call('SET', KEYS[1], ARGV[2])
return {1, tostring(duplicates)}
