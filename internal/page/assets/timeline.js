// SPDX-License-Identifier: Apache-2.0

// The timeline: memory, collections, what each thread ran, moments.

function timelinePicture(holder, d) {
  const t0 = d.timeline.start, t1 = Math.max(d.timeline.end, t0 + 1), line = d.timeline;
  let from = t0, to = t1, boxes = [], drag = null;
  const depths = line.threads.map(() => 1);
  for (const s of line.spans) depths[s[0]] = Math.max(depths[s[0]], s[4] + 1);
  const heapHeight = line.memory.length ? 90 : 0, pauseHeight = 26, lane = 16, marksTop = 40, head = marksTop + Math.min(4, line.marks.length) * 17;
  const lanes = [];
  let y = head + heapHeight + pauseHeight + 8;
  for (const n of depths) { lanes.push(y); y += Math.min(n, 6) * lane + 8; }
  const tip = element("div", { className: "tip", hidden: true });
  const status = element("div", { className: "told", role: "status" });
  const stage = new Stage(y + 4, draw);
  const button = (text, title, act) => element("button", { type: "button", title, onclick: act }, text);
  const tools = element("div", { className: "tools" }, button("Zoom in", "Zoom in (+)", () => scale(0.5)), button("Zoom out", "Zoom out (-)", () => scale(2)), button("All", "All (Home)", () => set(t0, t1)), button("The end", "The last second (End)", () => set(t1 - Math.min(1e6, t1 - t0), t1)));
  stage.box.setAttribute("role", "img");
  stage.box.setAttribute("aria-label", `${d.title}: ${micros(t1 - t0)}; ${line.pauses.length} collections, ${line.spans.length} Starlark calls on ${line.threads.length} threads; ${line.marks.map((m) => `${m.name} at ${micros(m.at - t0)}`).join("; ")}. Arrow keys move, plus and minus zoom.`);
  stage.box.append(tip);
  holder.append(tools, stage.box, status);

  function set(a, b) {
    const least = Math.min(1000, t1 - t0), span = Math.min(Math.max(b - a, least), t1 - t0);
    from = Math.min(Math.max(a, t0), t1 - span);
    to = from + span;
    status.textContent = `From ${micros(from - t0)} to ${micros(to - t0)}.`;
    stage.again();
  }
  function scale(by, at) {
    const middle = at ?? (from + to) / 2;
    set(middle - (middle - from) * by, middle + (to - middle) * by);
  }
  const x = (time, width) => (time - from) / (to - from) * width;

  function draw(c, width, height, t) {
    c.fillStyle = t.ground;
    c.fillRect(0, 0, width, height);
    c.font = font;
    c.textBaseline = "middle";
    boxes = [];
    const step = niceStep((to - from) / Math.max(2, width / 110));
    c.fillStyle = t.quiet;
    for (let time = Math.ceil((from - t0) / step) * step; time <= to - t0; time += step) {
      const at = x(time + t0, width);
      c.fillStyle = t.line;
      c.fillRect(Math.round(at), 16, 1, height);
      c.fillStyle = t.quiet;
      c.fillText(micros(time), Math.min(at + 3, width - 50), 9);
    }
    (line.phases || []).forEach((p, k) => {
      const a = Math.max(0, x(p.start, width)), next = line.phases[k + 1], b = Math.min(width, x(next ? next.start : t1, width));
      if (b - a < 2) return;
      c.fillStyle = t.line;
      c.fillRect(a, 20, 1, height);
      c.fillStyle = t.quiet;
      const text = fitted(c, p.name, b - a - 6);
      if (text) c.fillText(text, a + 4, 29);
    });
    if (heapHeight) memory(c, width, t);
    const py = head + heapHeight;
    c.fillStyle = t.quiet;
    for (const [start, length, major] of line.pauses) {
      const a = x(start, width), w = Math.max(1, x(start + length, width) - a);
      if (a > width || a + w < 0) continue;
      c.fillStyle = major ? t.mark : t.accent;
      const h = major ? 18 : 10;
      c.fillRect(a, py + 20 - h, w, h);
      boxes.push([a, py, w, 22, `${major ? "major" : "minor"} collection, ${micros(length)} at ${micros(start - t0)}`]);
    }
    c.fillStyle = t.line;
    c.fillRect(0, py + 21, width, 1);
    for (const [thread, name, start, length, depth] of line.spans) {
      if (depth > 5) continue;
      const a = x(start, width), w = x(start + length, width) - a;
      if (a > width || a + w < 0 || w < 0.3) continue;
      const sy = lanes[thread] + depth * lane, left = Math.max(a, 0), w2 = Math.min(a + w, width) - left;
      c.fillStyle = colour(t, { kind: "function", name: line.names[name] });
      c.fillRect(left, sy, Math.max(w2 - 0.5, 0.7), lane - 1);
      if (t.contrast) { c.strokeStyle = t.text; c.strokeRect(left + 0.5, sy + 0.5, Math.max(w2 - 1, 0.5), lane - 2); }
      c.fillStyle = t.text;
      const text = fitted(c, line.names[name], w2 - 6);
      if (text) c.fillText(text, left + 3, sy + lane / 2);
      boxes.push([left, sy, Math.max(w2, 2), lane, `${line.names[name]}, ${micros(length)} at ${micros(start - t0)}, on ${line.threads[thread]}`]);
    }
    line.marks.forEach((m, k) => {
      const at = x(m.at, width);
      if (at < -1 || at > width + 1) return;
      c.fillStyle = t.mark;
      c.fillRect(Math.min(at, width - 2), 16, 2, height);
      const w = c.measureText(m.name).width, ty = marksTop + 8 + k % 4 * 17;
      c.fillStyle = t.ground;
      const tx = at + 6 + w > width ? Math.max(0, at - 6 - w) : at + 6;
      c.fillRect(tx - 2, ty - 8, w + 4, 16);
      c.fillStyle = t.mark;
      c.fillText(m.name, tx, ty);
    });
  }

  function memory(c, width, t) {
    const most = Math.max(...line.memory.map((m) => m[1])) || 1, bottom = head + heapHeight - 4;
    c.beginPath();
    c.moveTo(x(line.memory[0][0], width), bottom);
    for (const [time, v] of line.memory) c.lineTo(x(time, width), bottom - v / most * (heapHeight - 22));
    c.lineTo(x(line.memory[line.memory.length - 1][0], width), bottom);
    c.closePath();
    c.fillStyle = t.accent;
    c.globalAlpha = 0.25;
    c.fill();
    c.globalAlpha = 1;
    c.fillStyle = t.quiet;
    c.fillText(`memory of Bazel, at most ${bytes(most * 1048576)}`, 4, head + 8);
  }

  function niceStep(least) {
    const ten = 10 ** Math.floor(Math.log10(least));
    return [1, 2, 5, 10].map((k) => k * ten).find((s) => s >= least) || least;
  }
  stage.canvas.addEventListener("mousemove", (event) => {
    const r = stage.canvas.getBoundingClientRect(), mx = event.clientX - r.left, my = event.clientY - r.top;
    if (drag) return set(drag.from - (mx - drag.x) / r.width * (drag.to - drag.from), drag.to - (mx - drag.x) / r.width * (drag.to - drag.from));
    const hit = boxes.findLast(([bx, by, bw, bh]) => mx >= bx - 1 && mx <= bx + bw + 1 && my >= by && my < by + bh);
    tip.hidden = !hit;
    if (!hit) return;
    tip.textContent = hit[4];
    tip.style.left = `${Math.max(0, Math.min(mx + 12, r.width - tip.offsetWidth - 4))}px`;
    tip.style.top = `${my + 18 + tip.offsetHeight > r.height ? my - tip.offsetHeight - 8 : my + 18}px`;
  });
  stage.canvas.addEventListener("mousedown", (event) => { drag = { x: event.clientX - stage.canvas.getBoundingClientRect().left, from, to }; });
  window.addEventListener("mouseup", () => { drag = null; });
  stage.canvas.addEventListener("mouseleave", () => { tip.hidden = true; });
  stage.canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const r = stage.canvas.getBoundingClientRect();
    scale(event.deltaY < 0 ? 0.8 : 1.25, from + (event.clientX - r.left) / r.width * (to - from));
  }, { passive: false });
  stage.box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const part = (to - from) / 5;
    const keys = { ArrowLeft: () => set(from - part, to - part), ArrowRight: () => set(from + part, to + part), "+": () => scale(0.5), "=": () => scale(0.5), "-": () => scale(2), Home: () => set(t0, t1), End: () => set(t1 - Math.min(1e6, t1 - t0), t1) };
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  });
  return { frame: () => stage.now() };
}
