-- SPDX-License-Identifier: Apache-2.0

-- What the servers said last: each its overview (see lsp/overview.go), and
-- what it is busy with; and how the Bazel servers of its workspaces do.
local M = { overviews = {}, progress = {}, servers = {} }

function M.take(id, overview)
  M.overviews[id] = overview
end

function M.forget(id)
  M.overviews[id] = nil
  M.progress[id] = nil
  M.servers[id] = nil
end

--- Takes how a Bazel server does (lsp/internal/show/server_state.go).
function M.take_server(id, state)
  M.servers[id] = M.servers[id] or {}
  M.servers[id][state.workspace] = state.state ~= "gone" and state or nil
  vim.cmd("redrawstatus")
end

local by_severity = { idle = 1, building = 2, near_limit = 3, dying = 4 }

--- The Bazel server that is worst off, or nil.
function M.worst_server()
  local worst
  for _, servers in pairs(M.servers) do
    for _, state in pairs(servers) do
      if not worst or by_severity[state.state] > by_severity[worst.state] then
        worst = state
      end
    end
  end
  return worst
end

--- Its heap in a few words; "" while it rests.
function M.gauge()
  local s = M.worst_server()
  if not s or s.state == "idle" or s.limit_bytes == 0 then
    return ""
  end
  local share = ("%d%%"):format(math.floor(100 * (s.after_collection_bytes or s.used_bytes) / s.limit_bytes))
  if s.state == "dying" then
    return "Bazel is dying, " .. share .. " full"
  elseif s.state == "near_limit" then
    return "Bazel " .. share .. " full"
  end
  return ("Bazel %d of %d MiB"):format(s.used_bytes / 1048576, s.limit_bytes / 1048576)
end

--- The crashes that a client knows, newest first.
function M.crashes(id)
  return (M.overviews[id] or {}).crashes or {}
end

--- What is wrong with what a client knows: evidence that was not read, and
--- suspects whose source is not here, or was edited.
function M.wrong(id)
  local all = {}
  for _, workspace in ipairs((M.overviews[id] or {}).workspaces or {}) do
    vim.list_extend(all, workspace.warnings or {})
    for _, measurement in ipairs(workspace.measurements or {}) do
      vim.list_extend(all, measurement.warnings or {})
    end
  end
  for _, suspect in ipairs(M.suspects(id)) do
    if #(suspect.places or {}) == 0 then
      table.insert(all, "the source of " .. suspect.name .. ", a suspect, is not here")
    elseif suspect.stale then
      table.insert(all, "the source of " .. suspect.name .. ", a suspect, was edited since the build")
    end
  end
  return all
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
