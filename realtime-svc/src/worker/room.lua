-- A room as it is, at one moment.
--
-- ARGV[1]  the room
-- ARGV[2]  questions to show
-- ARGV[3]  people to show
--
-- Answers the state, the reactions and the people of each gateway as flat pairs; the questions as id, votes, JSON and the
-- asker's name; the leaders as user, points, name. A name that is not known is empty.
local base = 'rt:room:' .. ARGV[1] .. ':'

local function name(user)
  return redis.call('HGET', base .. 'names', user) or ''
end

local questions = {}
local top = redis.call('ZREVRANGE', base .. 'top', 0, ARGV[2] - 1, 'WITHSCORES')
for i = 1, #top, 2 do
  local asked = redis.call('HGET', base .. 'questions', top[i]) or '{}'
  table.insert(questions, top[i])
  table.insert(questions, top[i + 1])
  table.insert(questions, asked)
  table.insert(questions, name(cjson.decode(asked).user or ''))
end

local leaders = {}
local points = redis.call('ZREVRANGE', base .. 'points', 0, ARGV[3] - 1, 'WITHSCORES')
for i = 1, #points, 2 do
  table.insert(leaders, points[i])
  table.insert(leaders, points[i + 1])
  table.insert(leaders, name(points[i]))
end

return {
  redis.call('HGETALL', base .. 'state'),
  questions,
  redis.call('HGETALL', base .. 'reactions'),
  leaders,
  redis.call('HGETALL', base .. 'people'),
}
