# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The changes of a queue, each one script, so that no worker ever sees half of it.

They do what BullMQ's own scripts do (pause, reprocessJob, cleanJobsInSet of versions 5 and 6), and
ask again, in the same moment, for what the change was decided from.
"""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import Command

# Jobs of one script: it takes the server about a millisecond.
BATCH = 50
# Answers: done; or why not (missing, paused, both), and who paused it.
PAUSE = """
local base, mark, generation = KEYS[1], ARGV[1], ARGV[2]
if redis.call('EXISTS', base .. 'meta') == 0 then return {'missing', ''} end
local now = redis.call('HGET', base .. 'meta', 'paused')
if now then return {'paused', now} end
if generation == '5' and redis.call('EXISTS', base .. 'wait') == 1 then
  if redis.call('EXISTS', base .. 'paused') == 1 then return {'both', ''} end
  redis.call('RENAME', base .. 'wait', base .. 'paused')
end
redis.call('HSET', base .. 'meta', 'paused', mark)
redis.call('DEL', base .. 'marker')
redis.call('XADD', base .. 'events', '*', 'event', 'paused')
return {'done', ''}
"""
# Only a pause that bears the mark is ended. A worker is woken by the marker, at once or when
# the first delayed job is due.
RESUME = """
local base, mark = KEYS[1], ARGV[1]
local now = redis.call('HGET', base .. 'meta', 'paused')
if not now then return {'running', ''} end
if now ~= mark then return {'foreign', now} end
if redis.call('EXISTS', base .. 'paused') == 1 then
  if redis.call('EXISTS', base .. 'wait') == 1 then return {'both', ''} end
  redis.call('RENAME', base .. 'paused', base .. 'wait')
end
redis.call('HDEL', base .. 'meta', 'paused')
if redis.call('LLEN', base .. 'wait') + redis.call('ZCARD', base .. 'prioritized') > 0 then
  redis.call('ZADD', base .. 'marker', 0, '0')
else
  local due = redis.call('ZRANGE', base .. 'delayed', 0, 0, 'WITHSCORES')[2]
  if due then redis.call('ZADD', base .. 'marker', tonumber(due) / 0x1000, '1') end
end
redis.call('XADD', base .. 'events', '*', 'event', 'resumed')
return {'done', ''}
"""
# Each job only while it is the same failure as was listed. Answers the ids that were moved.
REPLAY = """
local base, generation = KEYS[1], ARGV[1]
local meta = redis.call('HMGET', base .. 'meta', 'paused', 'concurrency', 'opts.maxLenEvents')
local most = meta[3]
if not most then
  most = 10000
  redis.call('HSET', base .. 'meta', 'opts.maxLenEvents', most)
end
local moved = {}
for n = 2, #ARGV, 2 do
  local id, key = ARGV[n], base .. ARGV[n]
  local failed = redis.call('ZSCORE', base .. 'failed', id)
  if failed and tonumber(failed) == tonumber(ARGV[n + 1]) and redis.call('EXISTS', key) == 1 then
    redis.call('ZREM', base .. 'failed', id)
    redis.call('HDEL', key, 'finishedOn', 'processedOn', 'failedReason')
    local held = meta[1]
    if not held and meta[2] then
      held = redis.call('LLEN', base .. 'active') >= tonumber(meta[2])
    end
    local fields = redis.call('HMGET', key, 'opts', 'priority', 'parentKey')
    local priority = tonumber(fields[2]) or 0
    if priority > 0 and generation ~= '5' then
      local turn = redis.call('INCR', base .. 'pc') % 0x100000000
      redis.call('ZADD', base .. 'prioritized', priority * 0x100000000 + turn, id)
    else
      local readable, opts = pcall(cjson.decode, fields[1] or '{}')
      local push = readable and type(opts) == 'table' and opts.lifo == true and 'RPUSH' or 'LPUSH'
      local list = generation == '5' and meta[1] and 'paused' or 'wait'
      redis.call(push, base .. list, id)
    end
    if not held then redis.call('ZADD', base .. 'marker', 0, '0') end
    local parent = fields[3]
    if parent and redis.call('EXISTS', parent) == 1 then
      if redis.call('ZREM', parent .. ':unsuccessful', key) == 1
        or redis.call('HDEL', parent .. ':failed', key) == 1 then
        redis.call('SADD', parent .. ':dependencies', key)
      end
    end
    redis.call('XADD', base .. 'events', 'MAXLEN', '~', most, '*',
      'event', 'waiting', 'jobId', id, 'prev', 'failed')
    moved[#moved + 1] = id
  end
end
return moved
"""
# A job of a flow is left: what its parent then does is its application's to decide.
CLEAN = """
local base = KEYS[1]
local gone = {}
for n = 2, #ARGV, 2 do
  local id, key = ARGV[n], base .. ARGV[n]
  local failed = redis.call('ZSCORE', base .. 'failed', id)
  if failed and tonumber(failed) == tonumber(ARGV[n + 1]) then
    local fields = redis.call('HMGET', key, 'parentKey', 'deid')
    local parent = fields[1] and fields[1] ~= ''
    if not parent and redis.call('EXISTS', key .. ':dependencies', key .. ':processed') == 0 then
      if fields[2] and redis.call('GET', base .. 'de:' .. fields[2]) == id then
        redis.call('DEL', base .. 'de:' .. fields[2], base .. 'dn:' .. fields[2])
      end
      redis.call('UNLINK', key, key .. ':logs', key .. ':failed', key .. ':unsuccessful')
      redis.call('ZREM', base .. 'failed', id)
      gone[#gone + 1] = id
    end
  end
end
if #gone > 0 then redis.call('XADD', base .. 'events', '*', 'event', 'cleaned', 'count', #gone) end
return gone
"""


def pause(base: str, mark: str, generation: int) -> Command:
    return ("EVAL", PAUSE, "1", base, mark, str(generation))


def resume(base: str, mark: str) -> Command:
    return ("EVAL", RESUME, "1", base, mark)


def of_jobs(script: str, base: str, generation: int, jobs: Sequence[tuple[str, str]]) -> Command:
    """`jobs` are ids, each with the score under which it was listed."""
    words = [word for pair in jobs for word in pair]
    return ("EVAL", script, "1", base, str(generation), *words)
