-- What the servers said last: each its overview (see lsp/overview.go), and
-- what it is busy with.
local M = { overviews = {}, progress = {} }

function M.take(id, overview)
  M.overviews[id] = overview
end

function M.forget(id)
  M.overviews[id] = nil
  M.progress[id] = nil
end

--- The crashes that a client knows, newest first.
function M.crashes(id)
  return (M.overviews[id] or {}).crashes or {}
end

--- The suspects that a client knows, by rank.
function M.suspects(id)
  return (M.overviews[id] or {}).suspects or {}
end

function M.status()
  local crashes, hot = 0, 0
  for id in pairs(M.overviews) do
    if M.progress[id] then
      return M.progress[id]
    end
    for _, crash in ipairs(M.crashes(id)) do
      crashes = crashes + (crash.older and 0 or 1)
    end
    hot = hot + #M.suspects(id)
  end
  local parts = {}
  if crashes > 0 then
    table.insert(parts, crashes == 1 and "1 crash" or crashes .. " crashes")
  end
  if hot > 0 then
    table.insert(parts, hot .. " hot")
  end
  return table.concat(parts, ", ")
end

return M
